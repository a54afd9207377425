import { type DashboardOptions, RUNBOOKS } from "./dashboard.ts";
import type { Link } from "./panel.ts";
import { stat, stateTimeline, timeSeries } from "./panels.ts";
import { MODES, type Series, STATUSES, stateCode, yesNo } from "./promql.ts";
import { table, uptimeColumn } from "./table.ts";

const HEALTH_THRESHOLDS = [
  [null, "red"],
  [0.9, "orange"],
  [1, "green"],
] as const;

/** 1 for each target that is well, 0 for each that is not or of which nothing is known; of several exporters the worst word. */
const well = (series: Series): string =>
  `min by (target, module) (sum without (status) (${series("heartbeat_target_status", 'status=~"healthy|degraded"')}))`;

const status = (series: Series): string =>
  `max by (target, module) (\n  ${stateCode(series, "heartbeat_target_status", "status", STATUSES)}\n)`;

const countOf = (series: Series, name: string): string =>
  `sum(max by (target, module) (${series("heartbeat_target_status", `status="${name}"`)}))`;

export const overview: DashboardOptions = {
  uid: "heartbeat-overview",
  title: "Heartbeat / Overview",
  description: "All targets and heartbeats at a glance: what is well, what is not, and since when.",
  of: "heartbeat_exporter_build_info",
  choices: { target: "heartbeat_target_info", group: "heartbeat_group_status" },
  rows: (series) => [
    { title: "Now", panels: summary(series) },
    { title: "Targets", panels: targets(series) },
    { title: "Over time", panels: history(series) },
    { title: "Groups and alerts", panels: [groups(series), alerts()] },
  ],
};

const summary = (series: Series) => [
  stat({
    title: "Health",
    description:
      "Share of the targets that are healthy, slow ones included. A target of which nothing is known counts as not healthy. Green only when all are.",
    unit: "percentunit",
    decimals: 1,
    width: 4,
    noData: "no target, or no exporter",
    thresholds: HEALTH_THRESHOLDS,
    queries: [{ expr: `avg(${well(series)})`, legend: "health" }],
  }),
  ...STATUSES.map(({ name, color }) =>
    stat({
      title: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      description: `How many targets are ${name}. ${MEANING[name] ?? ""}`,
      unit: "none",
      width: 3,
      noData: "no target, or no exporter",
      thresholds:
        name === "healthy"
          ? [[null, "green"]]
          : [
              [null, "transparent"],
              [1, color],
            ],
      queries: [{ expr: countOf(series, name), legend: name }],
    }),
  ),
  stat({
    title: "Critical and unhealthy",
    description:
      "How many of the targets that are marked critical are unhealthy. More than none is what pages.",
    unit: "none",
    width: 4,
    noData: "no critical target",
    thresholds: [
      [null, "green"],
      [1, "red"],
    ],
    queries: [
      {
        expr: `sum(\n  max by (target, module) (${series("heartbeat_target_status", 'status="unhealthy"')})\n  and on (target, module) ${series("heartbeat_target_info", 'critical="true"')}\n)`,
        legend: "critical",
      },
    ],
  }),
  stat({
    title: "Heartbeats down",
    description: "How many machines, logs and leases have been silent for longer than they may.",
    unit: "none",
    width: 4,
    noData: "no heartbeat was heard yet",
    thresholds: [
      [null, "green"],
      [1, "red"],
    ],
    links: [{ title: "Heartbeats and machines", url: `/d/heartbeat-heartbeats?\${__url_time_range}` }],
    queries: [{ expr: `sum(1 - max by (heartbeat, source) (${series("heartbeat_up")}))`, legend: "down" }],
  }),
];

const MEANING: Readonly<Record<string, string>> = {
  healthy: "Healthy: its probes succeed, and in the expected time.",
  degraded: "Degraded: its probes succeed, and the last one took longer than expected.",
  unknown: "Unknown: not probed often enough yet to say; never taken for healthy.",
  unhealthy: "Unhealthy: as many failures in a row as its threshold allows.",
};

/** To the dashboards with the probes of a target, of whichever kind it is. */
const probesOf = (target: string): readonly Link[] =>
  ["http", "llm"].map((kind) => ({
    title: `Its probes, if it is of kind ${kind}`,
    url: `/d/heartbeat-${kind}?var-target=${target}&\${__url_time_range}`,
  }));

const targets = (series: Series) => [
  stat({
    title: "Targets",
    description:
      "The status of each target, after thresholds, the worst first. Yellow: slower than expected. Grey: not known yet. Red: unhealthy. A click leads to what is known of it.",
    unit: "none",
    width: 24,
    height: 9,
    noData: "no target, or no exporter",
    names: true,
    states: STATUSES,
    links: probesOf("${__field.labels.target}"),
    queries: [{ expr: `sort_desc(${status(series)})`, legend: "{{target}}" }],
  }),
  table({
    title: "Targets in numbers",
    description:
      "Uptime is the share of successful probes in the shown time. Failures in a row count up to the threshold at which the target becomes unhealthy. Maintenance silences its alerts.",
    width: 24,
    height: 11,
    noData: "no target, or no exporter",
    rows: { target: "Target", module: "Module", kind: "Kind", critical: "Critical" },
    sort: { column: "Status", descending: true },
    links: probesOf("${__value.raw}"),
    columns: [
      { title: "Status", unit: "none", states: STATUSES, expr: withFacts(series, status(series)) },
      uptimeColumn(
        withFacts(series, `avg by (target, module) (avg_over_time(${series("probe_success")}[$__range]))`),
      ),
      {
        title: "Maintenance",
        unit: "none",
        states: yesNo("yes", "no", ["blue", "text"]),
        expr: withFacts(series, `max by (target, module) (${series("heartbeat_target_maintenance")})`),
      },
      {
        title: "Last success",
        unit: "dateTimeFromNow",
        expr: withFacts(
          series,
          `1000 * max by (target, module) (${series("heartbeat_last_success_timestamp_seconds")})`,
        ),
      },
      {
        title: "Failures in a row",
        unit: "none",
        thresholds: [
          [null, "text"],
          [1, "orange"],
        ],
        expr: withFacts(series, `max by (target, module) (${series("heartbeat_consecutive_failures")})`),
      },
      {
        title: "Threshold",
        unit: "none",
        expr: withFacts(series, `max by (target, module) (${series("heartbeat_failure_threshold")})`),
      },
      {
        title: "Duration",
        unit: "s",
        decimals: 2,
        expr: withFacts(series, `max by (target, module) (${series("probe_duration_seconds")})`),
      },
      {
        title: "Expected",
        unit: "s",
        decimals: 2,
        expr: withFacts(series, `max by (target, module) (${series("heartbeat_expected_duration_seconds")})`),
      },
    ],
  }),
];

/** Adds kind and criticality to series of targets. */
const withFacts = (series: Series, expr: string): string =>
  `${expr}\n* on (target, module) group_left (kind, critical)\n  max by (target, module, kind, critical) (${series("heartbeat_target_info")})`;

const history = (series: Series) => [
  stateTimeline({
    title: "Status over time",
    description: "When each target was healthy, slow, unknown or unhealthy.",
    unit: "none",
    width: 24,
    height: 10,
    noData: "no target, or no exporter",
    states: STATUSES,
    queries: [{ expr: status(series), legend: "{{target}}" }],
  }),
  timeSeries({
    title: "Health over time",
    description: "Share of the targets that are healthy. A dip that does not come back is an outage.",
    unit: "percentunit",
    min: 0,
    max: 1,
    width: 12,
    noData: "no target, or no exporter",
    queries: [{ expr: `avg(${well(series)})`, legend: "healthy" }],
  }),
  timeSeries({
    title: "Failures by reason",
    description: "Failed probes per second, by reason; docs/metrics.md has the list of reasons.",
    unit: "cps",
    width: 12,
    stacked: true,
    noData: "no failure in the shown time",
    queries: [
      {
        expr: `sum by (reason) (rate(${series("heartbeat_failures_total")}[$__rate_interval])) > 0`,
        legend: "{{reason}}",
      },
    ],
  }),
  timeSeries({
    title: "Response time",
    description: "How long the last probe of each target took, as the slowest exporter saw it.",
    unit: "s",
    min: 0,
    width: 12,
    noData: "no probe yet",
    queries: [{ expr: `max by (target) (${series("probe_duration_seconds")})`, legend: "{{target}}" }],
  }),
  stateTimeline({
    title: "Mode",
    description: "In which mode applications are told to work. Only targets with failover have one.",
    unit: "none",
    width: 12,
    noData: "no target with failover",
    states: MODES,
    queries: [
      {
        expr: `max by (target) (\n  ${stateCode(series, "heartbeat_current_mode", "mode", MODES)}\n)`,
        legend: "{{target}}",
      },
    ],
  }),
];

const groups = (series: Series) =>
  stateTimeline({
    title: "Groups",
    description: "The status of each group of targets and heartbeats, as the worst exporter sees it.",
    unit: "none",
    width: 12,
    noData: "no group is configured",
    states: STATUSES,
    queries: [
      {
        expr: `max by (group) (\n  ${stateCode(series, "heartbeat_group_status", "status", STATUSES)}\n)`,
        legend: "{{group}}",
      },
    ],
  });

const alerts = () =>
  table({
    title: "Firing alerts",
    description:
      "Alerts of this exporter that fire now, from the rules in rules/. A click on one leads to its page of what to do.",
    width: 12,
    noData: "nothing fires",
    rows: { alertname: "Alert", severity: "Severity", target: "Target", heartbeat: "Heartbeat" },
    links: [{ title: "What to do", url: `${RUNBOOKS}/\${__value.raw}.md` }],
    columns: [
      {
        title: "Firing",
        unit: "none",
        expr: `sum by (alertname, severity, target, heartbeat) (ALERTS{alertname=~"Heartbeat.+", alertstate="firing", severity!="none", job=~"$job|", instance=~"$instance|"})`,
      },
    ],
  });
