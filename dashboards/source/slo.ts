import type { DashboardOptions } from "./dashboard.ts";
import { barGauge, stat, timeSeries } from "./panels.ts";
import type { Series } from "./promql.ts";
import { table } from "./table.ts";

const NO_PROBE = "no probe in the shown time";
const NO_OBJECTIVE = "no target with an objective";

export const slo: DashboardOptions = {
  uid: "heartbeat-slo",
  title: "Heartbeat / SLO",
  description:
    "Service level objectives: availability against its objective, error budget, burn rate, response time and recovery.",
  of: "heartbeat_exporter_build_info",
  choices: { target: "heartbeat_target_info" },
  from: "now-30d",
  rows: (series) => [
    { title: "The shown time", panels: shown(series) },
    { title: "Error budget", panels: budget(series) },
    { title: "Response time and recovery", panels: response(series) },
  ],
};

/** Share of successful probes within a range: what the objective is about. */
const availability = (series: Series, range: string): string =>
  `avg by (target, module) (avg_over_time(${series("probe_success")}[${range}]))`;

const objective = (series: Series): string =>
  `max by (target, module) (${series("heartbeat_slo_objective_ratio")})`;

const budgetLeft = (series: Series, range: string): string =>
  `1 - (1 - ${availability(series, range)}) / (1 - ${objective(series)})`;

/** Mean time of an outage: the minutes in which a target was unhealthy, by how often it became so. */
const recovery = (series: Series): string =>
  `60 * sum by (target, module) (sum_over_time((1 - ${series("heartbeat_target_healthy")})[$__range:1m]))\n/ (sum by (target, module) (resets(${series("heartbeat_target_healthy")}[$__range])) > 0)`;

const shown = (series: Series) => [
  stat({
    title: "Availability of all targets",
    description: "Share of successful probes over all targets in the shown time. Green from 99.9 % on.",
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
    title: "Targets that miss their objective",
    description: "How many targets have used up more than their error budget in the shown time.",
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
      "Of the durations of all probes in the shown time, as they were scraped, the slowest target. Green under 2 s.",
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
      "How long an outage lasted on the mean, over all targets that had one in the shown time. Green under 30 minutes.",
    unit: "s",
    decimals: 0,
    width: 6,
    height: 5,
    noData: "no outage in the shown time",
    thresholds: [
      [null, "green"],
      [1800, "orange"],
      [3600, "red"],
    ],
    queries: [{ expr: `avg(${recovery(series)})`, legend: "recovery" }],
  }),
  table({
    title: "Objectives",
    description: "Each target against its objective in the shown time. A budget below zero is overspent.",
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
    description: "What is left of the failures that the objective allows in the shown time. Red: overspent.",
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
      "How many times faster than allowed the budget is used up, over the last hour. 1 is just allowed; 14.4 uses up a thirtieth of a month's budget in an hour and pages.",
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
    description:
      "Share of successful probes over the last 24 hours, at each moment; the dashed line is the objective.",
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
      "95th percentile of the durations over the last hour, at each moment; the dashed line is what is expected of the target.",
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
    description: "Share of the last 24 hours in which each target was unhealthy, after thresholds.",
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
