import type { PanelBuilder } from "../panels/options.ts";
import { timeSeries } from "../panels/time-series.ts";
import { NAME, named, type Series } from "../promql.ts";
import { NO_PROBE } from "./shared.ts";

/** Builds the panels about response time and recovery. */
export const response = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "95th percentile by hour",
    description:
      "95th percentile of probe durations over the preceding hour. The dashed line is the target's expected duration.",
    unit: "s",
    min: 0,
    width: 12,
    none: NO_PROBE,
    queries: [
      {
        expr: `max by (name) (${named(`quantile_over_time(0.95, ${series("probe_duration_seconds")}[1h])`)})`,
        legend: NAME,
      },
      {
        expr: `max by (name) (${named(series("heartbeat_expected_duration_seconds"))})`,
        legend: `expected ${NAME}`,
        limit: true,
      },
    ],
  }),
  timeSeries({
    title: "Time spent unhealthy",
    description: "Share of the preceding 24 hours in which each target was unhealthy.",
    unit: "percentunit",
    min: 0,
    width: 12,
    none: NO_PROBE,
    queries: [
      {
        expr: `1 - avg by (name) (${named(`avg_over_time(${series("heartbeat_target_healthy")}[1d])`)})`,
        legend: NAME,
      },
    ],
  }),
];
