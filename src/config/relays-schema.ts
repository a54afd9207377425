import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { EVENT_PRESETS } from "../core/webhook.ts";
import { headersSchema, inboundProperties, outboundTlsSchema } from "./webhooks-schema.ts";

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
