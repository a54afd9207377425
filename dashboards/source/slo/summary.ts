import { exporterTile } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { stat } from "../panels/stat.ts";
import { table } from "../panels/table.ts";
import { named, type Series } from "../promql.ts";
import { availability, budgetLeft, NO_OBJECTIVE, NO_PROBE, objective, outages, recovery } from "./shared.ts";

/** Builds the panels about the time range as a whole. */
export const summary = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, { width: 4, height: 5 }),
  stat({
    title: "Availability of all targets",
    description: "Share of successful probes of all targets in the selected time range. Blue from 99.9 %.",
    unit: "percentunit",
    decimals: 3,
    width: 5,
    height: 5,
    none: NO_PROBE,
    thresholds: [
      [null, "red"],
      [0.99, "orange"],
      [0.999, "blue"],
    ],
    query: { expr: `avg(${availability(series, "$__range")})`, legend: "availability" },
  }),
  stat({
    title: "Targets missing their objective",
    description: "Number of targets that used more than their error budget in the selected time range.",
    unit: "none",
    width: 5,
    height: 5,
    none: NO_OBJECTIVE,
    thresholds: [
      [null, "text"],
      [0, "blue"],
      [1, "red"],
    ],
    query: { expr: `sum((${budgetLeft(series, "$__range")}) < bool 0)`, legend: "missed" },
  }),
  stat({
    title: "95th percentile of response time",
    description:
      "95th percentile of probe durations, as scraped, in the selected time range, of the slowest target. Blue below 2 s.",
    unit: "s",
    decimals: 2,
    width: 5,
    height: 5,
    none: NO_PROBE,
    thresholds: [
      [null, "text"],
      [0, "blue"],
      [2, "orange"],
      [5, "red"],
    ],
    query: {
      expr: `max(quantile_over_time(0.95, ${series("probe_duration_seconds")}[$__range]))`,
      legend: "p95",
    },
  }),
  stat({
    title: "Mean time to recovery",
    description:
      "Mean duration of outages in the selected time range, over all targets that had one. Blue below 30 minutes.",
    unit: "s",
    decimals: 0,
    width: 5,
    height: 5,
    none: "no outage has ended",
    noneColor: "blue",
    when: { expr: series("heartbeat_target_healthy"), otherwise: NO_PROBE },
    thresholds: [
      [null, "text"],
      [0, "blue"],
      [1800, "orange"],
      [3600, "red"],
    ],
    query: { expr: `avg(${recovery(series)})`, legend: "recovery" },
  }),
  table({
    title: "Objectives",
    description:
      "Each target against its objective in the selected time range. A budget below zero is overspent.",
    width: 24,
    height: 10,
    none: NO_OBJECTIVE,
    rows: { name: "Target" },
    sort: { column: "Budget left", descending: false },
    columns: [
      { title: "Objective", unit: "percentunit", decimals: 2, expr: objective(series) },
      { title: "Availability", unit: "percentunit", decimals: 3, expr: availability(series, "$__range") },
      {
        title: "Budget left",
        unit: "percentunit",
        decimals: 1,
        thresholds: [
          [null, "red"],
          [0, "orange"],
          [0.25, "text"],
        ],
        expr: budgetLeft(series, "$__range"),
      },
      {
        title: "p95",
        unit: "s",
        decimals: 2,
        expr: `max by (name) (${named(`quantile_over_time(0.95, ${series("probe_duration_seconds")}[$__range])`)})`,
      },
      {
        title: "Outages",
        unit: "none",
        expr: outages(series),
      },
      { title: "Mean time to recovery", unit: "s", decimals: 0, expr: recovery(series) },
    ],
  }),
];
