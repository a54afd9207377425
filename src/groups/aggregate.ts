import type { UnhealthyWhen } from "../core/group.ts";
import type { TargetStatus } from "../core/status.ts";

/** The status of a member and its weight in the group. */
export interface WeightedStatus {
  readonly status: TargetStatus;
  readonly critical: boolean;
}

/**
 * Returns the status of a group. The first case that applies decides:
 *
 * - Unhealthy: a critical member is unhealthy, or as many members as `rule` requires, or all.
 * - Unknown: the group has no members, or would be unhealthy if its unknown members were.
 * - Degraded: any member is not healthy. An unknown member never counts as healthy.
 * - Healthy: all members are healthy.
 *
 * The order of members does not matter. On the scale healthy, degraded, unknown, unhealthy, a member that gets worse never
 * improves its group.
 */
export function aggregate(members: readonly WeightedStatus[], rule: UnhealthyWhen): TargetStatus {
  if (members.length === 0) return "unknown";
  const unhealthy = members.filter(({ status }) => status === "unhealthy");
  if (isUnhealthy(unhealthy, members.length, rule)) return "unhealthy";
  const atWorst = members.filter(({ status }) => status === "unhealthy" || status === "unknown");
  if (isUnhealthy(atWorst, members.length, rule)) return "unknown";
  return members.every(({ status }) => status === "healthy") ? "healthy" : "degraded";
}

/** Reports whether these unhealthy members make a group of `size` members unhealthy. */
function isUnhealthy(unhealthy: readonly WeightedStatus[], size: number, rule: UnhealthyWhen): boolean {
  if (unhealthy.length === size || unhealthy.some(({ critical }) => critical)) return true;
  switch (rule.kind) {
    case "critical":
      return false;
    case "count":
      return unhealthy.length >= rule.count;
    case "ratio":
      return unhealthy.length / size >= rule.ratio;
  }
}
