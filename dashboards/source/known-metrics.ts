import { catalogue } from "../../src/catalogue/index.ts";
import { resultMetrics } from "../../src/catalogue/results.ts";
import { probers } from "../../src/probers/index.ts";

/** The name and labels of a metric. */
export interface KnownMetric {
  readonly name: string;
  readonly labels: readonly string[];
}

/** Labels of alerts that say what an alert is about. */
const SUBJECTS = ["target", "heartbeat", "component", "group", "relay", "action"];

/** Labels that an operator usually configures for a target, heartbeat or group. The rules read them as well. */
const CONFIGURED: Readonly<Record<string, readonly string[]>> = {
  heartbeat_target_info: ["team", "owner"],
  heartbeat_info: ["team"],
  heartbeat_group_info: ["team", "owner"],
};

/** Metrics of Prometheus and prom-client, and the alerts, as far as dashboards read them. */
const FOREIGN: readonly KnownMetric[] = [
  ...named([], ["up", "scrape_duration_seconds", "scrape_samples_scraped"]),
  ...named(
    [],
    [
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "process_open_fds",
      "process_max_fds",
      "process_start_time_seconds",
      "nodejs_heap_size_used_bytes",
      "nodejs_heap_size_total_bytes",
    ],
  ),
  ...named(
    ["alertname", "alertstate", "severity", "owner", "team", ...SUBJECTS],
    ["ALERTS", "ALERTS_FOR_STATE"],
  ),
];

function named(labels: readonly string[], names: readonly string[]): readonly KnownMetric[] {
  return names.map((name) => ({ name, labels }));
}

/** Metrics that are declared without the labels of a target, and have them on `/metrics`. */
const PER_PROBE = [...Object.values(resultMetrics), ...probers.flatMap(({ metrics }) => metrics)];

const known: ReadonlyMap<string, KnownMetric> = new Map(
  [
    ...FOREIGN,
    ...Object.values(catalogue),
    ...PER_PROBE.map(({ name, labels }) => ({ name, labels: ["target", "module", ...labels] })),
  ].map(({ name, labels }) => [name, { name, labels: [...labels, ...(CONFIGURED[name] ?? [])] }]),
);

/**
 * Returns a metric by its name, or by the name of a series of a histogram.
 * @throws Error if there is no such metric, so that a dashboard cannot query one
 */
export function metricNamed(name: string): KnownMetric {
  const metric = known.get(name) ?? known.get(name.replace(/_(bucket|sum|count)$/, ""));
  if (metric === undefined) throw new Error(`no metric ${name} in src/catalogue or src/probers`);
  return metric;
}
