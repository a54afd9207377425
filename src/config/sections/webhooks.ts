import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import { EVENT_WORDS, type EventWebhook } from "../../core/events.ts";
import { knownSecret, type Secret } from "../../core/secret.ts";
import { nearest } from "../document/describe.ts";
import type { Path } from "../document/tree.ts";
import { type BuildContext, durationOf, secretFile } from "./modules.ts";

/**
 * Builds the webhooks that are right and reports what is wrong with the others.
 * @param named whether a target, heartbeat or group of that name can be; and those that are known
 */
export function buildWebhooks(
  raw: unknown,
  named: { readonly has: (name: string) => boolean; readonly known: readonly string[] },
  context: BuildContext,
): readonly EventWebhook[] {
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [];
  const names = new Set<string>();
  return list.flatMap((value, i) => {
    const path = ["webhooks", i];
    if (context.report.isBroken(path)) return [];
    const one = value as RawWebhook;
    if (names.has(one.name)) {
      context.report.problem({ path: [...path, "name"], want: "a name that no other webhook has" });
      return [];
    }
    names.add(one.name);
    for (const [j, name] of (one.targets ?? []).entries()) {
      if (named.has(name)) continue;
      const guess = nearest(name, named.known);
      const hint = guess === undefined ? "" : ` (did you mean ${guess}?)`;
      context.report.problem({
        path: [...path, "targets", j],
        want: `the name of a target, heartbeat or group${hint}`,
      });
    }
    const webhook = buildWebhook(one, path, context);
    return webhook === undefined ? [] : [webhook];
  });
}

function buildWebhook(raw: RawWebhook, path: Path, context: BuildContext): EventWebhook | undefined {
  const { report, resolvePath } = context;
  const fileOf = (key: "url_file" | "secret_file" | "previous_secret_file"): Secret | undefined => {
    const file = raw[key];
    return file === undefined ? undefined : secretFile(resolvePath(file), [...path, key], report);
  };
  const url = urlOf(raw, path, fileOf("url_file"), context);
  const secret = fileOf("secret_file");
  const previousSecret = fileOf("previous_secret_file");
  if (previousSecret !== undefined && secret === undefined)
    report.problem({ path: [...path, "previous_secret_file"], want: "a secret_file beside it" });
  if (url === undefined || report.isBroken(path)) return undefined;
  return {
    name: raw.name,
    url,
    words: new Set(raw.events),
    ...(raw.targets === undefined ? {} : { subjects: new Set(raw.targets) }),
    ...defined({ secret, previousSecret }),
    headers: Object.fromEntries(
      Object.entries(raw.headers ?? {}).map(([name, value]) => [name, knownSecret(value)]),
    ),
    timeout: durationOf(raw.timeout ?? "5s"),
    maxAge: durationOf(raw.max_age ?? "1d"),
  };
}

function urlOf(
  { url, url_file }: RawWebhook,
  path: Path,
  fromFile: Secret | undefined,
  { report }: BuildContext,
): Secret | undefined {
  if ((url === undefined) === (url_file === undefined)) {
    const got = url === undefined ? "neither url nor url_file" : "both url and url_file";
    report.problem({ path, got, want: "one of the two" });
    return undefined;
  }
  if (url === undefined) return fromFile;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    report.problem({ path: [...path, "url"], want: "a URL that begins with http:// or https://" });
    return undefined;
  }
  return knownSecret(url);
}

const word = { type: "string", minLength: 1 } as const;

/** One entry of `webhooks`. */
export const webhookSchema = {
  type: "object",
  description: "Who is told when something happens, by a POST with the event as JSON.",
  properties: {
    name: {
      type: "string",
      format: "target_name",
      description: "Unique; the label `webhook` of its series.",
    },
    url: { ...word, writeOnly: true, description: "Where to; shown nowhere, because many hold a secret." },
    url_file: { ...word, description: "File with the URL, instead of `url`." },
    events: {
      type: "array",
      items: { type: "string", enum: EVENT_WORDS },
      minItems: 1,
      uniqueItems: true,
      description:
        "Of which events. `machine.offline` and `machine.online` are those of heartbeats in lunasentri's form.",
    },
    targets: {
      type: "array",
      items: word,
      minItems: 1,
      uniqueItems: true,
      description: "Only of these targets, heartbeats and groups. Default: of all.",
    },
    secret_file: {
      ...word,
      description:
        "File with the key that bodies are signed with: X-Webhook-Signature, and Standard Webhooks' headers.",
    },
    previous_secret_file: {
      ...word,
      description: "File with the key before it, which signs too while it is replaced.",
    },
    headers: {
      type: "object",
      additionalProperties: { type: "string", writeOnly: true },
      propertyNames: { type: "string", format: "header_name" },
      description: "Sent with each request.",
    },
    timeout: {
      type: "string",
      format: "positive_duration",
      default: "5s",
      description: "Longest duration of one attempt.",
    },
    max_age: {
      type: "string",
      format: "positive_duration",
      default: "1d",
      description: "How long it is tried again: later the event is dropped.",
    },
  },
  required: ["name", "events"],
  additionalProperties: false,
} as const satisfies JSONSchema;

export type RawWebhook = FromSchema<typeof webhookSchema, { keepDefaultedPropertiesOptional: true }>;
