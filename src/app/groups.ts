import type { Clock } from "../core/clock.ts";
import type { StateStore } from "../core/memory.ts";
import type { Presence } from "../core/presence.ts";
import type { Target } from "../core/target.ts";
import type { Asker } from "../engine/ask.ts";
import type { FailoverState } from "../failover/machine.ts";
import { type Components, createComponents } from "../groups/components.ts";
import { createHealth, type GroupHealth } from "../groups/health.ts";
import { beatReading, targetReading } from "../groups/reading.ts";
import type { Register } from "../heartbeats/register.ts";
import type { ConfigIndex } from "./config-index.ts";

/** Groups with the members that they are aggregated from. */
export interface Groups {
  /** Names of targets, push heartbeats and groups. */
  readonly names: { has(name: string): boolean };
  readonly components: Components;
  readonly health: GroupHealth;
}

interface GroupParts {
  readonly clock: Clock;
  readonly presence: Pick<Presence, "clock">;
  readonly index: ConfigIndex;
  readonly ask: Pick<Asker, "latest">;
  readonly state: (target: Target) => FailoverState;
  readonly pushes: Register;
}

/**
 * Builds the components, and the health of groups from the states of targets, push heartbeats and components.
 * @param store where reports of components survive a restart
 */
export function createGroups(
  { clock, presence, index, ask, state, pushes }: GroupParts,
  store: StateStore,
): Groups {
  const names = {
    has(name: string): boolean {
      const { targets, groups } = index.current();
      return targets.has(name) || groups.has(name) || pushes.has(name);
    },
  };
  // By the clock that stands still during absences, reports that wait in the socket still come in time.
  const components = createComponents(store, presence.clock, {
    isTaken: (name) => names.has(name),
    groups: () => [...index.current().groups.keys()],
  });
  const health = createHealth({
    targets: () => [...index.current().targets.values()],
    groups: () => index.current().groups,
    heartbeats: () => Array.from(pushes.list(), ({ heartbeat }) => heartbeat),
    target(name) {
      const target = index.current().targets.get(name);
      if (target === undefined) return undefined;
      return targetReading(target, state(target), ask.latest(target)?.result, clock.now());
    },
    heartbeat(name) {
      const push = pushes.find(name);
      return push === undefined ? undefined : beatReading(push.beat, clock.now());
    },
    components,
  });
  return { names, components, health };
}
