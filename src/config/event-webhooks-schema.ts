import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { EVENT_WORDS } from "../core/event-type.ts";

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
