import { type DownCause, type HeartbeatState, isUp } from "../core/heartbeat.ts";
import type { FailureReason } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import {
  degradationOf,
  isStale,
  type TargetMemory,
  type TargetStatus,
  targetStatus,
} from "../core/status.ts";
import type { Target } from "../core/target.ts";
import { elapsed, formatDuration, seconds, type Timestamp } from "../core/units.ts";

/** The known status of a member at one moment. */
export interface Reading {
  readonly status: TargetStatus;
  /** The time at which it was last probed, seen or reported. */
  readonly at?: Timestamp;
  /** Explanation of the status, for humans. */
  readonly message: string;
  /** True for a component whose report has expired. */
  readonly expired?: true;
  /** Failure reason of its last probe. */
  readonly reason?: FailureReason;
  /** Numbers about it, by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** The part of a target's failover state that a reading tells. */
export interface ReadingMemory extends TargetMemory {
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
}

/**
 * Returns the reading of a target. A stale result makes it unknown: that of a target that is no longer scraped, or whose
 * probes are skipped.
 */
export function targetReading(
  target: Target,
  memory: ReadingMemory,
  latest: Result | undefined,
  now: Timestamp,
): Reading {
  const { lastProbeAt, consecutiveFailures, consecutiveSuccesses } = memory;
  if (lastProbeAt === undefined) return { status: "unknown", message: "not probed yet", metrics: {} };
  const outcome = latest?.outcome;
  const failure = outcome?.ok === false ? outcome : undefined;
  const reading = {
    at: lastProbeAt,
    ...(failure === undefined ? {} : { reason: failure.reason }),
    metrics: {
      consecutive_failures: consecutiveFailures,
      consecutive_successes: consecutiveSuccesses,
      ...(latest === undefined ? {} : { duration_seconds: latest.duration }),
    },
  };
  if (isStale(target, memory, now)) {
    const silence = formatDuration(seconds(Math.floor(elapsed(lastProbeAt, now))));
    return { ...reading, status: "unknown", message: `no result for ${silence}` };
  }
  const status = targetStatus(target, memory, latest, now);
  const degraded =
    status === "degraded" && latest !== undefined ? degradationOf(target, latest)?.detail : undefined;
  const message =
    failure === undefined
      ? `${inARow(consecutiveSuccesses, "success")}${degraded === undefined ? "" : `, ${degraded}`}`
      : `${inARow(consecutiveFailures, "failure")}, the last one ${failure.reason}: ${failure.detail}`;
  return { ...reading, status, message };
}

/** Explanations of heartbeats that are down although they were not silent for long. */
const DOWN_TEXTS: Readonly<Record<DownCause, string>> = {
  failure: "reported a failure",
  overdue: "a run did not end in time",
  silence: "did not report in time",
};

/** Returns the reading of a heartbeat: healthy if it is up, unhealthy if it is down, unknown if it was never seen. */
export function beatReading(beat: HeartbeatState, now: Timestamp): Reading {
  const { lastSeen, silentSince = lastSeen, timeout } = beat;
  const up = isUp(beat, now);
  const at = lastSeen === undefined ? {} : { at: lastSeen };
  if (up === undefined) return { ...at, status: "unknown", message: "never seen", metrics: {} };
  const silence = silentSince === undefined ? undefined : elapsed(silentSince, now);
  const isTimedOut = silence !== undefined && silence >= timeout;
  const silenceText = formatDuration(seconds(Math.floor(silence ?? 0)));
  const downText = isTimedOut
    ? `silent for ${silenceText}, want less than ${formatDuration(timeout)}`
    : DOWN_TEXTS[beat.down ?? "silence"];
  return {
    ...at,
    status: up ? "healthy" : "unhealthy",
    message: up ? `last seen ${silenceText} ago` : downText,
    metrics: silence === undefined ? {} : { silence_seconds: silence, timeout_seconds: timeout },
  };
}

const inARow = (count: number, what: "success" | "failure"): string =>
  count === 1 ? `1 ${what}` : `${count} ${what === "success" ? "successes" : "failures"} in a row`;

/** Returns the reading of a member about which nothing is known. */
export const unknownReading = (message: string): Reading => ({ status: "unknown", message, metrics: {} });
