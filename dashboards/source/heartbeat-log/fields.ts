import { named, type Series } from "../promql.ts";

/** Returns a field of the last heartbeat of each service; of several exporters, the maximum or minimum. */
export const ofField = (series: Series, field: string, of: "max" | "min" | "sum" = "max"): string =>
  `${of} by (name) (${named(series(`heartbeat_log_${field}`))})`;

/** Returns the increase of a counter of the exporter about a log, by further labels. */
export const increaseOf = (series: Series, metric: string, ...labels: readonly string[]): string =>
  `sum by (${["name", ...labels].join(", ")}) (${named(`increase(${series(`heartbeat_log_${metric}_total`)}[$__rate_interval])`)})`;
