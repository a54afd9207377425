import { type HeartbeatState, isUp } from "../core/heartbeat.ts";
import type { FailureReason } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import { type Health, type TargetStatus, targetStatus } from "../core/status.ts";
import type { Target } from "../core/target.ts";
import { elapsed, formatDuration, type Seconds, seconds, type Timestamp } from "../core/units.ts";

/** What is known of a member at one moment, without asking it. */
export interface Reading {
  readonly status: TargetStatus;
  /** When it was last heard of. */
  readonly at?: Timestamp;
  /** For people. */
  readonly message: string;
  /** Why its last probe failed. */
  readonly reason?: FailureReason;
  /** Numbers about it, by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What is remembered of a target, as far as its status goes. */
export interface TargetMemory {
  readonly health: Health;
  readonly lastProbeAt?: Timestamp;
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
}

/** How many probes may be missing before nothing is known of a target any more. */
const MISSED_PROBES = 3;

/** After this long without a sample Prometheus takes a series for gone; nobody is taken for gone sooner. */
const SOONEST_STALE = seconds(300);

/** How long the last result of a target says something about it. */
const staleAfter = ({ interval, minInterval }: Target): Seconds =>
  seconds(Math.max(SOONEST_STALE, MISSED_PROBES * Math.max(interval, minInterval)));

/**
 * A target as a member of groups. Its last result does not count for ever: a target that nobody scrapes any more, or
 * whose probes are skipped, becomes unknown.
 */
export function targetReading(
  target: Target,
  { health, lastProbeAt, consecutiveFailures, consecutiveSuccesses }: TargetMemory,
  latest: Result | undefined,
  now: Timestamp,
): Reading {
  if (lastProbeAt === undefined) return { status: "unknown", message: "not probed yet", metrics: {} };
  const outcome = latest?.outcome;
  const failure = outcome?.ok === false ? outcome : undefined;
  const known = {
    at: lastProbeAt,
    ...(failure === undefined ? {} : { reason: failure.reason }),
    metrics: {
      consecutive_failures: consecutiveFailures,
      consecutive_successes: consecutiveSuccesses,
      ...(latest === undefined ? {} : { duration_seconds: latest.duration }),
    },
  };
  const age = elapsed(lastProbeAt, now);
  if (age >= staleAfter(target)) {
    const silence = formatDuration(seconds(Math.floor(age)));
    return { ...known, status: "unknown", message: `no result for ${silence}` };
  }
  const status = targetStatus(target, health, latest);
  const message =
    failure === undefined
      ? `${inARow(consecutiveSuccesses, "success")}${status === "degraded" ? ", slower than expected" : ""}`
      : `${inARow(consecutiveFailures, "failure")}, the last one ${failure.reason}: ${failure.detail}`;
  return { ...known, status, message };
}

/** A heartbeat as a member of groups: up is healthy, silent for too long unhealthy, never heard of unknown. */
export function beatReading(beat: HeartbeatState, now: Timestamp): Reading {
  const { lastSeen, silentSince = lastSeen, timeout } = beat;
  const up = isUp(beat, now);
  const at = lastSeen === undefined ? {} : { at: lastSeen };
  if (up === undefined) return { ...at, status: "unknown", message: "never seen", metrics: {} };
  const silence = silentSince === undefined ? undefined : elapsed(silentSince, now);
  const late = silence !== undefined && silence >= timeout;
  const shown = formatDuration(seconds(Math.floor(silence ?? 0)));
  const down = late
    ? `silent for ${shown}, want less than ${formatDuration(timeout)}`
    : "reported that it is down";
  return {
    ...at,
    status: up ? "healthy" : "unhealthy",
    message: up ? `last seen ${shown} ago` : down,
    metrics: silence === undefined ? {} : { silence_seconds: silence, timeout_seconds: timeout },
  };
}

const inARow = (count: number, what: "success" | "failure"): string =>
  count === 1 ? `1 ${what}` : `${count} ${what === "success" ? "successes" : "failures"} in a row`;

/** What is said of something that is not there (yet). */
export const nothingKnown = (message: string): Reading => ({ status: "unknown", message, metrics: {} });
