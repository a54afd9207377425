import { defined } from "../../core/defined.ts";
import type { Fields } from "./json.ts";

/** Reasons why a line is not read as a heartbeat: values of a label. */
export const PARSE_FAILURES = ["too_long", "malformed"] as const;
export type ParseFailure = (typeof PARSE_FAILURES)[number];

/** A heartbeat as read from a line. */
export interface LogHeartbeat {
  readonly fields: Fields;
  /** The text before the fields, which may contain a time. */
  readonly prefix: string;
  /** The time in the wrapper of the line. */
  readonly wrapperTime?: number | string;
}

/** The counters of a log. */
export interface LogCounts {
  lines: number;
  heartbeats: number;
  /** Heartbeats that are missing according to gaps in `heartbeat_count`. */
  missed: number;
  /** Restarts of the service, detected by a decrease of `heartbeat_count` or `uptime_seconds`. */
  restarts: number;
  failures: Record<ParseFailure, number>;
  /** Lines that failed to parse since the last heartbeat. */
  failuresSince: number;
}

/** Returns counters of 0. */
export const noCounts = (): LogCounts => ({
  lines: 0,
  heartbeats: 0,
  missed: 0,
  restarts: 0,
  failures: { too_long: 0, malformed: 0 },
  failuresSince: 0,
});

/** The number and uptime in the last heartbeat, by which gaps and restarts are detected. */
export interface Sequence {
  readonly count?: number;
  readonly uptime?: number;
}

/** Counts a heartbeat that follows `before`. Returns its own number and uptime. */
export function countHeartbeat(counts: LogCounts, before: Sequence, { count, uptime }: Sequence): Sequence {
  counts.heartbeats += 1;
  counts.failuresSince = 0;
  const restarted = isLess(count, before.count) || isLess(uptime, before.uptime);
  if (restarted) counts.restarts += 1;
  else if (count !== undefined && before.count !== undefined)
    counts.missed += Math.max(0, count - before.count - 1);
  return defined({ count, uptime });
}

const isLess = (now: number | undefined, before: number | undefined): boolean =>
  now !== undefined && before !== undefined && now < before;
