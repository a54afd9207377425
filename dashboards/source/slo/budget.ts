import { barGauge } from "../panels/bar-gauge.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { timeSeries } from "../panels/time-series.ts";
import { NAME, type Series } from "../promql.ts";
import { availability, budgetLeft, NO_OBJECTIVE, NO_PROBE, objective } from "./shared.ts";

/** Builds the panels about error budgets. */
export const budget = (series: Series): readonly PanelBuilder[] => [
  barGauge({
    title: "Error budget left",
    description: "Share of the allowed failures that is left in the selected time range. Red: overspent.",
    unit: "percentunit",
    min: 0,
    max: 1,
    width: 12,
    height: 9,
    none: NO_OBJECTIVE,
    thresholds: [
      [null, "red"],
      [0.01, "orange"],
      [0.25, "blue"],
    ],
    query: { expr: `sort(clamp_min(${budgetLeft(series, "$__range")}, 0))`, legend: NAME },
  }),
  timeSeries({
    title: "Burn rate",
    description:
      "How fast the budget was used over the last hour, relative to the allowed rate. 1 is just allowed; 14.4 uses 2 % of a month's budget per hour and pages.",
    unit: "none",
    decimals: 1,
    min: 0,
    width: 12,
    height: 9,
    none: NO_OBJECTIVE,
    queries: [
      { expr: `(1 - ${availability(series, "1h")}) / (1 - ${objective(series)})`, legend: NAME },
      { expr: `14.4 * group(${series("heartbeat_slo_objective_ratio")})`, legend: "pages", limit: true },
    ],
  }),
  timeSeries({
    title: "Availability by day",
    description: "Share of successful probes over the preceding 24 hours. The dashed line is the objective.",
    unit: "percentunit",
    max: 1,
    width: 24,
    none: NO_PROBE,
    queries: [
      { expr: availability(series, "1d"), legend: NAME },
      { expr: objective(series), legend: `objective ${NAME}`, limit: true },
    ],
  }),
];
