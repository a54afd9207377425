import type { Metric } from "../core/metric.ts";
import { alertMetrics } from "./alerts.ts";
import { blackboxMetrics } from "./blackbox.ts";
import { dependencyMetrics } from "./dependencies.ts";
import { exporterMetrics } from "./exporter.ts";
import { groupMetrics } from "./groups.ts";
import { heartbeatMetrics } from "./heartbeats.ts";
import { resultMetrics } from "./results.ts";
import { routeMetrics } from "./routes.ts";
import { targetMetrics } from "./targets.ts";

/**
 * Every metric that does not belong to a prober: each is declared once, in the file of its part. Probers and plugins
 * declare their own. `docs/metrics.md` is generated from the declarations, and a contract test compares them with a real
 * scrape, both ways.
 *
 * Rules: base units, `_total` for counters, one series per state, bounded label values, and a series only when there
 * is a value. `process_*` and `nodejs_*` come from prom-client and are not repeated here.
 */
export const catalogue = {
  ...resultMetrics,
  ...targetMetrics,
  ...heartbeatMetrics,
  ...dependencyMetrics,
  ...groupMetrics,
  ...routeMetrics,
  ...alertMetrics,
  ...exporterMetrics,
  ...blackboxMetrics,
};

/** Returns the metrics of the catalogue and those of `probers`, each once: some are of several probers. */
export const allMetrics = (probers: Iterable<{ readonly metrics: readonly Metric[] }>): readonly Metric[] => [
  ...new Set([...Object.values(catalogue), ...Array.from(probers, ({ metrics }) => metrics).flat()]),
];
