import type { Result } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import type { State } from "./machine.ts";

/** Every status that a target can have. `degraded`: healthy, but its last probe was slower than expected. */
export const TARGET_STATUSES = ["healthy", "degraded", "unhealthy", "unknown"] as const;
export type TargetStatus = (typeof TARGET_STATUSES)[number];

/** The status of a target after thresholds. What is not known is never healthy. */
export function targetStatus(target: Target, { health }: State, latest: Result | undefined): TargetStatus {
  if (health !== "healthy") return health;
  const { expectedDuration } = target;
  const slow =
    expectedDuration !== undefined && latest?.outcome.ok === true && latest.duration > expectedDuration;
  return slow ? "degraded" : "healthy";
}
