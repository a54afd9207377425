import type { Result } from "./result.ts";
import type { FallbackPolicy, Target } from "./target.ts";
import { formatDuration } from "./units.ts";

/** In which mode the consumers of a target with failover are to work. */
export const MODES = ["primary", "fallback"] as const;
export type Mode = (typeof MODES)[number];

/** What the streaks of a target say, after thresholds. */
export type Health = "unknown" | "healthy" | "unhealthy";

/** Every status that a target can have. `degraded`: healthy, but its last probe, if it was no cold start, was slower than expected. */
export const TARGET_STATUSES = ["healthy", "degraded", "unhealthy", "unknown"] as const;
export type TargetStatus = (typeof TARGET_STATUSES)[number];

/** The status of a target. What is not known is never healthy. */
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

/** A fallback policy as it is told to those who follow it: in JSON, with the names of the configuration. */
export interface PolicyFacts {
  readonly mode: string;
  readonly confidence_reduction: number;
  readonly process_with_lower_confidence: boolean;
  readonly max_duration: string;
}

/** `null` without failover. */
export const policyFacts = (policy: FallbackPolicy | undefined): PolicyFacts | null =>
  policy === undefined
    ? null
    : {
        mode: policy.mode,
        confidence_reduction: policy.confidenceReduction,
        process_with_lower_confidence: policy.processWithLowerConfidence,
        max_duration: formatDuration(policy.maxDuration),
      };
