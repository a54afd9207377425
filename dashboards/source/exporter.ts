import type { DashboardOptions } from "./dashboard.ts";
import { stat, stateTimeline, timeSeries } from "./panels.ts";
import { type Series, yesNo } from "./promql.ts";
import { table } from "./table.ts";

const NO_EXPORTER = "no exporter is scraped";
const NO_STORE = "no store configured";

export const exporter: DashboardOptions = {
  uid: "heartbeat-exporter",
  title: "Heartbeat / Exporter",
  description: "The exporter itself: availability, load, storage, and deliveries.",
  of: "heartbeat_exporter_build_info",
  choices: {},
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Probing", panels: probing(series) },
    { title: "Process", panels: resources(series) },
    { title: "Storage", collapsed: true, panels: storage(series) },
    { title: "Relays and actions", collapsed: true, panels: deliveries(series) },
  ],
};

const now = (series: Series) => [
  stat({
    title: "Exporters",
    description:
      "Up if Prometheus can scrape the exporter. If it is down, its values on these dashboards are out of date.",
    unit: "none",
    width: 8,
    height: 5,
    noData: NO_EXPORTER,
    names: true,
    states: yesNo("up", "down"),
    queries: [{ expr: exporters(series, series("up")), legend: "{{instance}}" }],
  }),
  stat({
    title: "Configuration",
    description:
      "Result of the last attempt to load the configuration. If it was rejected, the previous one is still in use.",
    unit: "none",
    width: 8,
    height: 5,
    noData: NO_EXPORTER,
    names: true,
    states: yesNo("loaded", "rejected"),
    queries: [{ expr: series("heartbeat_exporter_config_last_reload_successful"), legend: "{{instance}}" }],
  }),
  table({
    title: "Versions",
    description: "Version of each exporter, and since when it has used its configuration.",
    width: 8,
    height: 5,
    noData: NO_EXPORTER,
    rows: { instance: "Instance", version: "Version", node_version: "Node.js" },
    columns: [
      {
        title: "Configured",
        unit: "dateTimeFromNow",
        expr: `1000 * max by (instance, version, node_version) (\n  ${series("heartbeat_exporter_build_info")}\n  * on (job, instance) group_left () ${series("heartbeat_exporter_config_last_reload_success_timestamp_seconds")}\n)`,
      },
    ],
  }),
];

/** Restricts an expression to instances that were exporters within the last day, so that one that is gone is shown as down. */
const exporters = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance) last_over_time(${series("heartbeat_exporter_build_info")}[1d])`;

const probing = (series: Series) => [
  timeSeries({
    title: "Running and queued probes",
    description:
      "Probes in progress, and probes waiting for a free slot. Waiting counts towards a probe's deadline: raise max_concurrent_probes or probe less.",
    unit: "none",
    min: 0,
    width: 8,
    noData: NO_EXPORTER,
    queries: [
      { expr: series("heartbeat_exporter_probes_in_flight"), legend: "{{instance}} running" },
      { expr: series("heartbeat_exporter_probes_queued"), legend: "{{instance}} queued" },
    ],
  }),
  timeSeries({
    title: "Probes per second",
    description: "Probes of configured targets per second, by result.",
    unit: "cps",
    stacked: true,
    width: 8,
    noData: NO_EXPORTER,
    queries: [
      {
        expr: `sum by (status) (rate(${series("heartbeat_health_checks_total")}[$__rate_interval]))`,
        legend: "{{status}}",
      },
    ],
  }),
  timeSeries({
    title: "Failures caused by the exporter",
    description:
      "Probes per second that failed because of the exporter: internal is a bug to report, queue_timeout means too many probes at once.",
    unit: "cps",
    min: 0,
    width: 8,
    noData: "no targets configured",
    queries: [
      {
        expr: `sum by (instance, reason) (rate(${series("heartbeat_failures_total", 'reason=~"internal|queue_timeout"')}[$__rate_interval]))`,
        legend: "{{instance}} {{reason}}",
      },
    ],
  }),
  timeSeries({
    title: "Result age",
    description:
      "Age of the oldest result. Above the longest interval, the dashed line, probes have stalled.",
    unit: "s",
    min: 0,
    width: 8,
    noData: "no target probed yet",
    queries: [
      { expr: `max by (instance) (${series("probe_result_age_seconds")})`, legend: "{{instance}}" },
      { expr: `max(${series("heartbeat_interval_seconds")})`, legend: "longest interval", limit: true },
    ],
  }),
  timeSeries({
    title: "Scrape duration",
    description: "How long Prometheus takes to scrape each exporter.",
    unit: "s",
    min: 0,
    width: 8,
    noData: NO_EXPORTER,
    queries: [{ expr: exporters(series, series("scrape_duration_seconds")), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Series",
    description: "Samples per scrape. Their number grows only with targets and heartbeats.",
    unit: "short",
    min: 0,
    width: 8,
    noData: NO_EXPORTER,
    queries: [{ expr: exporters(series, series("scrape_samples_scraped")), legend: "{{instance}}" }],
  }),
];

const own = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance) ${series("heartbeat_exporter_build_info")}`;

const resources = (series: Series) => [
  timeSeries({
    title: "CPU",
    description: "CPU usage of the exporter; 100 % is one core.",
    unit: "percentunit",
    min: 0,
    width: 6,
    noData: NO_EXPORTER,
    queries: [
      {
        expr: own(series, `rate(${series("process_cpu_seconds_total")}[$__rate_interval])`),
        legend: "{{instance}}",
      },
    ],
  }),
  timeSeries({
    title: "Memory",
    description: "Resident memory of the process, and its heap in use.",
    unit: "bytes",
    min: 0,
    width: 6,
    noData: NO_EXPORTER,
    queries: [
      { expr: own(series, series("process_resident_memory_bytes")), legend: "{{instance}} resident" },
      { expr: own(series, series("nodejs_heap_size_used_bytes")), legend: "{{instance}} heap" },
    ],
  }),
  timeSeries({
    title: "Event loop lag",
    description:
      "99th percentile between two scrapes. Measured times are accurate only to this value: with a lag of 10 ms, a difference of 5 ms means nothing.",
    unit: "s",
    min: 0,
    width: 6,
    noData: NO_EXPORTER,
    queries: [{ expr: series("heartbeat_exporter_event_loop_lag_seconds"), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Open files",
    description: "File descriptors in use. At the limit, the dashed line, no more connections can be opened.",
    unit: "none",
    min: 0,
    width: 6,
    noData: NO_EXPORTER,
    queries: [
      { expr: own(series, series("process_open_fds")), legend: "{{instance}}" },
      { expr: own(series, series("process_max_fds")), legend: "limit {{instance}}", limit: true },
    ],
  }),
];

const storage = (series: Series) => [
  stateTimeline({
    title: "Store",
    description:
      "Whether the store can be read and written. If not, the exporter works in memory, and its state is lost with a restart.",
    unit: "none",
    width: 8,
    noData: NO_STORE,
    states: yesNo("works", "fails"),
    queries: [{ expr: series("heartbeat_exporter_store_up"), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Size",
    description: "Size of the store on disk, and the number of results in its history.",
    unit: "bytes",
    min: 0,
    width: 8,
    noData: NO_STORE,
    queries: [
      { expr: series("heartbeat_exporter_store_size_bytes"), legend: "{{instance}} size" },
      { expr: series("heartbeat_exporter_store_results"), legend: "{{instance}} results", unit: "short" },
    ],
  }),
  timeSeries({
    title: "Failed writes",
    description: "Failed writes to the store per step, by reason.",
    unit: "none",
    bars: true,
    width: 8,
    noData: NO_STORE,
    queries: [
      {
        expr: `sum by (instance, reason) (increase(${series("heartbeat_exporter_store_write_failures_total")}[$__rate_interval]))`,
        legend: "{{instance}} {{reason}}",
      },
    ],
  }),
  stat({
    title: "Downtime before the last start",
    description:
      "Downtime of the exporter before its last start. It does not count as silence of heartbeats.",
    unit: "s",
    width: 8,
    noData: NO_STORE,
    names: true,
    thresholds: [[null, "blue"]],
    queries: [{ expr: series("heartbeat_exporter_down_seconds"), legend: "{{instance}}" }],
  }),
];

const deliveries = (series: Series) => [
  timeSeries({
    title: "Relay deliveries",
    description: "Events delivered, retried or made dead letters by relays, per step.",
    unit: "none",
    bars: true,
    width: 8,
    noData: "no relays configured",
    queries: [
      {
        expr: `sum by (relay, result) (increase(${series("heartbeat_relay_deliveries_total")}[$__rate_interval]))`,
        legend: "{{relay}} {{result}}",
      },
    ],
  }),
  timeSeries({
    title: "Relay queues",
    description: "Events queued for delivery, and dead letters, which can be replayed.",
    unit: "none",
    min: 0,
    width: 8,
    noData: "no relays configured",
    queries: [
      { expr: series("heartbeat_relay_queue_length"), legend: "{{relay}} queued" },
      { expr: series("heartbeat_relay_dead_letters"), legend: "{{relay}} dead letters" },
    ],
  }),
  timeSeries({
    title: "Actions",
    description: "Attempts of self-healing actions per step, by result.",
    unit: "none",
    bars: true,
    width: 8,
    noData: "no actions configured",
    queries: [
      {
        expr: `sum by (action, result) (increase(${series("heartbeat_action_attempts_total")}[$__rate_interval]))`,
        legend: "{{action}} {{result}}",
      },
    ],
  }),
  table({
    title: "Actions per target",
    description:
      "When an action may run again, and whether all its attempts have failed, so that manual repair is needed.",
    width: 24,
    noData: "no action has run yet",
    rows: { action: "Action", target: "Target" },
    columns: [
      {
        title: "Exhausted",
        unit: "none",
        states: yesNo("yes", "no", ["red", "green"]),
        expr: `max by (action, target) (${series("heartbeat_action_exhausted")})`,
      },
      {
        title: "Cooldown until",
        unit: "dateTimeFromNow",
        expr: `1000 * max by (action, target) (${series("heartbeat_action_cooldown_until_timestamp_seconds")})`,
      },
    ],
  }),
];
