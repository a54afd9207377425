import { named, type Series } from "./promql.ts";

/** Restricts an expression to http probes, because metrics of probes have no label `kind`. */
export const ofHttp = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) ${series("probe_http_status_code")}`;

/** Selects the kinds of targets on the dashboard of network probes. */
export const NETWORK_KINDS = 'kind=~"tcp|unix|dns|icmp|grpc|websocket"';

/**
 * Restricts an expression to probes of ports, name servers, hosts, gRPC services and WebSockets. Metrics of probes have no label
 * `kind`: addresses scraped through `/probe` are known by facts that only such probes and those of http have.
 */
export const ofNetwork = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) (${series("heartbeat_target_info", NETWORK_KINDS)} or ${factsOfNetwork(series)})`;

const factsOfNetwork = (series: Series): string =>
  `(${["probe_ip_protocol", "probe_failed_due_to_bytes"].map((name) => series(name)).join(" or ")}) unless on (job, instance, target) ${series("probe_http_status_code")}`;

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
 * @param gone the series of exporters that are down
 */
export function orUnknown(series: Series, expr: string, gone: string, ...more: readonly string[]): string {
  const by = ["name", ...more].join(", ");
  return [
    `(min by (${by}) (${named(fresh(series, expr))})`,
    `2 * group by (${by}) (${named(expr)})`,
    `2 * group by (${by}) (${named(gone)}))`,
  ].join(`\nor on (${by}) `);
}
