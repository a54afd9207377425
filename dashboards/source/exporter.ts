import type { DashboardOptions } from "./dashboard.ts";
import { stat, stateTimeline, timeSeries } from "./panels.ts";
import { type Series, yesNo } from "./promql.ts";
import { table } from "./table.ts";

const NO_EXPORTER = "no exporter is scraped";
const NO_STORE = "no storage is configured";

export const exporter: DashboardOptions = {
  uid: "heartbeat-exporter",
  title: "Heartbeat / Exporter",
  description: "The exporter itself: whether it is there, keeps up, remembers, and delivers.",
  of: "heartbeat_exporter_build_info",
  choices: {},
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Probing", panels: probing(series) },
    { title: "Process", panels: resources(series) },
    { title: "Storage", collapsed: true, panels: storage(series) },
    { title: "Relay and actions", collapsed: true, panels: deliveries(series) },
  ],
};

const now = (series: Series) => [
  stat({
    title: "Exporters",
    description:
      "Whether Prometheus reaches each exporter. Without it nothing else on these dashboards is true any more.",
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
      "Whether the last attempt to load the configuration succeeded. If not, the one before is still in use.",
    unit: "none",
    width: 8,
    height: 5,
    noData: NO_EXPORTER,
    names: true,
    states: yesNo("loaded", "refused"),
    queries: [{ expr: series("heartbeat_exporter_config_last_reload_successful"), legend: "{{instance}}" }],
  }),
  table({
    title: "Versions",
    description: "What runs where, and since when it uses its configuration.",
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

/** Keeps jobs that scraped an exporter within the last day, so that one that is gone is still shown as down. */
const exporters = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance) last_over_time(${series("heartbeat_exporter_build_info")}[1d])`;

const probing = (series: Series) => [
  timeSeries({
    title: "Probes in flight and waiting",
    description:
      "Probes that run, and probes that wait for a free place. Waiting ones count against their deadline: raise max_concurrent_probes or probe less.",
    unit: "none",
    min: 0,
    width: 8,
    noData: NO_EXPORTER,
    queries: [
      { expr: series("heartbeat_exporter_probes_in_flight"), legend: "{{instance}} in flight" },
      { expr: series("heartbeat_exporter_probes_queued"), legend: "{{instance}} waiting" },
    ],
  }),
  timeSeries({
    title: "Probes per second",
    description: "Probes of configured targets per second, by what came out.",
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
    title: "Failures of its own",
    description:
      "Probes per second that failed because of the exporter: internal is a bug to report, queue_timeout is too much to do at once.",
    unit: "cps",
    min: 0,
    width: 8,
    noData: "no target is configured",
    queries: [
      {
        expr: `sum by (instance, reason) (rate(${series("heartbeat_failures_total", 'reason=~"internal|queue_timeout"')}[$__rate_interval]))`,
        legend: "{{instance}} {{reason}}",
      },
    ],
  }),
  timeSeries({
    title: "Age of results",
    description: "How old the oldest shown result is. Beyond the longest interval probes are stalled.",
    unit: "s",
    min: 0,
    width: 8,
    noData: "no target was probed yet",
    queries: [
      { expr: `max by (instance) (${series("probe_result_age_seconds")})`, legend: "{{instance}}" },
      { expr: `max(${series("heartbeat_interval_seconds")})`, legend: "longest interval", limit: true },
    ],
  }),
  timeSeries({
    title: "Scrapes",
    description: "How long a scrape of each exporter takes.",
    unit: "s",
    min: 0,
    width: 8,
    noData: NO_EXPORTER,
    queries: [{ expr: exporters(series, series("scrape_duration_seconds")), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Series",
    description: "Samples of each scrape. It grows with targets and heartbeats, and with nothing else.",
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
    title: "Processor",
    description: "Share of one processor core that the exporter uses.",
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
    title: "Delay of the event loop",
    description:
      "99th percentile between two scrapes. It bounds the error of every measured time: with 10 ms here, a difference of 5 ms elsewhere means nothing.",
    unit: "s",
    min: 0,
    width: 6,
    noData: NO_EXPORTER,
    queries: [{ expr: series("heartbeat_exporter_event_loop_lag_seconds"), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Open files",
    description: "File descriptors in use; at the dashed limit no connection can be opened any more.",
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
    title: "Storage",
    description:
      "Whether the storage can be read and written. Without it the exporter goes on in memory and forgets with its next restart.",
    unit: "none",
    width: 8,
    noData: NO_STORE,
    states: yesNo("works", "fails"),
    queries: [{ expr: series("heartbeat_exporter_store_up"), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Size",
    description: "Size of the storage on disk, and the results in its history.",
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
    title: "Writes that failed",
    description: "Failed writes per step, by reason.",
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
    title: "Away before the last start",
    description:
      "How long the exporter was not there before it started last. Heartbeats are not counted as silent for that time.",
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
    title: "Deliveries of the relay",
    description: "Notifications per step that were delivered, tried again, or given up (dead).",
    unit: "none",
    bars: true,
    width: 8,
    noData: "no relay is configured",
    queries: [
      {
        expr: `sum by (relay, result) (increase(${series("heartbeat_relay_deliveries_total")}[$__rate_interval]))`,
        legend: "{{relay}} {{result}}",
      },
    ],
  }),
  timeSeries({
    title: "Queues of the relay",
    description: "Notifications that wait, and those that were given up and kept to look at.",
    unit: "none",
    min: 0,
    width: 8,
    noData: "no relay is configured",
    queries: [
      { expr: series("heartbeat_relay_queue_length"), legend: "{{relay}} waiting" },
      { expr: series("heartbeat_relay_dead_letters"), legend: "{{relay}} dead" },
    ],
  }),
  timeSeries({
    title: "Actions",
    description: "Attempts of self-healing actions per step, by what came out.",
    unit: "none",
    bars: true,
    width: 8,
    noData: "no action is configured",
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
      "When an action may run again, and whether it has used up its attempts: then a human is needed.",
    width: 24,
    noData: "no action ran yet",
    rows: { action: "Action", target: "Target" },
    columns: [
      {
        title: "Used up",
        unit: "none",
        states: yesNo("yes", "no", ["red", "green"]),
        expr: `max by (action, target) (${series("heartbeat_action_exhausted")})`,
      },
      {
        title: "Again",
        unit: "dateTimeFromNow",
        expr: `1000 * max by (action, target) (${series("heartbeat_action_cooldown_until_timestamp_seconds")})`,
      },
    ],
  }),
];
