import { heartbeatState, ofHeartbeats, silence } from "../beats.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import { NAME, type Series } from "../promql.ts";
import { HEARTBEAT_STATES } from "../states.ts";

const NO_HEARTBEATS = "no heartbeats configured";

/** Builds the panels about the selected time range. */
export const history = (series: Series): readonly PanelBuilder[] => [
  stateTimeline({
    title: "Up and down",
    description:
      "When each heartbeat was up (green) or down (red): silent for too long, failed, or not finished in time. Grey: never seen, or its exporter was down.",
    width: 24,
    height: 10,
    none: NO_HEARTBEATS,
    states: HEARTBEAT_STATES,
    query: { expr: heartbeatState(series), legend: `${NAME} {{source}}` },
  }),
  timeSeries({
    title: "Silence",
    description:
      "Time since each heartbeat was last seen. A healthy one shows a sawtooth below its timeout, the dashed line.",
    unit: "s",
    min: 0,
    width: 12,
    none: NO_HEARTBEATS,
    queries: [
      { expr: silence(series), legend: NAME },
      {
        expr: ofHeartbeats(series, "heartbeat_timeout_seconds"),
        legend: `timeout ${NAME}`,
        limit: true,
      },
    ],
  }),
  bars({
    title: "Pings",
    description: "Pings per interval by kind: success, start, fail, log.",
    width: 12,
    none: "no pings received",
    queries: [
      {
        expr: `sum by (kind) (increase(${series("heartbeat_pings_total")}[$__rate_interval]))`,
        legend: "{{kind}}",
      },
    ],
  }),
];
