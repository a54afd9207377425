import type { Result } from "./result.ts";
import type { FallbackPolicy, Target } from "./target.ts";
import { formatDuration } from "./units.ts";

/** The modes of a target with failover, which its consumers follow. */
export const MODES = ["primary", "fallback"] as const;
/** One of `MODES`. */
export type Mode = (typeof MODES)[number];

/** The health of a target according to its streaks, after thresholds. */
export type Health = "unknown" | "healthy" | "unhealthy";

/** The statuses of a target. `degraded`: healthy, but slower than expected in its last probe, unless that was a cold start. */
export const TARGET_STATUSES = ["healthy", "degraded", "unhealthy", "unknown"] as const;
/** One of `TARGET_STATUSES`. */
export type TargetStatus = (typeof TARGET_STATUSES)[number];

/** Returns the status of a target. Unknown is never healthy. */
export function targetStatus(target: Target, health: Health, latest: Result | undefined): TargetStatus {
  if (health !== "healthy") return health;
  const { expectedDuration } = target;
  const slow =
    expectedDuration !== undefined &&
    latest?.outcome.ok === true &&
    latest.coldStart !== true &&
    latest.duration > expectedDuration;
  return slow ? "degraded" : "healthy";
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
