import type { DashboardOptions } from "./dashboard.ts";
import { barGauge, stat, timeSeries } from "./panels.ts";
import type { Series } from "./promql.ts";
import { table } from "./table.ts";

const NO_PROBE = "no probes in this time range";
const NO_OBJECTIVE = "no targets with an objective";

export const slo: DashboardOptions = {
  uid: "heartbeat-slo",
  title: "Heartbeat / SLO",
  description: "Service level objectives: availability, error budget, burn rate, response time and recovery.",
  of: "heartbeat_exporter_build_info",
  choices: { target: "heartbeat_target_info" },
  from: "now-30d",
  rows: (series) => [
    { title: "Selected time range", panels: summary(series) },
    { title: "Error budget", panels: budget(series) },
    { title: "Response time and recovery", panels: response(series) },
  ],
};

/** Share of successful probes within a range, which the objective applies to. */
const availability = (series: Series, range: string): string =>
  `avg by (target, module) (avg_over_time(${series("probe_success")}[${range}]))`;

const objective = (series: Series): string =>
  `max by (target, module) (${series("heartbeat_slo_objective_ratio")})`;

const budgetLeft = (series: Series, range: string): string =>
  `1 - (1 - ${availability(series, range)}) / (1 - ${objective(series)})`;

/** Mean duration of an outage: the minutes in which a target was unhealthy, divided by how often it became unhealthy. */
const recovery = (series: Series): string =>
  `60 * sum by (target, module) (sum_over_time((1 - ${series("heartbeat_target_healthy")})[$__range:1m]))\n/ (sum by (target, module) (resets(${series("heartbeat_target_healthy")}[$__range])) > 0)`;

const summary = (series: Series) => [
  stat({
    title: "Availability of all targets",
    description: "Share of successful probes of all targets in the selected time range. Green from 99.9 %.",
    unit: "percentunit",
    decimals: 3,
    width: 6,
    height: 5,
    noData: NO_PROBE,
    thresholds: [
      [null, "red"],
      [0.99, "orange"],
      [0.999, "green"],
    ],
    queries: [{ expr: `avg(${availability(series, "$__range")})`, legend: "availability" }],
  }),
  stat({
    title: "Targets missing their objective",
    description: "Number of targets that used more than their error budget in the selected time range.",
    unit: "none",
    width: 6,
    height: 5,
    noData: NO_OBJECTIVE,
    thresholds: [
      [null, "green"],
      [1, "red"],
    ],
    queries: [{ expr: `sum((${budgetLeft(series, "$__range")}) < bool 0)`, legend: "missed" }],
  }),
  stat({
    title: "95th percentile of response time",
    description:
      "95th percentile of probe durations, as scraped, in the selected time range, of the slowest target. Green below 2 s.",
    unit: "s",
    decimals: 2,
    width: 6,
    height: 5,
    noData: NO_PROBE,
    thresholds: [
      [null, "green"],
      [2, "orange"],
      [5, "red"],
    ],
    queries: [
      { expr: `max(quantile_over_time(0.95, ${series("probe_duration_seconds")}[$__range]))`, legend: "p95" },
    ],
  }),
  stat({
    title: "Mean time to recovery",
    description:
      "Mean duration of outages in the selected time range, over all targets that had one. Green below 30 minutes.",
    unit: "s",
    decimals: 0,
    width: 6,
    height: 5,
    noData: "no outages in this time range",
    thresholds: [
      [null, "green"],
      [1800, "orange"],
      [3600, "red"],
    ],
    queries: [{ expr: `avg(${recovery(series)})`, legend: "recovery" }],
  }),
  table({
    title: "Objectives",
    description:
      "Each target against its objective in the selected time range. A budget below zero is overspent.",
    width: 24,
    height: 10,
    noData: NO_OBJECTIVE,
    rows: { target: "Target", module: "Module" },
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
          [0.25, "green"],
        ],
        expr: budgetLeft(series, "$__range"),
      },
      {
        title: "p95",
        unit: "s",
        decimals: 2,
        expr: `max by (target, module) (quantile_over_time(0.95, ${series("probe_duration_seconds")}[$__range]))`,
      },
      {
        title: "Outages",
        unit: "none",
        expr: `max by (target, module) (resets(${series("heartbeat_target_healthy")}[$__range]))`,
      },
      { title: "Mean time to recovery", unit: "s", decimals: 0, expr: recovery(series) },
    ],
  }),
];

const budget = (series: Series) => [
  barGauge({
    title: "Error budget left",
    description: "Share of the allowed failures that is left in the selected time range. Red: overspent.",
    unit: "percentunit",
    min: 0,
    max: 1,
    width: 12,
    height: 9,
    noData: NO_OBJECTIVE,
    thresholds: [
      [null, "red"],
      [0.01, "orange"],
      [0.25, "green"],
    ],
    queries: [{ expr: `sort(clamp_min(${budgetLeft(series, "$__range")}, 0))`, legend: "{{target}}" }],
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
    noData: NO_OBJECTIVE,
    queries: [
      { expr: `(1 - ${availability(series, "1h")}) / (1 - ${objective(series)})`, legend: "{{target}}" },
      { expr: `14.4 * group(${series("heartbeat_slo_objective_ratio")})`, legend: "pages", limit: true },
    ],
  }),
  timeSeries({
    title: "Availability by day",
    description: "Share of successful probes over the preceding 24 hours. The dashed line is the objective.",
    unit: "percentunit",
    max: 1,
    width: 24,
    noData: NO_PROBE,
    queries: [
      { expr: availability(series, "1d"), legend: "{{target}}" },
      { expr: objective(series), legend: "objective {{target}}", limit: true },
    ],
  }),
];

const response = (series: Series) => [
  timeSeries({
    title: "95th percentile by hour",
    description:
      "95th percentile of probe durations over the preceding hour. The dashed line is the target's expected duration.",
    unit: "s",
    min: 0,
    width: 12,
    noData: NO_PROBE,
    queries: [
      {
        expr: `max by (target) (quantile_over_time(0.95, ${series("probe_duration_seconds")}[1h]))`,
        legend: "{{target}}",
      },
      {
        expr: `max by (target) (${series("heartbeat_expected_duration_seconds")})`,
        legend: "expected {{target}}",
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
    noData: NO_PROBE,
    queries: [
      {
        expr: `1 - avg by (target) (avg_over_time(${series("heartbeat_target_healthy")}[1d]))`,
        legend: "{{target}}",
      },
    ],
  }),
];
