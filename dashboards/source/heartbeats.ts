import type { DashboardOptions } from "./dashboard.ts";
import { barGauge, stat, stateTimeline, timeSeries } from "./panels.ts";
import { type Series, yesNo } from "./promql.ts";
import { table } from "./table.ts";

const NOBODY = "no heartbeat was heard yet";

export const heartbeats: DashboardOptions = {
  uid: "heartbeat-heartbeats",
  title: "Heartbeat / Heartbeats and machines",
  description:
    "Who reports by itself: machines that ping, services that write heartbeats into a log, leases that are renewed.",
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
      "Up: heard of within its timeout. Down: silent for longer, failed by its own word, or a run that does not end. One that never reported is not here.",
    unit: "none",
    width: 24,
    height: 7,
    noData: NOBODY,
    names: true,
    states: yesNo("up", "down"),
    queries: [{ expr: `sort(${up(series)})`, legend: "{{heartbeat}}" }],
  }),
  barGauge({
    title: "Silence against timeout",
    description: "How much of its timeout each heartbeat has been silent for. At 100 % it is down.",
    unit: "percentunit",
    min: 0,
    max: 1,
    width: 10,
    height: 10,
    noData: NOBODY,
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
    description: "All heartbeats with what is known of them. Maintenance silences the alerts about them.",
    width: 14,
    height: 10,
    noData: NOBODY,
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
        title: "Last word",
        unit: "none",
        states: yesNo("failed", "fine", ["red", "green"]),
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
    title: "Whose they are",
    description: "What the configuration says about each heartbeat: its kind, host and owner.",
    width: 24,
    height: 8,
    noData: "nothing is configured about heartbeats",
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
      "When each heartbeat was up (green) and down (red): silent for too long, failed, or without an end.",
    unit: "none",
    width: 24,
    height: 10,
    noData: NOBODY,
    states: yesNo("up", "down"),
    queries: [{ expr: up(series), legend: "{{heartbeat}} {{source}}" }],
  }),
  timeSeries({
    title: "Silence",
    description:
      "How long each heartbeat has been silent. A healthy one draws saw teeth below its dashed timeout.",
    unit: "s",
    min: 0,
    width: 12,
    noData: NOBODY,
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
    noData: "nobody pings",
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
    title: "Duration of jobs",
    description: "From the start that a job pinged to its end, of its last run.",
    unit: "s",
    min: 0,
    width: 12,
    noData: "no job pings its start",
    queries: [
      {
        expr: `max by (heartbeat) (${series("heartbeat_last_duration_seconds")})`,
        legend: "{{heartbeat}}",
      },
    ],
  }),
  barGauge({
    title: "Running for",
    description: "How long jobs that pinged a start have been running without an end.",
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
    title: "Age of leases",
    description: "Time since each lease was renewed; beyond its dashed duration it has expired.",
    unit: "s",
    min: 0,
    width: 12,
    noData: "no lease is watched",
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
    title: "Holders",
    description: "Who held each lease, and when. A new colour is a new holder.",
    unit: "none",
    width: 12,
    noData: "no lease is watched",
    states: [{ name: "holds", code: 1, color: "blue" }],
    queries: [
      {
        expr: `max by (heartbeat, holder) (${series("heartbeat_lease_holder_info")})`,
        legend: "{{heartbeat}} {{holder}}",
      },
    ],
  }),
  timeSeries({
    title: "Changes of holders",
    description:
      "How often each lease went to another holder per step. More than a few in an hour: the holders lose it, or crash.",
    unit: "none",
    bars: true,
    width: 12,
    noData: "no lease is watched",
    queries: [
      {
        expr: `sum by (heartbeat) (changes(${series("heartbeat_lease_transitions")}[$__rate_interval]))`,
        legend: "{{heartbeat}}",
      },
    ],
  }),
  stateTimeline({
    title: "Leading exporter",
    description: "Which of several exporters probes. None for longer than a lease lasts: nobody does.",
    unit: "none",
    width: 12,
    noData: "no lease among exporters is configured",
    states: yesNo("leads", "waits", ["green", "#7b7f87"]),
    queries: [{ expr: series("heartbeat_exporter_leader"), legend: "{{instance}}" }],
  }),
];
