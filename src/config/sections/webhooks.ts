import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import { EVENT_WORDS, type EventWebhook } from "../../core/events.ts";
import { knownSecret, type Secret } from "../../core/secret.ts";
import { type BuildContext, durationOf, secretFile } from "../context.ts";
import { type WithDefaults, withDefaults } from "../document/defaults.ts";
import { wantedName } from "../document/describe.ts";
import { childOf, itemsOf, type Path } from "../document/tree.ts";
import { namedEntries, namesUnder } from "./entries.ts";
import { checkUrl } from "./http-auth.ts";
import { name, positiveDuration, word } from "./schema-words.ts";
import { requiredSecret } from "./secret-options.ts";

const webhookSchema = {
  type: "object",
  description: "Each event is sent as JSON by a POST request.",
  properties: {
    name: { ...name, description: "Unique; the label `webhook` of its series." },
    url: {
      ...word,
      writeOnly: true,
      description: "Address that events are sent to; never shown, because many contain a token.",
    },
    url_file: { ...word, description: "File with the address; read again when it changes." },
    events: {
      type: "array",
      items: { type: "string", enum: EVENT_WORDS },
      minItems: 1,
      uniqueItems: true,
      description:
        "Types of events to send. `machine.offline` and `machine.online` are those of heartbeats, in lunasentri's format.",
    },
    targets: {
      type: "array",
      items: word,
      minItems: 1,
      uniqueItems: true,
      description:
        "Targets, heartbeats, groups and components whose events are sent; a component must be one that a group lists. Default: all.",
    },
    secret_file: {
      ...word,
      description:
        "File with the key that signs the body: `X-Webhook-Signature`, and the headers of Standard Webhooks.",
    },
    previous_secret_file: {
      ...word,
      description:
        "File with the previous key; bodies are signed with both keys while receivers change over.",
    },
    headers: {
      type: "object",
      additionalProperties: { type: "string", writeOnly: true },
      propertyNames: { type: "string", format: "header_name" },
      description: "Headers to send.",
    },
    timeout: { ...positiveDuration, default: "5s", description: "Longest duration of one attempt." },
    max_age: {
      ...positiveDuration,
      default: "1d",
      description: "An event that could not be delivered for this long is dropped.",
    },
  },
  required: ["name", "events"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** An entry with its defaults. */
type RawWebhook = WithDefaults<typeof webhookSchema>;

/** The section `webhooks`. */
export const webhooksSchema = {
  type: "array",
  items: webhookSchema,
  description: "Webhooks that receive the exporter's events.",
} as const satisfies JSONSchema;

/**
 * Builds the valid webhooks and reports the problems of the others.
 * @param open heartbeats register themselves, so a name that is not configured may still be right
 */
export function buildWebhooks(open: boolean, context: BuildContext): readonly EventWebhook[] {
  const { problems } = context;
  const listed = itemsOf(childOf(context.raw, "groups")).flatMap((group) =>
    itemsOf(childOf(group, "components")),
  );
  const known = [
    ...["targets", "groups", "heartbeats", "routes"].flatMap((key) => namesUnder(key, context)),
    ...listed.filter((component) => typeof component === "string"),
  ];
  const want = "a name that no other webhook has";
  return namedEntries("webhooks", want, context).flatMap(({ value, path }) => {
    if (problems.isBroken(path)) return [];
    const raw = withDefaults(webhookSchema, value);
    for (const [i, subject] of (raw.targets ?? []).entries()) {
      if (open || known.includes(subject)) continue;
      const wanted = wantedName(
        "the name of a target, heartbeat, group, route or component of a group",
        subject,
        known,
      );
      problems.add({ path: [...path, "targets", i], want: wanted });
    }
    return [webhookOf(raw, path, context)];
  });
}

function webhookOf(raw: RawWebhook, path: Path, context: BuildContext): EventWebhook {
  const fileOf = (key: "secret_file" | "previous_secret_file"): Secret | undefined => {
    const file = raw[key];
    return file === undefined ? undefined : secretFile(file, [...path, key], context);
  };
  if (raw.url !== undefined) checkUrl(raw.url, [...path, "url"], context);
  const url = requiredSecret(raw, "url", path, context);
  const secret = fileOf("secret_file");
  const previousSecret = fileOf("previous_secret_file");
  if (previousSecret !== undefined && secret === undefined) {
    const want = "secret_file as well";
    context.problems.add({ path: [...path, "previous_secret_file"], want });
  }
  const headers = Object.entries(raw.headers ?? {});
  return {
    name: raw.name,
    url,
    words: new Set(raw.events),
    headers: Object.fromEntries(headers.map(([header, value]) => [header, knownSecret(value)])),
    timeout: durationOf(raw.timeout),
    maxAge: durationOf(raw.max_age),
    ...defined({
      subjects: raw.targets === undefined ? undefined : new Set(raw.targets),
      secret,
      previousSecret,
    }),
  };
}
