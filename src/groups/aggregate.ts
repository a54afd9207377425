import type { UnhealthyWhen } from "../core/group.ts";
import type { TargetStatus } from "../core/status.ts";

/** What of a member its group's status depends on. */
export interface WeightedStatus {
  readonly status: TargetStatus;
  readonly critical: boolean;
}

/**
 * The status of a group.
 *
 * - Unhealthy: a critical member is, or as many as `rule` says, or all.
 * - Unknown: the unknown members decide; were they unhealthy, the group would be, too. So is a group without members.
 * - Degraded: any other member that is not healthy, an unknown one included: it is never taken for a healthy one.
 * - Healthy: all members are.
 *
 * No order of members matters, and from healthy over degraded and unknown to unhealthy a member that becomes worse never
 * makes its group better.
 */
export function aggregate(members: readonly WeightedStatus[], rule: UnhealthyWhen): TargetStatus {
  if (members.length === 0) return "unknown";
  const unhealthy = members.filter(({ status }) => status === "unhealthy");
  if (isUnhealthy(unhealthy, members.length, rule)) return "unhealthy";
  const atWorst = members.filter(({ status }) => status === "unhealthy" || status === "unknown");
  if (isUnhealthy(atWorst, members.length, rule)) return "unknown";
  return members.every(({ status }) => status === "healthy") ? "healthy" : "degraded";
}

/** Whether a group of `size` is unhealthy when these of its members are. */
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
