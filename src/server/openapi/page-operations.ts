import { TARGET_STATUSES } from "../../core/status.ts";
import {
  type ApiOperation,
  bool,
  inPath,
  integer,
  listOf,
  model,
  number,
  object,
  query,
  text,
  textOrNull,
  time,
} from "./operation.ts";

const KINDS = { type: "string", enum: ["target", "heartbeat", "component", "group"] } as const;
const window = query(
  "window",
  { type: "string", enum: ["1h", "24h", "7d", "30d"], default: "24h" },
  "Length of the charts.",
);
const offset = query("offset", { ...integer, minimum: 0, default: 0 }, "Number of items to leave out.");
const limit = query(
  "limit",
  { ...integer, minimum: 1, maximum: 500, default: 100 },
  "Most items of the answer.",
);

const PROBE = {
  id: integer,
  target: text,
  module: text,
  started_at: time,
  ok: bool,
  reason: textOrNull,
  duration_seconds: number,
} as const;

const PROBE_EXAMPLE = {
  id: 17,
  target: "gpt",
  module: "chat",
  started_at: "2025-09-15T13:30:00Z",
  ok: false,
  reason: "auth",
  duration_seconds: 0.214,
} as const;

const subject = (folder: string, kind: string): ApiOperation => ({
  method: "get",
  path: `/api/v1/${folder}/{name}`,
  summary: `Everything about one ${kind}: its state, charts, uptime, incidents and settings`,
  parameters: [inPath("name", `Name of the ${kind}; slashes are percent-encoded.`), window],
  success: 200,
  answer: model("SubjectPage"),
  errors: [400, 404, 406],
});

const INCIDENT_EXAMPLE = {
  id: "1757943000123",
  kind: "target",
  name: "gpt",
  title: "gpt was down for 12m (auth)",
  status: "unhealthy",
  from: "2025-09-15T13:30:00Z",
  to: "2025-09-15T13:42:10Z",
  seconds: 730,
  unobserved_seconds: 0,
  reason: "auth",
  detail: null,
  reasons: ["auth"],
  flaps: 0,
  began_earlier: false,
} as const;

/** The operations of the page: what people see, as JSON. */
export const PAGE_OPERATIONS: readonly ApiOperation[] = [
  {
    method: "get",
    path: "/api/v1/overview",
    summary: "What is up, what is not, why and since when, the worst first",
    parameters: [
      query("text", { ...text, maxLength: 200 }, "Part of a name, address, module, kind, owner or label."),
      query(
        "status",
        { type: "string", examples: [TARGET_STATUSES.join(",")] },
        "Statuses, separated by commas.",
      ),
      query("kind", KINDS, "Kinds, separated by commas. Groups are listed only if asked for."),
      query("label", { type: "string", examples: ["team=ai"] }, "NAME=VALUE, repeated: all must match."),
      query("group", text, "Name of a group; empty for what is in no group."),
      offset,
      limit,
    ],
    success: 200,
    answer: model("Overview"),
    errors: [400, 406],
  },
  subject("targets", "target"),
  subject("heartbeats", "heartbeat"),
  subject("groups", "group"),
  subject("components", "component"),
  {
    method: "post",
    path: "/api/v1/targets/{name}/probe",
    summary: "Probes a target now, even if its latest result is fresh, or joins the probe in flight",
    parameters: [inPath("name", "Name of the target.")],
    isControl: true,
    success: 200,
    answer: object({ ...PROBE, detail: textOrNull }),
    example: { ...PROBE_EXAMPLE, detail: "HTTP 401: invalid API key" },
    errors: [400, 401, 403, 404, 406, 409, 429],
  },
  {
    method: "get",
    path: "/api/v1/incidents",
    summary: "Stretches in which something was not healthy, the newest first",
    parameters: [
      query("kind", KINDS, "Without one, all but groups."),
      query("name", text, "Name of a subject."),
      query("group", text, "Name of a group: incidents of its members."),
      offset,
      limit,
    ],
    success: 200,
    answer: model("IncidentList"),
    example: {
      generated_at: "2025-09-15T14:00:00Z",
      known_since: "2025-06-17T00:00:00Z",
      total: 1,
      incidents: [INCIDENT_EXAMPLE],
    },
    errors: [400, 406],
  },
  {
    method: "get",
    path: "/api/v1/incidents/{id}",
    summary: "One incident with its events",
    parameters: [inPath("id", "Id of the incident.")],
    success: 200,
    answer: model("Incident"),
    example: {
      ...INCIDENT_EXAMPLE,
      events: [{ at: "2025-09-15T13:30:00Z", kind: "status", text: "became unhealthy, was healthy (auth)" }],
    },
    errors: [404, 406],
  },
  {
    method: "get",
    path: "/api/v1/probes",
    summary: "The probes whose logs are kept, the newest first",
    parameters: [query("target", text, "Name of a target, or a probed address.")],
    success: 200,
    answer: object({ probes: listOf(object(PROBE)) }),
    example: { probes: [PROBE_EXAMPLE] },
    errors: [406],
  },
  {
    method: "get",
    path: "/api/v1/probes/{id}",
    summary: "A recent probe with its log",
    parameters: [inPath("id", "Id of the probe.")],
    success: 200,
    answer: object({ ...PROBE, log: text, configuration: text }),
    example: {
      ...PROBE_EXAMPLE,
      log: "started at 2025-09-15T13:30:00Z\nprobe failed (auth): HTTP 401",
      configuration: "prober: llm\n",
    },
    errors: [404, 406],
  },
  {
    method: "get",
    path: "/api/v1/operations",
    summary: "What an operator can end, send again or reset, and what operators have done",
    parameters: [],
    success: 200,
    answer: model("OperationsPage"),
    example: {
      generated_at: "2025-09-15T14:00:00Z",
      windows: [
        { id: null, name: "nightly", open: false, until: "2025-09-16T01:00:00Z", covers: ["group web"] },
      ],
      relays: [{ name: "phone", queued: 0, dead_letters: 2 }],
      actions: [],
      audit: [],
      control: [
        {
          at: "2025-09-15T13:59:00Z",
          method: "POST",
          path: "/api/v1/targets/gpt/probe",
          status: 200,
          from: "192.0.2.1",
        },
      ],
    },
    errors: [406],
  },
  {
    method: "get",
    path: "/api/openapi.json",
    summary: "This description",
    parameters: [],
    success: 200,
    answer: object({ openapi: text, paths: { type: "object" } }),
    errors: [304, 406],
  },
];
