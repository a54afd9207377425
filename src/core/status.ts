import type { Degradation } from "./prober.ts";
import type { Result } from "./result.ts";
import type { FallbackPolicy, Target } from "./target.ts";
import { elapsed, formatDuration, type Seconds, seconds, type Timestamp } from "./units.ts";

/** The modes of a target with failover, which its consumers follow. */
export const MODES = ["primary", "fallback"] as const;
/** One of `MODES`. */
export type Mode = (typeof MODES)[number];

/** The health of a target according to its streaks, after thresholds. */
export type Health = "unknown" | "healthy" | "unhealthy";

/** The statuses of a target. `degraded`: healthy, with a last probe that `degradationOf` objects to. */
export const TARGET_STATUSES = ["healthy", "degraded", "unhealthy", "unknown"] as const;
/** One of `TARGET_STATUSES`. */
export type TargetStatus = (typeof TARGET_STATUSES)[number];

/** The status of a target, group or component with its explanation. */
export interface Standing {
  readonly status: TargetStatus;
  /** A word for programs: the reason of a failed probe, for example. */
  readonly cause?: string;
  /** Explanation for people, in the log and in events. */
  readonly detail?: string;
  /** Explanation for the log alone: it may quote the answer of a target, which history does not keep. */
  readonly quotation?: string;
  /** Name of the dependency that is down. */
  readonly blockedBy?: string;
}

/** The part of a target's failover state that determines its status. */
export interface TargetMemory {
  readonly health: Health;
  readonly lastProbeAt?: Timestamp;
  /** When a probe was last due that the target had asked to hold back: it fails, and that is known. */
  readonly lastHeldAt?: Timestamp;
}

/** Number of missed probes after which a result is stale. */
const MISSED_PROBES = 3;

/** Shortest time after which a result is stale: Prometheus' lookback delta. */
const SOONEST_STALE = seconds(300);

/** Returns the age at which the last result of a target is stale. */
const staleAfter = ({ interval, minInterval }: Target): Seconds =>
  seconds(Math.max(SOONEST_STALE, MISSED_PROBES * Math.max(interval, minInterval)));

/**
 * Reports whether the last result of a target is too old to say anything about it now, or whether there is none. The one
 * rule for groups, routes, events and metrics.
 */
export function isStale(target: Target, memory: TargetMemory, now: Timestamp): boolean {
  const { lastProbeAt, lastHeldAt } = memory;
  const age = staleAfter(target);
  return !isYounger(lastProbeAt, age, now) && !isYounger(lastHeldAt, age, now);
}

const isYounger = (at: Timestamp | undefined, age: Seconds, now: Timestamp): boolean =>
  at !== undefined && elapsed(at, now) < age;

/** Returns the status of a target. A stale result makes it unknown, and unknown is never healthy. */
export function targetStatus(
  target: Target,
  memory: TargetMemory,
  latest: Result | undefined,
  now: Timestamp,
): TargetStatus {
  if (isStale(target, memory, now)) return "unknown";
  const { health } = memory;
  if (health !== "healthy") return health;
  return latest !== undefined && degradationOf(target, latest) !== undefined ? "degraded" : "healthy";
}

/**
 * Returns why a successful probe makes its target degraded: by a rule of its module, or because it was slower than expected.
 * A cold start is expected to be slow.
 */
export function degradationOf({ expectedDuration }: Target, latest: Result): Degradation | undefined {
  if (!latest.outcome.ok) return undefined;
  if (latest.degraded !== undefined) return latest.degraded;
  const { coldStart, duration } = latest;
  if (expectedDuration === undefined || coldStart === true || duration <= expectedDuration) return undefined;
  const limit = formatDuration(expectedDuration);
  return { reason: "slow", detail: `slower than expected: ${duration.toFixed(3)}s, want at most ${limit}` };
}

/** A fallback policy in the JSON for its consumers, with the names of the configuration. */
export interface PolicyFacts {
  readonly mode: string;
  readonly confidence_reduction: number;
  readonly process_with_lower_confidence: boolean;
  readonly max_duration: string;
}

/** Converts a policy to JSON; `null` for a target without failover. */
export const policyFacts = (policy: FallbackPolicy | undefined): PolicyFacts | null =>
  policy === undefined
    ? null
    : {
        mode: policy.mode,
        confidence_reduction: policy.confidenceReduction,
        process_with_lower_confidence: policy.processWithLowerConfidence,
        max_duration: formatDuration(policy.maxDuration),
      };
