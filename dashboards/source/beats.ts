import { lost, named, type Series, withLabel, withLabels } from "./promql.ts";

/** The labels of series of heartbeats. Two files of one log target are two heartbeats. */
const BEAT = "heartbeat, source, target, name";

/**
 * Adds the label `name` to series of heartbeats: the name of a push heartbeat, the target of a lease, and the target and
 * file of a log, because a target may have many files.
 */
export const namedBeat = (expr: string): string => withFile(named(expr));

/** Adds the file of a log to the label `name`, if it is the target's. */
export const withFile = (expr: string): string =>
  withLabel(
    `label_join(${expr}, "file", " ", "target", "heartbeat")`,
    "name",
    "$1 $2",
    "file",
    "(.+) /(?:.*/)?([^/]+)",
  );

/** Returns the maximum of a metric of heartbeats. If exporters disagree about `up`, it counts: a ping reaches one replica. */
export const ofHeartbeats = (series: Series, metric: string, matchers = ""): string =>
  `max by (${BEAT}) (${namedBeat(series(metric, matchers))})`;

/** Returns the code of each heartbeat's state. Heartbeats of an exporter that is down are unknown. */
export const heartbeatState = (series: Series): string =>
  `(4 - 3 * ${ofHeartbeats(series, "heartbeat_up")}
or 2 * group by (${BEAT}) (${namedBeat(series("heartbeat_timeout_seconds"))})
or 3 * group by (${BEAT}) (${namedBeat(lost(series, "heartbeat_timeout_seconds"))}))`;

/** Returns the time since each heartbeat was last seen. */
export const silence = (series: Series): string =>
  `time() - ${ofHeartbeats(series, "heartbeat_last_seen_timestamp_seconds")}`;

/**
 * Adds the labels `kind`, `hostname` and `owner` to series of heartbeats: the configured owner, or else the team. Those
 * of logs and leases are configured with their target.
 */
export function withBeatFacts(series: Series, expr: string): string {
  const recent = (metric: string, matchers = ""): string => `last_over_time(${series(metric, matchers)}[1h])`;
  const own = `topk by (heartbeat, source) (1, max by (heartbeat, source, kind, hostname, team, owner) (${recent("heartbeat_info")}))`;
  const ofTarget = `group by (heartbeat, source, target) (${recent("heartbeat_timeout_seconds", 'target!=""')}) * on (target) group_left (kind, team, owner) topk by (target) (1, max by (target, kind, team, owner) (${recent("heartbeat_target_info")}))`;
  const none = `group by (heartbeat, source) (${recent("heartbeat_timeout_seconds")})`;
  const facts = [own, ofTarget, none].join("\n  or on (heartbeat, source) ");
  return withLabels(`${expr}\n* on (heartbeat, source) group_left (kind, hostname, team, owner) (${facts})`, [
    ["owner", "$1", "team", "(.+)"],
  ]);
}
