import { lost, named, type Series, withLabels } from "./promql.ts";

/**
 * Returns the code of each heartbeat's state, by name and source. If exporters disagree, up counts, because a ping reaches
 * only one of several replicas. Heartbeats of an exporter that is down are unknown.
 */
export const heartbeatState = (series: Series, by = "name, source"): string =>
  `(4 - 3 * max by (${by}) (${named(series("heartbeat_up"))})
or on (name, source) 2 * group by (${by}) (${named(series("heartbeat_timeout_seconds"))})
or on (name, source) 3 * group by (${by}) (${named(lost(series, "heartbeat_timeout_seconds"))}))`;

/** Returns the maximum of a metric of heartbeats, by name and source. */
export const ofHeartbeats = (series: Series, metric: string, matchers = ""): string =>
  `max by (name, source) (${named(series(metric, matchers))})`;

/** Returns the time since each heartbeat was last seen. */
export const silence = (series: Series): string =>
  `time() - ${ofHeartbeats(series, "heartbeat_last_seen_timestamp_seconds")}`;

/**
 * Adds the labels `kind`, `hostname` and `owner` to series of heartbeats: the configured owner, or else the team. Those
 * of logs and leases are configured with their target.
 */
export function withBeatFacts(series: Series, expr: string): string {
  const facts = (metric: string): string =>
    `max by (name, kind, hostname, team, owner) (${named(`last_over_time(${series(metric)}[1h])`)})`;
  const owners = `topk by (name) (1, ${facts("heartbeat_info")}\n  or on (name) ${facts("heartbeat_target_info")}\n  or on (name) group by (name) (${named(series("heartbeat_timeout_seconds"))}))`;
  return withLabels(`${expr}\n* on (name) group_left (kind, hostname, team, owner) ${owners}`, [
    ["owner", "$1", "team", "(.+)"],
  ]);
}
