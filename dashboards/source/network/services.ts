import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { areas, timeSeries } from "../panels/time-series.ts";
import { NAME, named, type Series, stateCode } from "../promql.ts";
import { GREY, type State } from "../states.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";

/** The serving statuses of the gRPC health service. */
const SERVING = [
  { name: "SERVING", code: 1, color: "green", text: "serving" },
  { name: "UNKNOWN", code: 2, color: GREY, text: "unknown" },
  { name: "SERVICE_UNKNOWN", code: 3, color: "orange", text: "service unknown" },
  { name: "NOT_SERVING", code: 4, color: "red", text: "not serving" },
] as const satisfies readonly State[];

/** Builds the panels about gRPC services and WebSockets. */
export const services = (series: Series): readonly PanelBuilder[] => [
  stateTimeline({
    title: "Serving status (gRPC)",
    description:
      "What each service says about its health: serving (green), not serving (red), unknown to the server (orange). No band: there was no answer.",
    width: 12,
    none: ONLY_WITH_DETAILS,
    states: SERVING,
    query: {
      expr: `max by (name) (${named(`(${stateCode(series, "probe_grpc_healthcheck_response", "serving_status", SERVING)})`)})`,
      legend: NAME,
    },
  }),
  timeSeries({
    title: "Status codes",
    description:
      "Status code of each health check over gRPC, 0 if it was answered, and HTTP status of each WebSocket handshake, 101 if it was accepted and 0 without an answer.",
    unit: "none",
    decimals: 0,
    min: 0,
    width: 12,
    none: ONLY_WITH_DETAILS,
    queries: [
      { expr: named(series("probe_grpc_status_code")), legend: `gRPC ${NAME}` },
      { expr: named(series("probe_websocket_status_code")), legend: `WebSocket ${NAME}` },
    ],
  }),
  areas({
    title: "Time by phase (gRPC)",
    description:
      "Mean time spent in each phase, over all selected services: resolve, check (over a new connection). Select a single target to see its own phases.",
    unit: "s",
    min: 0,
    width: 12,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: `avg by (phase) (${series("probe_grpc_duration_seconds")})`, legend: "{{phase}}" }],
  }),
  areas({
    title: "Time by phase (WebSocket)",
    description:
      "Mean time spent in each phase, over all selected addresses: resolve, connect, the handshakes, and the conversation of the module. Select a single target to see its own phases.",
    unit: "s",
    min: 0,
    width: 12,
    none: ONLY_WITH_DETAILS,
    queries: [
      { expr: `avg by (phase) (${series("probe_websocket_duration_seconds")})`, legend: "{{phase}}" },
    ],
  }),
];
