import { lost, named, type Series } from "./promql.ts";

/** Restricts an expression to http probes, because metrics of probes have no label `kind`. */
export const ofHttp = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) ${series("probe_http_status_code")}`;

/** Restricts an expression to models, because metrics of targets have no label `kind`. */
export const ofModels = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) ${series("heartbeat_target_info", 'kind="llm"')}`;

/**
 * Removes results that are stale, of targets that have not been probed for five minutes and three intervals. The exporter
 * keeps showing them, with their age.
 */
export const fresh = (series: Series, expr: string): string =>
  `${expr}\n  unless on (job, instance, target, module) (${series("probe_result_age_seconds")} > 300 and on (job, instance, target, module) ${series("probe_result_age_seconds")} > 3 * ${series("heartbeat_interval_seconds")})`;

/**
 * Returns a metric that is 1 or 0, by name and further labels, and 2 if its result is stale or its exporter is down. If
 * exporters disagree, 0 counts.
 */
export function orUnknown(series: Series, expr: string, metric: string, ...more: readonly string[]): string {
  const by = ["name", ...more].join(", ");
  return [
    `(min by (${by}) (${named(fresh(series, expr))})`,
    `2 * group by (${by}) (${named(expr)})`,
    `2 * group by (${by}) (${named(lost(series, metric))}))`,
  ].join(`\nor on (${by}) `);
}
