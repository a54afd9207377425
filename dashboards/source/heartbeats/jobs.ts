import { ofHeartbeats } from "../beats.ts";
import { barGauge } from "../panels/bar-gauge.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { timeSeries } from "../panels/time-series.ts";
import { NAME, type Series } from "../promql.ts";

/** Builds the panels about runs of jobs. */
export const jobs = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Job duration",
    description: "Duration of the last run of each job, from its start ping to its end ping.",
    unit: "s",
    min: 0,
    width: 12,
    none: "no job sends start pings",
    queries: [
      {
        expr: ofHeartbeats(series, "heartbeat_last_duration_seconds"),
        legend: NAME,
      },
    ],
  }),
  barGauge({
    title: "Running jobs",
    description: "Time since the start ping of each job that has not sent an end ping yet.",
    unit: "s",
    min: 0,
    width: 12,
    none: "no job is running",
    thresholds: [[null, "blue"]],
    query: {
      expr: `time() - ${ofHeartbeats(series, "heartbeat_running_since_timestamp_seconds")}`,
      legend: NAME,
    },
  }),
];
