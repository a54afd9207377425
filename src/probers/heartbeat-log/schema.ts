import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { tlsConfigSchema } from "../tls-options.ts";

/** How a field of a heartbeat becomes a series. */
const FIELD_TYPES = ["gauge", "counter", "timestamp", "bool", "state"] as const;

const fieldSchema = {
  type: "object",
  additionalProperties: false,
  description: "What becomes of one field.",
  properties: {
    name: {
      type: "string",
      pattern: "^[a-z][a-z0-9_]{0,99}$",
      description: "Name of its series after `heartbeat_log_`; default made of the field's own name.",
    },
    type: { enum: FIELD_TYPES, description: "What it is; default by its name and value." },
    scale: { type: "number", description: "What a number is multiplied with, to get base units; default 1." },
    states: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 100 },
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
      description: "The words of a `state`, one series for each; default closed, open, half_open.",
    },
    help: { type: "string", minLength: 1, description: "What it means." },
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
        "Folders, with all below them, and files that may be read, symbolic links resolved. Nothing else is ever opened.",
    },
    format: { enum: ["json", "logfmt", "regex"], description: "Form of the heartbeat; default json." },
    marker: {
      type: "string",
      description:
        "Text of the lines that are heartbeats; default `HEARTBEAT - System Statistics`. Empty: every line is one.",
    },
    expression: {
      type: "string",
      minLength: 1,
      format: "regexp",
      description: "For regex: an RE2 expression whose named groups are the fields.",
    },
    fields: {
      type: "object",
      maxProperties: 100,
      additionalProperties: fieldSchema,
      description: "What becomes of fields that need more than their names say, by name of the field.",
    },
    timestamp_field: {
      type: "string",
      minLength: 1,
      description:
        "Field with the time of the heartbeat; default the first of timestamp, @timestamp, time, ts, asctime, datetime.",
    },
    timezone: {
      enum: ["local", "utc"],
      description: "Zone of times that do not name one; default local, the exporter's.",
    },
    timeout: {
      type: "string",
      format: "positive_duration",
      description: "How long there may be no heartbeat; default 2.5 x the interval.",
    },
    interval: {
      type: "string",
      format: "positive_duration",
      description:
        "Time between heartbeats where they say none themselves (interval_seconds); default HEARTBEAT_INTERVAL_SECONDS, else 60s.",
    },
    match: {
      enum: ["all", "any"],
      description: "How many of the files of a pattern need a fresh heartbeat; default all.",
    },
    ignore_older: {
      type: "string",
      format: "positive_duration",
      description: "Files of a pattern that were not written to for this long are left out; default none.",
    },
    initial_read: {
      type: "string",
      minLength: 1,
      description:
        "How much of the end of a log is read when it is seen for the first time, such as 16MB, the default; 0 is all of it.",
    },
    max_line_length: {
      type: "string",
      minLength: 1,
      description: "Longer lines are counted and skipped; from 1KB to 16MB, default 1MB.",
    },
    body_size_limit: {
      type: "string",
      minLength: 1,
      description: "Most that one probe fetches over HTTP, such as 64MB, the default.",
    },
    allowed_targets: {
      type: "array",
      items: { type: "string", minLength: 1 },
      description:
        "Hosts (also *.example.com), addresses and ranges, optionally with :port, whose logs `/probe` may fetch over HTTP; default none. Configured targets need no entry.",
    },
    headers: {
      type: "object",
      additionalProperties: { type: "string", writeOnly: true },
      description: "Headers of HTTP requests, such as Authorization; values are never shown.",
    },
    proxy_url: {
      type: "string",
      writeOnly: true,
      description: "Proxy for HTTP requests, such as http://proxy.example.com:3128.",
    },
    tls_config: tlsConfigSchema,
  },
} as const satisfies JSONSchema;

export type HeartbeatLogOptions = FromSchema<
  typeof heartbeatLogSchema,
  { keepDefaultedPropertiesOptional: true }
>;
export type FieldOptions = FromSchema<typeof fieldSchema, { keepDefaultedPropertiesOptional: true }>;
