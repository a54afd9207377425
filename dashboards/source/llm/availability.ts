import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import { ofModels } from "../probes.ts";
import { NAME, named, type Series, stateCode } from "../promql.ts";
import { MODES } from "../states.ts";
import { AVAILABLE, available } from "./now.ts";

const NO_MODELS = "no llm targets configured";

/** Builds the panels about availability and failures. */
export const availability = (series: Series): readonly PanelBuilder[] => [
  stateTimeline({
    title: "Model available",
    description:
      "When each model answered its probes (green) and when it did not (red). Grey: no fresh result.",
    width: 12,
    none: NO_MODELS,
    states: AVAILABLE,
    query: { expr: available(series), legend: NAME },
  }),
  stateTimeline({
    title: "Mode of consumers",
    description: "Primary: consumers use the model. Fallback: they work without it.",
    width: 12,
    none: "no models with failover",
    states: MODES,
    query: {
      expr: `max by (target) (\n  ${stateCode(series, "heartbeat_current_mode", "mode", MODES)}\n)`,
      legend: "{{target}}",
    },
  }),
  timeSeries({
    title: "Failures in a row",
    description: "Failures in a row of each model. At the dashed line the model becomes unhealthy.",
    unit: "none",
    min: 0,
    width: 12,
    none: NO_MODELS,
    queries: [
      { expr: named(ofModels(series, series("heartbeat_consecutive_failures"))), legend: NAME },
      {
        expr: `max by (name) (${named(ofModels(series, series("heartbeat_failure_threshold")))})`,
        legend: `threshold ${NAME}`,
        limit: true,
      },
    ],
  }),
  bars({
    title: "Failed probes by reason",
    description:
      "Failed probes per interval by reason, without the first failure of a target for each reason. The reasons rate_limited and billing concern the account, not the model.",
    width: 12,
    none: "no failures in this time range",
    queries: [
      {
        expr: `sum by (reason) (\n  ${ofModels(series, `increase(${series("heartbeat_failures_total")}[$__rate_interval])`)}\n) > 0`,
        legend: "{{reason}}",
      },
    ],
  }),
];
