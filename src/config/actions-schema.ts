import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { DEFAULT_ARGUMENT, VERIFICATIONS } from "../core/action.ts";
import { headersSchema, inboundProperties, outboundTlsSchema } from "./webhooks-schema.ts";

/** What may stand under `actions`. Defaults are stated for documentation: `actions.ts` applies them. */

const duration = { type: "string", format: "duration" } as const;
const positiveDuration = { type: "string", format: "positive_duration" } as const;
const word = { type: "string", minLength: 1 } as const;

const httpSchema = {
  type: "object",
  description: "Sends a request; a status from 200 to 299 is success.",
  properties: {
    method: { type: "string", enum: ["GET", "POST", "PUT", "PATCH", "DELETE"], default: "POST" },
    url: {
      ...word,
      writeOnly: true,
      description: "Where to; `{{label}}` may be a whole segment of its path, and is percent-encoded.",
    },
    headers: headersSchema,
    body: { type: "object", description: "JSON; `{{label}}` and `{{now}}` may stand in its texts." },
    unix_socket: { ...word, description: "Socket to speak through, such as /var/run/docker.sock." },
    tls_config: outboundTlsSchema,
  },
  required: ["url"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** One entry of `actions`. */
export const actionSchema = {
  type: "object",
  description: "Does something about alerts that come to `/alertmanager/actions/<name>`, within limits.",
  properties: {
    name: { type: "string", format: "target_name", description: "Unique; the label `action` of its series." },
    ...inboundProperties,
    match: {
      type: "object",
      minProperties: 1,
      propertyNames: { type: "string", format: "label_name" },
      additionalProperties: {
        anyOf: [
          { type: "string" },
          {
            type: "object",
            properties: { regex: { type: "string", format: "regexp" } },
            required: ["regex"],
            additionalProperties: false,
          },
        ],
      },
      description: "Labels that an alert must have: a value, or `{ regex: EXPRESSION }`, anchored.",
    },
    target_label: {
      type: "string",
      format: "label_name",
      default: "target",
      description: "The label that names what is repaired; attempts are counted by its value.",
    },
    run: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      description:
        "A program by its whole path, and its arguments; `{{label}}`, of the target in the configuration or else of the alert, may be a whole argument. No shell is involved.",
    },
    environment: {
      type: "object",
      propertyNames: { type: "string", format: "label_name" },
      additionalProperties: { type: "string", writeOnly: true },
      description: "The program's environment; it has nothing else but a PATH.",
    },
    http: httpSchema,
    arguments: {
      type: "object",
      propertyNames: { type: "string", format: "label_name" },
      additionalProperties: { type: "string", format: "regexp" },
      description: `What the values of labels have to be, by label, anchored. Default: \`${DEFAULT_ARGUMENT}\`.`,
    },
    max_attempts: {
      type: "integer",
      minimum: 1,
      maximum: 100,
      default: 3,
      description: "Attempts for one target, until the alert has stayed away for `reset_after`.",
    },
    cooldown: { ...duration, default: "5m", description: "From the end of an attempt to the next." },
    reset_after: {
      ...duration,
      default: "1h",
      description: "How long the alert must have stayed away until attempts are counted anew.",
    },
    settle: {
      ...duration,
      default: "30s",
      description: "How long after an attempt the target is probed to see whether it helped.",
    },
    timeout: { ...positiveDuration, default: "30s", description: "Longest duration of one attempt." },
    verify: {
      type: "string",
      enum: VERIFICATIONS,
      default: "auto",
      description:
        "Whether the target is asked before and after, so that nothing is done about one that has recovered: auto (where the exporter knows it), required (nothing is done about one it does not know), never.",
    },
    dry_run: { type: "boolean", default: false, description: "Only say what would be done." },
  },
  required: ["name", "match"],
  additionalProperties: false,
} as const satisfies JSONSchema;

type Keep = { keepDefaultedPropertiesOptional: true };

export type RawAction = FromSchema<typeof actionSchema, Keep>;
export type RawActionHttp = FromSchema<typeof httpSchema, Keep>;
