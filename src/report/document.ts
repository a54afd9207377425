import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { HEARTBEAT_SOURCES } from "../core/heartbeat.ts";
import { TARGET_STATUSES } from "../core/status.ts";

// A report as programs read it. Keys are named as in existing dashboards (`service_name`, `current_status`,
// `uptime_percentage`); a service is a target, and heartbeats and components are lists of their own. Times are RFC 3339, durations seconds, and unknown values `null`.

const text = { type: "string" } as const;
const number = { type: "number" } as const;
const numberOrNull = { type: ["number", "null"] } as const;
const textOrNull = { type: ["string", "null"] } as const;

const object = <const Properties extends Readonly<Record<string, JSONSchema>>>(properties: Properties) =>
  ({
    type: "object",
    properties,
    required: Object.keys(properties) as (keyof Properties & string)[],
    // A newer exporter may add keys.
    additionalProperties: true,
  }) as const;

const listOf = <const Items extends JSONSchema>(items: Items) => ({ type: "array", items }) as const;

const status = { type: "string", enum: TARGET_STATUSES } as const;

const countsSchema = object({
  total: number,
  healthy: number,
  unhealthy: number,
  unknown: number,
  critical_unhealthy: number,
  health_percentage: numberOrNull,
});

/** Schema of the counts by status: of services, heartbeats, components, and everything, in which each subject counts once. */
export const summarySchema = object({
  total_services: number,
  healthy_services: number,
  unhealthy_services: number,
  unknown_services: number,
  critical_unhealthy: number,
  health_percentage: numberOrNull,
  heartbeats: countsSchema,
  components: countsSchema,
  all: countsSchema,
});

/** Schema of a heartbeat: a machine or job that pings, a log or a lease. */
export const heartbeatSchema = object({
  heartbeat_name: text,
  source: { type: "string", enum: HEARTBEAT_SOURCES },
  kind: text,
  hostname: textOrNull,
  owner: textOrNull,
  critical: { type: "boolean" },
  current_status: status,
  last_seen: textOrNull,
  timeout_seconds: numberOrNull,
  next_expected: textOrNull,
  uptime_percentage: numberOrNull,
  outages: numberOrNull,
});

/** Schema of a component, which reports its own status. */
export const componentSchema = object({
  component_name: text,
  critical: { type: "boolean" },
  group: textOrNull,
  current_status: status,
  message: textOrNull,
  last_report: textOrNull,
});

/** Schema of a service. */
export const serviceSchema = object({
  service_name: text,
  module: text,
  critical: { type: "boolean" },
  current_status: status,
  last_healthy: textOrNull,
  consecutive_failures: number,
  uptime_percentage: numberOrNull,
  last_updated: textOrNull,
});

const responseTimesSchema = object({
  service_name: text,
  module: text,
  checks_count: number,
  avg_response_time: numberOrNull,
  p95_response_time: numberOrNull,
  max_response_time: numberOrNull,
});

const alertSchema = object({
  service_name: text,
  alert_type: text,
  severity: text,
  message: text,
  triggered_at: text,
  resolved_at: textOrNull,
});

const objectiveSchema = object({
  service_name: text,
  module: text,
  metric: { type: "string", enum: ["availability", "response_time", "mttr"] },
  objective: number,
  measured: numberOrNull,
  met: { type: ["boolean", "null"] },
});

/** Schema of a report. */
export const reportSchema = object({
  generated_at: text,
  source: text,
  window: object({ from: text, to: text, seconds: number }),
  summary: summarySchema,
  services: listOf(serviceSchema),
  heartbeats: listOf(heartbeatSchema),
  components: listOf(componentSchema),
  response_times: listOf(responseTimesSchema),
  alerts: listOf(alertSchema),
  slos: listOf(objectiveSchema),
  critical_services: listOf(serviceSchema),
  notes: listOf(text),
});

/** The read-only type of a document, with only the keys that its schema declares. */
export type SchemaFields<T> = T extends readonly (infer Item)[]
  ? readonly SchemaFields<Item>[]
  : T extends object
    ? { readonly [K in keyof T as string extends K ? never : K]: SchemaFields<T[K]> }
    : T;

/** A report, as programs read it. */
export type Report = SchemaFields<FromSchema<typeof reportSchema>>;
/** Counts of services by status. */
export type Summary = SchemaFields<FromSchema<typeof summarySchema>>;
/** The status and uptime of a target. */
export type Service = SchemaFields<FromSchema<typeof serviceSchema>>;
/** Counts of subjects of one kind by status. */
export type Counts = SchemaFields<FromSchema<typeof countsSchema>>;
/** The status of a heartbeat, and the share of time in which it was up. */
export type Heartbeat = SchemaFields<FromSchema<typeof heartbeatSchema>>;
/** The status that a component reports. */
export type Component = SchemaFields<FromSchema<typeof componentSchema>>;
/** Durations of the successful probes of a target. */
export type ResponseTimes = SchemaFields<FromSchema<typeof responseTimesSchema>>;
/** A change for the worse, and when it ended. */
export type Alert = SchemaFields<FromSchema<typeof alertSchema>>;
/** An objective of a target, with the measured value. */
export type Objective = SchemaFields<FromSchema<typeof objectiveSchema>>;
