import type { DashboardOptions } from "./dashboard.ts";
import { barGauge, stat, stateTimeline, timeSeries } from "./panels.ts";
import { type Series, yesNo } from "./promql.ts";
import { table } from "./table.ts";

const NO_HEARTBEATS = "no heartbeat seen yet";

export const heartbeats: DashboardOptions = {
  uid: "heartbeat-heartbeats",
  title: "Heartbeat / Heartbeats and machines",
  description:
    "Machines and jobs that ping, services that write heartbeats to a log, and leases that are renewed.",
  of: "heartbeat_timeout_seconds",
  choices: { heartbeat: "heartbeat_timeout_seconds" },
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Over time", panels: history(series) },
    { title: "Jobs", collapsed: true, panels: jobs(series) },
    { title: "Leases", collapsed: true, panels: leases(series) },
  ],
};

const up = (series: Series): string => `max by (heartbeat, source) (${series("heartbeat_up")})`;

const silence = (series: Series): string =>
  `time() - max by (heartbeat, source) (${series("heartbeat_last_seen_timestamp_seconds")})`;

const now = (series: Series) => [
  stat({
    title: "Heartbeats",
    description:
      "Up: seen within its timeout. Down: silent for longer, reported a failure, or started without finishing in time. Heartbeats that were never seen are not shown.",
    unit: "none",
    width: 24,
    height: 7,
    noData: NO_HEARTBEATS,
    names: true,
    states: yesNo("up", "down"),
    queries: [{ expr: `sort(${up(series)})`, legend: "{{heartbeat}}" }],
  }),
  barGauge({
    title: "Silence against timeout",
    description: "Time since each heartbeat was last seen, as a share of its timeout. At 100 % it is down.",
    unit: "percentunit",
    min: 0,
    max: 1,
    width: 10,
    height: 10,
    noData: NO_HEARTBEATS,
    thresholds: [
      [null, "green"],
      [0.75, "orange"],
      [1, "red"],
    ],
    queries: [
      {
        expr: `sort_desc(\n  (${silence(series)})\n  / max by (heartbeat, source) (${series("heartbeat_timeout_seconds")})\n)`,
        legend: "{{heartbeat}}",
      },
    ],
  }),
  table({
    title: "Machines, logs and leases",
    description: "State and settings of all heartbeats. Maintenance suppresses alerts about them.",
    width: 14,
    height: 10,
    noData: NO_HEARTBEATS,
    rows: { heartbeat: "Heartbeat", source: "Source" },
    sort: { column: "State", descending: false },
    columns: [
      { title: "State", unit: "none", states: yesNo("up", "down"), expr: up(series) },
      {
        title: "Last seen",
        unit: "dateTimeFromNow",
        expr: `1000 * max by (heartbeat, source) (${series("heartbeat_last_seen_timestamp_seconds")})`,
      },
      {
        title: "Timeout",
        unit: "s",
        expr: `max by (heartbeat, source) (${series("heartbeat_timeout_seconds")})`,
      },
      {
        title: "Last report",
        unit: "none",
        states: yesNo("failed", "ok", ["red", "green"]),
        expr: `max by (heartbeat, source) (${series("heartbeat_failed")})`,
      },
      {
        title: "Maintenance",
        unit: "none",
        states: yesNo("yes", "no", ["blue", "text"]),
        expr: `max by (heartbeat, source) (${series("heartbeat_maintenance")})`,
      },
    ],
  }),
  table({
    title: "Kinds, hosts and owners",
    description: "Kind, host and owner of each heartbeat, from the configuration.",
    width: 24,
    height: 8,
    noData: "no heartbeats configured",
    rows: { heartbeat: "Heartbeat", source: "Source", kind: "Kind", hostname: "Host", owner: "Owner" },
    columns: [
      {
        title: "State",
        unit: "none",
        states: yesNo("up", "down"),
        expr: `max by (heartbeat, source, kind, hostname, owner) (\n  ${series("heartbeat_info")} * on (job, instance, heartbeat, source) group_left () ${series("heartbeat_up")}\n)`,
      },
    ],
  }),
];

const history = (series: Series) => [
  stateTimeline({
    title: "Up and down",
    description:
      "When each heartbeat was up (green) or down (red): silent for too long, failed, or not finished in time.",
    unit: "none",
    width: 24,
    height: 10,
    noData: NO_HEARTBEATS,
    states: yesNo("up", "down"),
    queries: [{ expr: up(series), legend: "{{heartbeat}} {{source}}" }],
  }),
  timeSeries({
    title: "Silence",
    description:
      "Time since each heartbeat was last seen. A healthy one shows a sawtooth below its timeout, the dashed line.",
    unit: "s",
    min: 0,
    width: 12,
    noData: NO_HEARTBEATS,
    queries: [
      { expr: silence(series), legend: "{{heartbeat}}" },
      {
        expr: `max by (heartbeat, source) (${series("heartbeat_timeout_seconds")})`,
        legend: "timeout {{heartbeat}}",
        limit: true,
      },
    ],
  }),
  timeSeries({
    title: "Pings",
    description: "Pings per second by kind: success, start, fail, log.",
    unit: "cps",
    stacked: true,
    width: 12,
    noData: "no pings received",
    queries: [
      {
        expr: `sum by (kind) (rate(${series("heartbeat_pings_total")}[$__rate_interval]))`,
        legend: "{{kind}}",
      },
    ],
  }),
];

const jobs = (series: Series) => [
  timeSeries({
    title: "Job duration",
    description: "Duration of the last run of each job, from its start ping to its end ping.",
    unit: "s",
    min: 0,
    width: 12,
    noData: "no job sends start pings",
    queries: [
      {
        expr: `max by (heartbeat) (${series("heartbeat_last_duration_seconds")})`,
        legend: "{{heartbeat}}",
      },
    ],
  }),
  barGauge({
    title: "Running jobs",
    description: "Time since the start ping of each job that has not sent an end ping yet.",
    unit: "s",
    min: 0,
    width: 12,
    noData: "no job is running",
    thresholds: [[null, "blue"]],
    queries: [
      {
        expr: `time() - max by (heartbeat) (${series("heartbeat_running_since_timestamp_seconds")})`,
        legend: "{{heartbeat}}",
      },
    ],
  }),
];

const leases = (series: Series) => [
  timeSeries({
    title: "Lease age",
    description: "Time since each lease was renewed. Above its duration, the dashed line, it has expired.",
    unit: "s",
    min: 0,
    width: 12,
    noData: "no leases configured",
    queries: [
      {
        expr: `time() - max by (heartbeat) (${series("heartbeat_lease_renew_timestamp_seconds")})`,
        legend: "{{heartbeat}}",
      },
      {
        expr: `max by (heartbeat) (${series("heartbeat_lease_duration_seconds")})`,
        legend: "duration {{heartbeat}}",
        limit: true,
      },
    ],
  }),
  stateTimeline({
    title: "Lease holders",
    description: "Holders of each lease over time, one band per holder.",
    unit: "none",
    width: 12,
    noData: "no leases configured",
    states: [{ name: "holds", code: 1, color: "blue" }],
    queries: [
      {
        expr: `max by (heartbeat, holder) (${series("heartbeat_lease_holder_info")})`,
        legend: "{{heartbeat}} {{holder}}",
      },
    ],
  }),
  timeSeries({
    title: "Lease holder changes",
    description:
      "Number of times that each lease changed its holder, per step. More than a few per hour mean that holders crash or cannot renew it.",
    unit: "none",
    bars: true,
    width: 12,
    noData: "no leases configured",
    queries: [
      {
        expr: `sum by (heartbeat) (changes(${series("heartbeat_lease_transitions")}[$__rate_interval]))`,
        legend: "{{heartbeat}}",
      },
    ],
  }),
  stateTimeline({
    title: "Leading exporter",
    description:
      "The exporter that leads and sends prompts. If none leads for longer than the lease duration, no prompts are sent.",
    unit: "none",
    width: 12,
    noData: "no lease configured for exporters",
    states: yesNo("leads", "waits", ["green", "#7b7f87"]),
    queries: [{ expr: series("heartbeat_exporter_leader"), legend: "{{instance}}" }],
  }),
];
