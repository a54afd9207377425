import type { FromSchema, JSONSchema } from "json-schema-to-ts";

/**
 * What may stand under `heartbeats` and `heartbeat_registration`. Defaults are stated for documentation:
 * `heartbeats.ts` applies them.
 */

const positiveDuration = { type: "string", format: "positive_duration" } as const;
const word = { type: "string", minLength: 1 } as const;
const kind = { type: "string", format: "heartbeat_kind", default: "machine" } as const;
const DEFAULT_TIMEOUT = "Default: `MACHINE_OFFLINE_THRESHOLD`, else 2m.";

/** One entry of `heartbeats`. */
export const heartbeatSchema = {
  type: "object",
  description: "Something that pings `/ping/<name>`.",
  properties: {
    name: {
      type: "string",
      format: "target_name",
      description:
        "Unique among heartbeats and targets; the label `heartbeat` of its series. Not start, fail, log or a number, which are what a ping may say.",
    },
    kind: { ...kind, description: "What it is, in one word, such as machine, job or service." },
    timeout: { ...positiveDuration, description: `How long it may be silent. ${DEFAULT_TIMEOUT}` },
    start_timeout: {
      ...positiveDuration,
      description: "How long it may take from a start to its end. Default: the timeout.",
    },
    hostname: { ...word, description: "Where it runs." },
    owner: { ...word, description: "Who cares for it." },
    description: { ...word, description: "What it is, for people; shown by `/heartbeats`." },
    critical: {
      type: "boolean",
      default: false,
      description: "Whether its silence makes a group unhealthy.",
    },
    labels: {
      type: "object",
      additionalProperties: { type: "string" },
      propertyNames: { type: "string", format: "label_name" },
      description: "Labels of `heartbeat_info`.",
    },
    token: {
      ...word,
      writeOnly: true,
      description: "What its pings have to show. Default: that of `heartbeat_registration`, else nothing.",
    },
    token_file: { ...word, description: "File that holds the token; read again when it changes." },
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** `heartbeat_registration`. */
export const registrationSchema = {
  type: "object",
  description: "Lets heartbeats that are not configured become known by their first ping.",
  properties: {
    token: {
      ...word,
      writeOnly: true,
      description: "What their pings have to show, and those of configured heartbeats without a token.",
    },
    token_file: { ...word, description: "File that holds the token; read again when it changes." },
    open: {
      type: "boolean",
      default: false,
      description: "Take anybody: needed to have no token.",
    },
    max: {
      type: "integer",
      minimum: 1,
      maximum: 100_000,
      default: 1000,
      description: "How many there may be.",
    },
    expire_after: {
      ...positiveDuration,
      default: "7d",
      description: "Who does not ping for this long is forgotten, which the log says.",
    },
    kind: { ...kind, description: "What they are." },
    timeout: { ...positiveDuration, description: `How long they may be silent. ${DEFAULT_TIMEOUT}` },
    start_timeout: {
      ...positiveDuration,
      description: "How long they may take from a start to its end. Default: the timeout.",
    },
    name_pattern: {
      ...word,
      default: "*",
      description: "Names that may be taken, with `*` for any text; case does not count.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

type Keep = { keepDefaultedPropertiesOptional: true };

export type RawHeartbeat = FromSchema<typeof heartbeatSchema, Keep>;
export type RawRegistration = FromSchema<typeof registrationSchema, Keep>;
