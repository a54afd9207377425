import { type DashboardOptions, RUNBOOKS } from "./dashboard.ts";
import type { Link } from "./panel.ts";
import { stat, stateTimeline, timeSeries } from "./panels.ts";
import { MODES, type Series, STATUSES, stateCode, yesNo } from "./promql.ts";
import { table, uptimeColumn } from "./table.ts";

const NO_TARGETS = "no targets, or no exporter";

const HEALTH_THRESHOLDS = [
  [null, "red"],
  [0.9, "orange"],
  [1, "green"],
] as const;

/** 1 for each target that is healthy or degraded, 0 for the others. If exporters disagree, the worst status counts. */
const healthy = (series: Series): string =>
  `min by (target, module) (sum without (status) (${series("heartbeat_target_status", 'status=~"healthy|degraded"')}))`;

const status = (series: Series): string =>
  `max by (target, module) (\n  ${stateCode(series, "heartbeat_target_status", "status", STATUSES)}\n)`;

const countOf = (series: Series, name: string): string =>
  `sum(max by (target, module) (${series("heartbeat_target_status", `status="${name}"`)}))`;

export const overview: DashboardOptions = {
  uid: "heartbeat-overview",
  title: "Heartbeat / Overview",
  description: "All targets and heartbeats at a glance: what is healthy, what is not, and since when.",
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
      "Share of targets that are healthy, including slow ones. Unknown targets count as not healthy. Green only at 100 %.",
    unit: "percentunit",
    decimals: 1,
    width: 4,
    noData: NO_TARGETS,
    thresholds: HEALTH_THRESHOLDS,
    queries: [{ expr: `avg(${healthy(series)})`, legend: "health" }],
  }),
  ...STATUSES.map(({ name, color }) =>
    stat({
      title: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      description: `Number of ${name} targets. ${MEANING[name] ?? ""}`,
      unit: "none",
      width: 3,
      noData: NO_TARGETS,
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
    description: "Number of unhealthy targets marked as critical. Any of them pages the on-call person.",
    unit: "none",
    width: 4,
    noData: "no critical targets",
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
    description: "Number of machines, jobs, logs and leases whose heartbeats are overdue.",
    unit: "none",
    width: 4,
    noData: "no heartbeat seen yet",
    thresholds: [
      [null, "green"],
      [1, "red"],
    ],
    links: [{ title: "Heartbeats and machines", url: `/d/heartbeat-heartbeats?\${__url_time_range}` }],
    queries: [{ expr: `sum(1 - max by (heartbeat, source) (${series("heartbeat_up")}))`, legend: "down" }],
  }),
];

const MEANING: Readonly<Record<string, string>> = {
  healthy: "Healthy: probes succeed within the expected duration.",
  degraded:
    "Degraded: probes succeed, but the last answer was slower than expected or met a rule for degraded answers.",
  unknown: "Unknown: not probed often enough yet. Does not count as healthy.",
  unhealthy: "Unhealthy: as many failures in a row as the failure threshold.",
};

/** Links to the dashboards with the probes of a target, one for each kind that it may be. */
const probesOf = (target: string): readonly Link[] =>
  ["http", "llm"].map((kind) => ({
    title: `Probes of this target (kind ${kind})`,
    url: `/d/heartbeat-${kind}?var-target=${target}&\${__url_time_range}`,
  }));

const targets = (series: Series) => [
  stat({
    title: "Targets",
    description:
      "Status of each target, worst first. Yellow: slower than expected. Grey: unknown. Red: unhealthy. Click a target to see its probes.",
    unit: "none",
    width: 24,
    height: 9,
    noData: NO_TARGETS,
    names: true,
    states: STATUSES,
    links: probesOf("${__field.labels.target}"),
    queries: [{ expr: `sort_desc(${status(series)})`, legend: "{{target}}" }],
  }),
  table({
    title: "Target details",
    description:
      "Uptime is the share of successful probes in the selected time range. A target becomes unhealthy when its failures in a row reach the threshold. Maintenance suppresses its alerts.",
    width: 24,
    height: 11,
    noData: NO_TARGETS,
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

/** Adds the labels `kind` and `critical` to series of targets. */
const withFacts = (series: Series, expr: string): string =>
  `${expr}\n* on (target, module) group_left (kind, critical)\n  max by (target, module, kind, critical) (${series("heartbeat_target_info")})`;

const history = (series: Series) => [
  stateTimeline({
    title: "Status over time",
    description:
      "Status of each target over time: healthy, degraded (slow, or by a rule), unknown or unhealthy.",
    unit: "none",
    width: 24,
    height: 10,
    noData: NO_TARGETS,
    states: STATUSES,
    queries: [{ expr: status(series), legend: "{{target}}" }],
  }),
  timeSeries({
    title: "Health over time",
    description: "Share of targets that are healthy, including slow ones. A dip that lasts is an outage.",
    unit: "percentunit",
    min: 0,
    max: 1,
    width: 12,
    noData: NO_TARGETS,
    queries: [{ expr: `avg(${healthy(series)})`, legend: "healthy" }],
  }),
  timeSeries({
    title: "Failures by reason",
    description:
      "Failed probes per second by reason, without the first failure of a target for each reason. See docs/metrics.md for the list of reasons.",
    unit: "cps",
    width: 12,
    stacked: true,
    noData: "no failures in this time range",
    queries: [
      {
        expr: `sum by (reason) (rate(${series("heartbeat_failures_total")}[$__rate_interval])) > 0`,
        legend: "{{reason}}",
      },
    ],
  }),
  timeSeries({
    title: "Response time",
    description: "Duration of the last probe of each target, as measured by the slowest exporter.",
    unit: "s",
    min: 0,
    width: 12,
    noData: "no probes yet",
    queries: [{ expr: `max by (target) (${series("probe_duration_seconds")})`, legend: "{{target}}" }],
  }),
  stateTimeline({
    title: "Mode",
    description: "Failover mode of each target: primary or fallback. Only targets with failover have one.",
    unit: "none",
    width: 12,
    noData: "no targets with failover",
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
    description:
      "Status of each group of targets and heartbeats. If exporters disagree, the worst status counts.",
    unit: "none",
    width: 12,
    noData: "no groups configured",
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
    description: "Alerts from the rules in rules/ that are firing now. Click one to open its runbook.",
    width: 12,
    noData: "no alert is firing",
    rows: { alertname: "Alert", severity: "Severity", target: "Target", heartbeat: "Heartbeat" },
    links: [{ title: "Runbook", url: `${RUNBOOKS}/\${__value.raw}` }],
    columns: [
      {
        title: "Firing",
        unit: "none",
        expr: `sum by (alertname, severity, target, heartbeat) (ALERTS{alertname=~"Heartbeat.+", alertstate="firing", severity!="none", job=~"$job|", instance=~"$instance|"})`,
      },
    ],
  });
