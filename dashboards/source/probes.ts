import { lost, named, type Series } from "./promql.ts";

/** Restricts an expression to http probes, because metrics of probes have no label `kind`. */
export const ofHttp = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) ${series("probe_http_status_code")}`;

/** Restricts an expression to models, because metrics of targets have no label `kind`. */
export const ofModels = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) ${series("heartbeat_target_info", 'kind="llm"')}`;

/**
 * Returns a metric that is 1 or 0, by name, and 2 for series of an exporter that is down. If exporters disagree, 0
 * counts.
 */
export const orUnknown = (series: Series, expr: string, metric: string): string =>
  `(min by (name) (${named(expr)})\nor on (name) 2 * group by (name) (${named(lost(series, metric))}))`;
