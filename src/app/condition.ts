import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import { degradationOf, isStale, targetStatus } from "../core/status.ts";
import type { Target } from "../core/target.ts";
import type { Asker } from "../engine/ask.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { TargetCondition } from "../server/route-context.ts";

/** The parts that know a target. */
export interface ConditionParts {
  readonly clock: Clock;
  readonly ask: Pick<Asker, "latest" | "skip">;
  readonly state: (target: Target) => FailoverState;
}

/**
 * Returns what is known of a target now, and whether it still holds. A replica that does not lead knows nothing of the
 * targets that the leader probes, however young its own last result is.
 */
export function conditionOf({ clock, ask, state }: ConditionParts, target: Target): TargetCondition {
  const memory = state(target);
  const latest = ask.latest(target);
  const skip = ask.skip(target);
  const now = clock.now();
  const stale = skip?.reason === "not_leader" || isStale(target, memory, now);
  const status = stale ? "unknown" : targetStatus(target, memory, latest?.result, now);
  const degraded =
    status === "degraded" && latest !== undefined ? degradationOf(target, latest.result) : undefined;
  return { state: memory, status, stale, ...defined({ degraded, latest, skip }) };
}
