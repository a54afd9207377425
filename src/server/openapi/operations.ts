import { EVENT_TYPES } from "../../core/events.ts";
import { TARGET_STATUSES } from "../../core/status.ts";
import {
  type ApiOperation,
  anyObject,
  bool,
  inPath,
  integer,
  listOf,
  number,
  numberOrNull,
  object,
  query,
  text,
  textOrNull,
  time,
  timeOrNull,
} from "./operation.ts";
import { PAGE_OPERATIONS } from "./page-operations.ts";

const status = { type: "string", enum: TARGET_STATUSES } as const;
const duration = { type: "string", examples: ["30m"] } as const;

/** Returns the operations on dead letters, which relays and channels have alike. */
function deadLetterOperations(path: "notify" | "relay", owner: string): readonly ApiOperation[] {
  const parameters = [inPath("name", `Name of the ${owner}.`), query("id", text, "Id of one dead letter.")];
  return [
    {
      method: "post",
      path: `/api/v1/${path}/{name}/replay`,
      summary: `Queues dead letters of a ${owner} again, all or one`,
      parameters,
      isControl: true,
      success: 200,
      answer: object({ replayed: integer }),
      example: { replayed: 2 },
      errors: [400, 401, 403, 404],
    },
    {
      method: "delete",
      path: `/api/v1/${path}/{name}/dead-letters`,
      summary: `Deletes dead letters of a ${owner}, all or one`,
      parameters,
      isControl: true,
      success: 200,
      answer: object({ discarded: integer }),
      example: { discarded: 2 },
      errors: [400, 401, 403, 404],
    },
  ];
}

const TARGET = object({
  name: text,
  module: text,
  kind: text,
  address: text,
  critical: bool,
  labels: anyObject,
  schedule: text,
  interval_seconds: number,
  status,
  stale: bool,
  degraded: { type: ["object", "null"] },
  skipped: textOrNull,
  mode: textOrNull,
  consecutive_failures: integer,
  consecutive_successes: integer,
  last_probe: timeOrNull,
  last_success: timeOrNull,
  last_duration_seconds: numberOrNull,
  last_failure_reason: textOrNull,
  response_model: textOrNull,
  served_by: textOrNull,
  tiers: anyObject,
});

const MEMBER = object({
  name: text,
  kind: text,
  critical: bool,
  status,
  last_seen: timeOrNull,
  message: text,
});
const GROUP = object({
  name: text,
  description: textOrNull,
  labels: anyObject,
  status,
  unhealthy_when: { type: ["string", "object"] },
  members: listOf(MEMBER),
});
const COMPONENT = object({
  name: text,
  status,
  reported_status: status,
  reported_at: time,
  ttl: duration,
  message: text,
  metrics: anyObject,
  critical: bool,
  group: textOrNull,
});
const COMPONENT_REPORT = {
  type: "object",
  properties: { status, message: text, metrics: anyObject, ttl: duration, critical: bool, group: text },
  required: ["status"],
} as const;
const COMPONENT_EXAMPLE = {
  name: "worker",
  status: "healthy",
  reported_status: "healthy",
  reported_at: "2025-09-15T13:30:00Z",
  ttl: "2m0s",
  message: "",
  metrics: { queue_length: 3 },
  critical: false,
  group: null,
} as const;

const WINDOW = object({
  id: text,
  from: time,
  until: time,
  targets: listOf(text),
  heartbeats: listOf(text),
  groups: listOf(text),
});
const EVENT = {
  type: "object",
  properties: { id: integer, type: { type: "string", enum: EVENT_TYPES }, at: time },
  required: ["id", "type", "at"],
} as const;

const reportComponent = (method: "put" | "post"): ApiOperation => ({
  method,
  path: "/api/v1/components/{name}",
  summary: "Stores the report of a component",
  parameters: [inPath("name", "Name of the component.")],
  isControl: true,
  body: COMPONENT_REPORT,
  success: 200,
  answer: COMPONENT,
  example: COMPONENT_EXAMPLE,
  errors: [400, 401, 403, 413],
});

/** Every operation below `/api`, in the order of docs/http-api.md. */
export const API_OPERATIONS: readonly ApiOperation[] = [
  ...PAGE_OPERATIONS,
  {
    method: "get",
    path: "/api/v1/targets",
    summary: "The configured targets with their states",
    parameters: [],
    success: 200,
    answer: object({ targets: listOf(TARGET) }),
    errors: [406],
  },
  {
    method: "get",
    path: "/api/v1/groups",
    summary: "The groups with their status and members",
    parameters: [],
    success: 200,
    answer: object({ groups: listOf(GROUP) }),
    errors: [406],
  },
  {
    method: "get",
    path: "/api/v1/components",
    summary: "The components that report their own status",
    parameters: [],
    success: 200,
    answer: object({ components: listOf(COMPONENT) }),
    example: { components: [COMPONENT_EXAMPLE] },
    errors: [],
  },
  reportComponent("put"),
  reportComponent("post"),
  {
    method: "delete",
    path: "/api/v1/components/{name}",
    summary: "Deletes a component that will not report again",
    parameters: [inPath("name", "Name of the component.")],
    isControl: true,
    success: 204,
    errors: [400, 401, 403, 404],
  },
  {
    method: "get",
    path: "/api/v1/events",
    summary: "A stream of server-sent events, or with format=json a list of past events",
    parameters: [
      query("target", text, "Only events of this target."),
      query("type", { type: "string", enum: EVENT_TYPES }, "Only events of this type."),
      query("last_event_id", integer, "Only events after this one."),
      query(
        "format",
        { type: "string", enum: ["stream", "json"] },
        "Form of the answer; Accept decides by default.",
      ),
      query("limit", { ...integer, default: 100 }, "Most events of a list."),
      query(
        "snapshot",
        { type: "string", enum: ["full", "none"], default: "full" },
        "With none, snapshots have no state of subjects.",
      ),
    ],
    success: 200,
    answer: object({ events: listOf(EVENT) }),
    example: {
      events: [
        { id: 1757943000123, type: "mode", at: "2025-09-15T13:30:00Z", target: "gpt", to: "fallback" },
      ],
    },
    errors: [307, 400, 503],
  },
  {
    method: "get",
    path: "/api/v1/report",
    summary: "Uptime, response times, alerts and objectives of a window that ends now",
    parameters: [
      query("window", { ...duration, default: "7d" }, "Length of the window."),
      query("availability", { ...number, default: 0.999 }, "Wanted ratio of successful probes."),
      query("response_time", { ...duration, default: "2s" }, "Wanted 95th percentile of durations."),
      query("mttr", { ...duration, default: "30m" }, "Wanted mean time to recovery."),
    ],
    success: 200,
    answer: object({
      generated_at: time,
      source: text,
      window: anyObject,
      summary: anyObject,
      services: listOf(anyObject),
    }),
    errors: [400],
  },
  {
    method: "get",
    path: "/api/v1/dashboard",
    summary: "Counts of targets by status, and each with its uptime over the last 24 hours",
    parameters: [],
    success: 200,
    answer: object({ timestamp: time, summary: anyObject, services: listOf(anyObject) }),
    errors: [],
  },
  {
    method: "get",
    path: "/api/v1/notify",
    summary: "The channels with their queues, dead letters and latest deliveries",
    parameters: [],
    success: 200,
    answer: object({
      channels: listOf(
        object({
          name: text,
          preset: text,
          deliveries: anyObject,
          queue: listOf(anyObject),
          dead_letters: listOf(anyObject),
          recent: listOf(anyObject),
        }),
      ),
    }),
    errors: [],
  },
  ...deadLetterOperations("notify", "channel"),
  {
    method: "get",
    path: "/api/v1/relay",
    summary: "The relays with their queues, dead letters and latest deliveries",
    parameters: [],
    success: 200,
    answer: object({
      relays: listOf(
        object({
          name: text,
          deliveries: anyObject,
          truncated_alerts: integer,
          queue_length: integer,
          queue: listOf(anyObject),
          dead_letters: listOf(anyObject),
          recent: listOf(anyObject),
        }),
      ),
    }),
    errors: [],
  },
  ...deadLetterOperations("relay", "relay"),
  {
    method: "get",
    path: "/api/v1/actions",
    summary: "The state of each action, and the latest attempts",
    parameters: [],
    success: 200,
    answer: object({
      actions: listOf(
        object({
          name: text,
          dry_run: bool,
          max_attempts: integer,
          attempts: anyObject,
          targets: listOf(anyObject),
        }),
      ),
      audit: listOf(anyObject),
    }),
    errors: [],
  },
  {
    method: "get",
    path: "/api/v1/actions/{name}/runs/{number}/output",
    summary: "The output of a program or server, at most 4 KiB",
    parameters: [inPath("name", "Name of the action."), inPath("number", "Number of the attempt.")],
    isControl: true,
    success: 200,
    media: "text/plain",
    errors: [400, 401, 403, 404],
  },
  {
    method: "post",
    path: "/api/v1/actions/{name}/reset",
    summary: "Resets the count of attempts, for all targets or one",
    parameters: [inPath("name", "Name of the action."), query("target", text, "Name of one target.")],
    isControl: true,
    success: 200,
    answer: object({ reset: integer }),
    example: { reset: 1 },
    errors: [400, 401, 403, 404],
  },
  {
    method: "get",
    path: "/api/v1/maintenance",
    summary: "The maintenance windows, configured and manual",
    parameters: [],
    success: 200,
    answer: object({ windows: listOf(anyObject), manual: listOf(WINDOW) }),
    errors: [],
  },
  {
    method: "post",
    path: "/api/v1/maintenance",
    summary: "Starts a manual window of at most 30 days",
    parameters: [
      { ...query("for", duration, "Length of the window."), isRequired: true },
      query("target", text, "Name of a target. One of target, heartbeat and group is required."),
      query("heartbeat", text, "Name of a heartbeat."),
      query("group", text, "Name of a group."),
    ],
    isControl: true,
    success: 201,
    answer: WINDOW,
    example: {
      id: "b7b1c5a0-6f5e-4c52-9d0e-0a4f0a3b2c1d",
      from: "2025-09-15T13:30:00Z",
      until: "2025-09-15T14:30:00Z",
      targets: ["gpt"],
      heartbeats: [],
      groups: [],
    },
    errors: [400, 401, 403, 404, 409],
  },
  {
    method: "delete",
    path: "/api/v1/maintenance/{id}",
    summary: "Ends a manual window",
    parameters: [inPath("id", "Id of the window.")],
    isControl: true,
    success: 200,
    answer: object({ ended: text }),
    example: { ended: "b7b1c5a0-6f5e-4c52-9d0e-0a4f0a3b2c1d" },
    errors: [400, 401, 403, 404],
  },
];
