import { lost, type Series, stateCode, withLabels } from "./promql.ts";
import { STATUSES } from "./states.ts";

/** The share of healthy targets at which panels are red, orange and green. */
export const HEALTH_THRESHOLDS = [
  [null, "red"],
  [0.9, "orange"],
  [1, "green"],
] as const;

/**
 * Returns the code of each target's status. If exporters disagree, the worst status counts. Targets of an exporter that
 * is down are unknown, unless another exporter probes them.
 */
export const targetStatus = (series: Series): string =>
  `(max by (target, module) (\n  ${stateCode(series, "heartbeat_target_status", "status", STATUSES)}\n)\nor on (target, module) 3 * group by (target, module) ${lost(series, "heartbeat_target_info")})`;

/** Returns the number of targets with a status. */
export const countOfStatus = (series: Series, code: number): string =>
  `sum(${targetStatus(series)} == bool ${code})`;

/**
 * Returns the share of targets that are healthy or degraded. Unknown ones count as not healthy; if nothing is known about
 * any target, there is no share.
 */
export const health = (series: Series): string =>
  `avg(${targetStatus(series)} <= bool 2)\nand on () count(${targetStatus(series)} != 3)`;

/** The labels of a target that say what it is and who looks after it. Of several exporters, one counts. */
const facts = (series: Series): string =>
  `topk by (target, module) (1, max by (target, module, kind, critical, team, owner) (last_over_time(${series("heartbeat_target_info")}[1h])))`;

/** The heartbeat of a target that is a log or a lease. Of several files, one. */
const heartbeatOf = (series: Series): string =>
  `topk by (target, module) (1, group by (target, module, heartbeat) (last_over_time(${series("heartbeat_timeout_seconds", 'target!=""')}[1h])))\n  or on (target, module) group by (target, module) (last_over_time(${series("heartbeat_target_info")}[1h]))`;

/**
 * Adds the labels `kind`, `critical`, `owner` and `heartbeat` to series of targets: the configured owner, or else the
 * team, and the heartbeat of a log or lease.
 */
export const withFacts = (series: Series, expr: string): string =>
  withLabels(
    `${expr}\n* on (target, module) group_left (kind, critical, team, owner) ${facts(series)}\n* on (target, module) group_left (heartbeat) (${heartbeatOf(series)})`,
    [
      ["owner", "$1", "team", "(.+)"],
      ["name", "$1", "target", "(.+)"],
    ],
  );

/** Returns 1 per target that fails now, with the reason of its last failure. */
export const lastReason = (series: Series, by: string): string =>
  `group by (${by}, reason) (topk by (${by}) (1, ${series("heartbeat_last_failure_timestamp_seconds")} and on (job, instance, target, module) ${series("heartbeat_consecutive_failures")} > 0))`;
