import { MESSAGE_FIELDS } from "../../../core/channel.ts";
import { defined } from "../../../core/defined.ts";
import { mapTexts } from "../../../core/placeholder.ts";
import { parseField, templateValuesIn } from "../../../core/template.ts";
import type { BuildContext } from "../../context.ts";
import type { Path } from "../../document/tree.ts";
import { headersOf, headersSchema } from "../http-auth.ts";
import { word } from "../schema-words.ts";
import { optionalSecret } from "../secret-options.ts";
import { definePreset, loginOf, loginProperties, urlProperties, urlSecret } from "./preset.ts";

/** The usual ports of SMTP: https://www.rfc-editor.org/rfc/rfc8314#section-7.3 */
const PORTS = { starttls: 587, tls: 465, none: 25 } as const;

const ADDRESS = /^[^\s@<>,]+@[^\s@<>,]+$/;

/** Reports whether a text is `a@b` or `Name <a@b>`. */
const isMailbox = (text: string): boolean => {
  const [, inner] = /^[^<>]*<([^<>]*)>$/.exec(text) ?? [];
  return ADDRESS.test(inner ?? text) && !/[\r\n]/.test(text);
};

/** E-mail. */
export const emailSection = definePreset({
  schema: {
    type: "object",
    description: "E-mail by SMTP.",
    properties: {
      host: { ...word, description: "Name of the mail server." },
      port: {
        type: "integer",
        minimum: 1,
        maximum: 65_535,
        description: "Its port. Default: 587, with `encryption: tls` 465, with `none` 25.",
      },
      encryption: {
        type: "string",
        enum: ["starttls", "tls", "none"],
        default: "starttls",
        description:
          "starttls: the server must offer it, else nothing is sent; tls: from the start; none: a server on the same machine.",
      },
      ...loginProperties,
      from: { ...word, description: "Sender: `alerts@example.com` or `Name <alerts@example.com>`." },
      to: { type: "array", items: word, minItems: 1, uniqueItems: true, description: "Recipients." },
    },
    required: ["host", "from", "to"],
    additionalProperties: false,
  },
  build(raw, path, context) {
    const { host, encryption, from, to } = raw;
    const login = loginOf(raw, path, context);
    if (login !== undefined && encryption === "none")
      context.problems.add({
        path: [...path, "encryption"],
        got: "none with a password",
        want: "starttls or tls",
      });
    for (const [text, place] of [
      [from, ["from"]],
      ...to.map((one, i) => [one, ["to", i]] as const),
    ] as const) {
      if (!isMailbox(text))
        context.problems.add({ path: [...path, ...place], want: "an address such as ops@example.com" });
    }
    return { host, port: raw.port ?? PORTS[encryption], encryption, from, to, ...defined({ login }) };
  },
});

/** Apprise. */
export const appriseSection = definePreset({
  schema: {
    type: "object",
    description: "The Apprise API, which passes messages on to the services that it knows.",
    properties: {
      ...urlProperties("`http://apprise:8000/notify/KEY`, or `http://apprise:8000/notify` with urls"),
      urls: { ...word, writeOnly: true, description: "Addresses in Apprise's form, separated by commas." },
      urls_file: { ...word, description: "File with these addresses; read again when it changes." },
      tag: { ...word, description: "Sends only to services with this tag." },
    },
    additionalProperties: false,
  },
  build(raw, path, context) {
    const urls = optionalSecret(raw, "urls", path, context);
    return { url: urlSecret(raw, path, context), ...defined({ urls, tag: raw.tag }) };
  },
});

/** Headers that the exporter sets itself. */
const RESERVED_HEADERS = new Set([
  "content-length",
  "content-type",
  "host",
  "transfer-encoding",
  "webhook-id",
]);

/** Any other service. */
export const webhookSection = definePreset({
  schema: {
    type: "object",
    description: "Any service that takes JSON by POST.",
    properties: {
      ...urlProperties("Address that messages are sent to"),
      headers: headersSchema,
      template: {
        type: ["object", "array"],
        description: `The body as JSON. Texts may contain ${MESSAGE_FIELDS.map((field) => `\`{{ ${field} }}\``).join(", ")}, with the filters of relays. Default: the whole message.`,
      },
    },
    additionalProperties: false,
  },
  build(raw, path, context) {
    const template: unknown = raw.template;
    checkTemplate(template, [...path, "template"], context);
    return {
      url: urlSecret(raw, path, context),
      headers: headersOf(raw.headers, [...path, "headers"], RESERVED_HEADERS, context),
      ...(template === undefined ? {} : { template }),
    };
  },
});

function checkTemplate(template: unknown, path: Path, { problems }: BuildContext): void {
  mapTexts(template, (text) => {
    for (const content of templateValuesIn(text)) {
      const parsed = parseField(content, MESSAGE_FIELDS);
      if (typeof parsed === "string") problems.add({ path, got: `{{ ${content} }}`, want: parsed });
    }
    return text;
  });
}
