import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import { mapTexts } from "../../core/placeholder.ts";
import { EVENT_PRESETS, type EventShape, type Relay, SUBJECT_LABELS } from "../../core/relay.ts";
import { parseTemplateValue, templateValuesIn } from "../../core/template.ts";
import { type BuildContext, durationOf, secretFile } from "../context.ts";
import { type Raw, withDefaults } from "../document/defaults.ts";
import type { Path } from "../document/tree.ts";
import { namedEntries } from "./entries.ts";
import {
  checkUrl,
  headersOf,
  headersSchema,
  inboundAuth,
  inboundProperties,
  outboundTls,
  outboundTlsSchema,
} from "./http-auth.ts";
import { duration, name, positiveDuration, word } from "./schema-words.ts";
import { requiredSecret } from "./secret-options.ts";

const signingSchema = {
  type: "object",
  description: "Signs each event: `X-Webhook-Signature`, and the headers of Standard Webhooks.",
  properties: {
    key_file: { ...word, description: "File with the key; read again when it changes." },
    previous_key_file: {
      ...word,
      description:
        "File with the previous key; events are signed with both keys while receivers change over.",
    },
  },
  required: ["key_file"],
  additionalProperties: false,
} as const satisfies JSONSchema;

const retrySchema = {
  type: "object",
  description: "Backoff between attempts.",
  properties: {
    initial: {
      ...positiveDuration,
      default: "1s",
      description: "Delay after the first failure; it doubles with each further failure.",
    },
    max: {
      ...positiveDuration,
      default: "1m",
      description: "Longest delay, unless the receiver asks for a longer one.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

const relaySchema = {
  type: "object",
  description:
    "A relay receives alerts at `/alertmanager/relay/<name>` and delivers each change as one event, once.",
  properties: {
    name: { ...name, description: "Unique; the label `relay` of its series." },
    ...inboundProperties,
    url: { ...word, writeOnly: true, description: "Address that events are sent to." },
    url_file: { ...word, description: "File with the address; read again when it changes." },
    preset: {
      type: "string",
      enum: EVENT_PRESETS,
      default: "machine",
      description:
        "Format of the event: machine (`machine.offline` and `machine.online`), cloudevents (1.0), datadog (Datadog's Events API), raw (Alertmanager's webhook with one alert).",
    },
    template: {
      type: "object",
      description:
        "The event as JSON, instead of a preset. Texts may contain `{{ labels.NAME }}`, `{{ annotations.NAME }}`, `{{ status }}` and other fields, with filters: `{{ annotations.summary | truncate 80 | html }}`.",
    },
    events_per: {
      type: "string",
      enum: ["subject", "alert"],
      description:
        "subject: an event when the first alert about a machine, target or group fires, and one when none fires any more; alert: events for each alert. Default: subject for the preset machine and for templates, else alert.",
    },
    subject_labels: {
      type: "array",
      items: word,
      minItems: 1,
      default: SUBJECT_LABELS,
      description: "Labels that may name the subject of an alert; the first one that it has is used.",
    },
    scope_labels: {
      type: "array",
      items: word,
      default: [],
      description:
        "Labels that tell subjects with the same name apart, such as `cluster`. Without them, alerts of several exporters about one name are about one subject.",
    },
    stale_window: {
      ...duration,
      default: "30s",
      description:
        "How long after a resolution another Alertmanager of the cluster may still send an older notification that the alert fires. Such a notification is believed once this time has passed without another resolution. The default is enough for three Alertmanagers.",
    },
    signing: signingSchema,
    headers: headersSchema,
    timeout: { ...positiveDuration, default: "10s", description: "Longest duration of one attempt." },
    retry: retrySchema,
    max_age: {
      ...positiveDuration,
      default: "1d",
      description: "An event that could not be delivered for this long becomes a dead letter.",
    },
    tls_config: outboundTlsSchema,
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** An entry as written, before defaults. */
type RawRelay = Raw<typeof relaySchema>;

/** The section `relays`. */
export const relaysSchema = {
  type: "array",
  items: relaySchema,
  description: "Relays of alerts to other programs.",
} as const satisfies JSONSchema;

/** Headers that the exporter sets itself. */
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

/** Builds the valid relays and reports the problems of the others. */
export const buildRelays = (context: BuildContext): readonly Relay[] =>
  namedEntries("relays", "a name that no other relay has", context).flatMap(({ value, path }) =>
    context.problems.isBroken(path) ? [] : [relayOf(value as RawRelay, path, context)],
  );

function relayOf(given: RawRelay, path: Path, context: BuildContext): Relay {
  const raw = withDefaults(relaySchema, given);
  if (raw.url !== undefined) checkUrl(raw.url, [...path, "url"], context);
  const signing =
    raw.signing === undefined ? undefined : signingOf(raw.signing, [...path, "signing"], context);
  if (signing === undefined) {
    const text = "does not sign, so receivers cannot tell its events from forged ones; set signing.key_file";
    context.problems.warn(path, text);
  }
  const retry = withDefaults(retrySchema, raw.retry);
  const isAboutMachines = given.template !== undefined || raw.preset === "machine";
  return {
    name: raw.name,
    auth: inboundAuth(raw, path, context),
    url: requiredSecret(raw, "url", path, context),
    shape:
      given.template === undefined
        ? { kind: "preset", preset: raw.preset }
        : templateShape(given, path, context),
    eventsPer: raw.events_per ?? (isAboutMachines ? "subject" : "alert"),
    subjectLabels: raw.subject_labels,
    scopeLabels: raw.scope_labels,
    staleWindow: durationOf(raw.stale_window),
    headers: headersOf(raw.headers, [...path, "headers"], RESERVED_HEADERS, context),
    timeout: durationOf(raw.timeout),
    retry: {
      initial: durationOf(retry.initial),
      max: durationOf(retry.max),
      maxAge: durationOf(raw.max_age),
    },
    tls: outboundTls(raw.tls_config, [...path, "tls_config"], context),
    ...defined({ signing }),
  };
}

function signingOf(
  raw: Raw<typeof signingSchema>,
  path: Path,
  context: BuildContext,
): NonNullable<Relay["signing"]> {
  const key = secretFile(raw.key_file, [...path, "key_file"], context);
  if (raw.previous_key_file === undefined) return { key };
  return { key, previousKey: secretFile(raw.previous_key_file, [...path, "previous_key_file"], context) };
}

function templateShape({ preset, template }: RawRelay, path: Path, { problems }: BuildContext): EventShape {
  const here = [...path, "template"];
  if (preset !== undefined) {
    problems.add({ path: here, got: "template and preset", want: "only one of them" });
  }
  mapTexts(template, (text) => {
    for (const content of templateValuesIn(text)) {
      const parsed = parseTemplateValue(content);
      if (typeof parsed === "string") problems.add({ path: here, got: `{{ ${content} }}`, want: parsed });
    }
    return text;
  });
  return { kind: "template", template };
}
