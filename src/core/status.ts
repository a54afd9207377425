import type { Result } from "./result.ts";
import type { Target } from "./target.ts";

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
