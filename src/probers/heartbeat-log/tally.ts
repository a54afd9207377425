import { defined } from "../../core/defined.ts";
import type { Fields } from "./json.ts";

/** Why a line is no heartbeat though it looks like one: values of a label. */
export const PARSE_FAILURES = ["too_long", "malformed"] as const;
export type ParseFailure = (typeof PARSE_FAILURES)[number];

/** A heartbeat as its line has it. */
export interface LogHeartbeat {
  readonly fields: Fields;
  /** Text before the fields, in which a time may stand. */
  readonly prefix: string;
  /** The time that the wrapper of the line gives. */
  readonly wrapperTime?: number | string;
}

/** What was counted in a log so far. */
export interface LogCounts {
  lines: number;
  heartbeats: number;
  /** Heartbeats that `heartbeat_count` says there were and that were not seen. */
  missed: number;
  /** How often the service started anew, as a falling `heartbeat_count` or `uptime_seconds` shows. */
  restarts: number;
  failures: Record<ParseFailure, number>;
  /** Lines that failed to parse since the last heartbeat. */
  failuresSince: number;
}

export const noCounts = (): LogCounts => ({
  lines: 0,
  heartbeats: 0,
  missed: 0,
  restarts: 0,
  failures: { too_long: 0, malformed: 0 },
  failuresSince: 0,
});

/** What the last heartbeat said of its place among the others. */
export interface Sequence {
  readonly count?: number;
  readonly uptime?: number;
}

/** Counts one heartbeat that came after `before`, and says where it stands. */
export function countHeartbeat(counts: LogCounts, before: Sequence, { count, uptime }: Sequence): Sequence {
  counts.heartbeats += 1;
  counts.failuresSince = 0;
  const restarted = isLess(count, before.count) || isLess(uptime, before.uptime);
  if (restarted) counts.restarts += 1;
  else if (count !== undefined && before.count !== undefined)
    counts.missed += Math.max(0, count - before.count - 1);
  return { ...defined({ count, uptime }) };
}

const isLess = (now: number | undefined, before: number | undefined): boolean =>
  now !== undefined && before !== undefined && now < before;
