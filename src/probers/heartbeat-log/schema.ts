import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { tlsConfigSchema } from "../tls-options.ts";

/** Types of the series of a field. */
const FIELD_TYPES = ["gauge", "counter", "timestamp", "bool", "state"] as const;

const fieldSchema = {
  type: "object",
  additionalProperties: false,
  description: "Rule for one field.",
  properties: {
    name: {
      type: "string",
      pattern: "^[a-z][a-z0-9_]{0,99}$",
      description: "Name of the series after `heartbeat_log_`; default derived from the field's name.",
    },
    type: { enum: FIELD_TYPES, description: "Type of the series; default derived from name and value." },
    scale: { type: "number", description: "Factor that converts numbers to base units; default 1." },
    states: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 100 },
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
      description: "Values of a `state`, each with a series; default closed, open, half_open.",
    },
    help: { type: "string", minLength: 1, description: "Help text of the metric." },
  },
} as const satisfies JSONSchema;

/** Options under `modules.<name>.heartbeat_log`. */
export const heartbeatLogSchema = {
  type: "object",
  additionalProperties: false,
  required: ["paths"],
  properties: {
    paths: {
      type: "array",
      items: { type: "string", minLength: 1 },
      uniqueItems: true,
      description:
        "Files, and folders including their subfolders, that may be read. Symbolic links are resolved first. Nothing else is ever opened.",
    },
    format: { enum: ["json", "logfmt", "regex"], description: "Format of the heartbeat; default json." },
    marker: {
      type: "string",
      description:
        "Text that marks lines with heartbeats; default `HEARTBEAT - System Statistics`. If empty, every line is a heartbeat.",
    },
    expression: {
      type: "string",
      minLength: 1,
      format: "regexp",
      description: "For the format regex: an RE2 expression whose named groups are the fields.",
    },
    fields: {
      type: "object",
      maxProperties: 100,
      additionalProperties: fieldSchema,
      description: "Rules for fields whose series cannot be derived from name and value, by field.",
    },
    timestamp_field: {
      type: "string",
      minLength: 1,
      description:
        "Field with the time of the heartbeat; default the first of timestamp, @timestamp, time, ts, asctime, datetime that has one.",
    },
    timezone: {
      type: "string",
      minLength: 1,
      description:
        "Time zone of times without one: local, utc, an IANA name such as Europe/Berlin, or an offset such as +02:00; default local, the exporter's zone.",
    },
    timeout: {
      type: "string",
      format: "positive_duration",
      description: "Longest time without a heartbeat; default 2.5 x the interval.",
    },
    interval: {
      type: "string",
      format: "positive_duration",
      description:
        "Time between heartbeats that do not state it themselves (interval_seconds); default HEARTBEAT_INTERVAL_SECONDS, or else 60s.",
    },
    match: {
      enum: ["all", "any"],
      description: "Whether all logs of a pattern need a fresh heartbeat or any of them; default all.",
    },
    ignore_older: {
      type: "string",
      format: "positive_duration",
      description: "Leaves out logs of a pattern that were not modified for this long; default none.",
    },
    initial_read: {
      type: "string",
      minLength: 1,
      description: "Size of the end of a log that is read the first time; default 16MB, 0 reads all of it.",
    },
    max_line_length: {
      type: "string",
      minLength: 1,
      description: "Longest line, from 1KB to 16MB; default 1MB. Longer lines are counted and skipped.",
    },
    body_size_limit: {
      type: "string",
      minLength: 1,
      description: "Most bytes that one probe fetches over HTTP; default 64MB.",
    },
    allowed_targets: {
      type: "array",
      items: { type: "string", minLength: 1 },
      description:
        "Hosts (also *.example.com), IP addresses and CIDR ranges, optionally with :port, from which `/probe` may fetch logs; default none. Configured targets need no entry.",
    },
    headers: {
      type: "object",
      additionalProperties: { type: "string", writeOnly: true },
      description: "Headers of HTTP requests, such as Authorization. Their values are treated as secrets.",
    },
    proxy_url: {
      type: "string",
      writeOnly: true,
      description: "Proxy for HTTP requests, such as http://proxy.example.com:3128.",
    },
    tls_config: tlsConfigSchema,
  },
} as const satisfies JSONSchema;

/** Validated options of a module of kind `heartbeat_log`. */
export type HeartbeatLogOptions = FromSchema<
  typeof heartbeatLogSchema,
  { keepDefaultedPropertiesOptional: true }
>;
/** The validated rule for one field. */
export type FieldOptions = FromSchema<typeof fieldSchema, { keepDefaultedPropertiesOptional: true }>;
