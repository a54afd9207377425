import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import { mapTexts, placeholdersIn } from "../../core/placeholder.ts";
import { EVENT_FIELDS, EVENT_PRESETS, type EventShape, type Relay } from "../../core/relay.ts";
import type { Path } from "../document/tree.ts";
import {
  eitherSecret,
  headersOf,
  headersSchema,
  inboundAuth,
  inboundProperties,
  namedEntries,
  outboundTls,
  outboundTlsSchema,
} from "./http-auth.ts";
import { type BuildContext, durationOf, secretFile } from "./modules.ts";

const RESERVED_HEADERS = new Set([
  "content-length",
  "content-type",
  "host",
  "transfer-encoding",
  "x-webhook-signature",
  "x-webhook-signature-previous",
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
]);

/** Builds the relays that are right and reports what is wrong with the others. */
export function buildRelays(list: unknown, context: BuildContext): readonly Relay[] {
  return namedEntries(list, ["relays"], context).map(({ value, path }) =>
    relayOf(value as RawRelay, path, context),
  );
}

function relayOf(raw: RawRelay, path: Path, context: BuildContext): Relay {
  const { report } = context;
  if (raw.url !== undefined) checkUrl(raw.url, [...path, "url"], context);
  const signing =
    raw.signing === undefined ? undefined : signingOf(raw.signing, [...path, "signing"], context);
  if (signing === undefined) {
    report.warn(path, "does not sign: receivers cannot tell its events from anybody's; set signing.key_file");
  }
  return {
    name: raw.name,
    auth: inboundAuth(raw, path, context),
    url: eitherSecret(raw, "url", path, context),
    shape: shapeOf(raw, path, context),
    headers: headersOf(raw.headers, [...path, "headers"], RESERVED_HEADERS, context),
    timeout: durationOf(raw.timeout ?? "10s"),
    retry: {
      initial: durationOf(raw.retry?.initial ?? "1s"),
      max: durationOf(raw.retry?.max ?? "1m"),
      maxAge: durationOf(raw.max_age ?? "1d"),
    },
    tls: outboundTls(raw.tls_config, [...path, "tls_config"], context),
    ...defined({ signing }),
  };
}

/** The address is a secret, so what is wrong with it is not quoted. */
export function checkUrl(text: string, path: Path, { report }: BuildContext): void {
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined;
  if (protocol === "http:" || protocol === "https:") return;
  report.problem({ path, got: "something else", want: "a URL with http:// or https://" });
}

function signingOf(
  raw: NonNullable<RawRelay["signing"]>,
  path: Path,
  { report, resolvePath }: BuildContext,
): NonNullable<Relay["signing"]> {
  const key = secretFile(resolvePath(raw.key_file), [...path, "key_file"], report);
  if (raw.previous_key_file === undefined) return { key };
  const previous = resolvePath(raw.previous_key_file);
  return { key, previousKey: secretFile(previous, [...path, "previous_key_file"], report) };
}

function shapeOf({ preset, template }: RawRelay, path: Path, { report }: BuildContext): EventShape {
  if (template === undefined) return { kind: "preset", preset: preset ?? "machine" };
  if (preset !== undefined) {
    report.problem({ path: [...path, "template"], got: "a preset besides", want: "only one of the two" });
  }
  mapTexts(template, (text) => {
    for (const name of placeholdersIn(text)) {
      if (isField(name)) continue;
      const want = `{{ labels.NAME }}, {{ annotations.NAME }} or one of ${EVENT_FIELDS.join(", ")}`;
      report.problem({ path: [...path, "template"], got: `{{ ${name} }}`, want });
    }
    return text;
  });
  return { kind: "template", template };
}

const isField = (name: string): boolean =>
  /^(?:labels|annotations)\.[A-Za-z_][A-Za-z0-9_.]*$/.test(name) ||
  EVENT_FIELDS.some((field) => field === name);

/** What may stand under `relays`. Defaults are stated for documentation: `relays.ts` applies them. */

const positiveDuration = { type: "string", format: "positive_duration" } as const;
const word = { type: "string", minLength: 1 } as const;

/** One entry of `relays`. */
export const relaySchema = {
  type: "object",
  description: "Takes alerts at `/alertmanager/relay/<name>` and hands each on as one event, once.",
  properties: {
    name: { type: "string", format: "target_name", description: "Unique; the label `relay` of its series." },
    ...inboundProperties,
    url: { ...word, writeOnly: true, description: "Where events go." },
    url_file: { ...word, description: "File that holds the address; read again when it changes." },
    preset: {
      type: "string",
      enum: EVENT_PRESETS,
      default: "machine",
      description:
        "Form of the event: machine (`machine.offline` and `machine.online`), cloudevents (1.0), datadog (its Events API), raw (Alertmanager's webhook with one alert).",
    },
    template: {
      type: "object",
      description:
        "The event instead of a preset: a value of JSON with `{{ labels.NAME }}`, `{{ annotations.NAME }}`, `{{ status }}` and the like in its texts.",
    },
    signing: {
      type: "object",
      description: "Signs each event: `X-Webhook-Signature`, and the headers of Standard Webhooks.",
      properties: {
        key_file: { ...word, description: "File with the key; read again when it changes." },
        previous_key_file: {
          ...word,
          description: "File with the key before: it signs beside the new one while receivers change over.",
        },
      },
      required: ["key_file"],
      additionalProperties: false,
    },
    headers: headersSchema,
    timeout: { ...positiveDuration, default: "10s", description: "Longest duration of one attempt." },
    retry: {
      type: "object",
      description: "When a failed attempt is repeated.",
      properties: {
        initial: {
          ...positiveDuration,
          default: "1s",
          description: "The first wait; it doubles with each failure.",
        },
        max: {
          ...positiveDuration,
          default: "1m",
          description: "The longest wait, unless the receiver asks for a longer one.",
        },
      },
      additionalProperties: false,
    },
    max_age: {
      ...positiveDuration,
      default: "1d",
      description: "What could not be delivered for this long becomes a dead letter.",
    },
    tls_config: outboundTlsSchema,
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

export type RawRelay = FromSchema<typeof relaySchema, { keepDefaultedPropertiesOptional: true }>;
