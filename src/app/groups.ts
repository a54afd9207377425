import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { StateStore } from "../core/memory.ts";
import type { Presence } from "../core/presence.ts";
import type { Target } from "../core/target.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Asker } from "../engine/ask.ts";
import type { Statuses } from "../events/statuses.ts";
import type { FailoverState } from "../failover/machine.ts";
import { type Components, createComponents } from "../groups/components.ts";
import { createHealth, type GroupHealth, type HealthSources } from "../groups/health.ts";
import { beatReading, targetReading } from "../groups/reading.ts";
import type { Register } from "../heartbeats/register.ts";
import type { ConfigIndex } from "./config-index.ts";
import type { TargetStandings } from "./standings.ts";

/** Groups with the members that they are aggregated from. */
export interface Groups {
  /** Names of targets, push heartbeats, groups and components. */
  readonly names: { has(name: string): boolean };
  readonly components: Components;
  readonly health: GroupHealth;
  /** The groups for events: a target of which this run knows nothing yet still has the status that the previous run told. */
  readonly told: GroupHealth;
}

interface GroupParts {
  readonly clock: Clock;
  readonly presence: Pick<Presence, "clock" | "onGap">;
  readonly index: ConfigIndex;
  readonly ask: Pick<Asker, "latest">;
  readonly state: (target: Target) => FailoverState;
  readonly pushes: Register;
  readonly log: Log;
  /** Persists the reports of components. */
  readonly store: StateStore;
  readonly downFor: Seconds;
  readonly onReport: (component: string) => void;
  readonly onDelete: (component: string) => void;
  readonly standings: TargetStandings;
  readonly statuses: Statuses;
}

/** Builds the components, and the health of groups from the states of targets, push heartbeats and components. */
export function createGroups(parts: GroupParts): Groups {
  const { clock, presence, log, store, downFor, index, ask, state, pushes, standings, statuses } = parts;
  const isTaken = (name: string): boolean => {
    const { targets, groups } = index.current();
    return targets.has(name) || groups.has(name) || pushes.has(name);
  };
  const components = createComponents({
    // Its time stands still during absences, so that reports that wait in the socket still come in time.
    clock: presence.clock,
    log,
    store,
    downFor,
    names: { isTaken, groups: () => [...index.current().groups.keys()] },
    onReport: parts.onReport,
    onDelete: parts.onDelete,
  });
  presence.onGap(({ absence, jump }) => components.discount(seconds(absence + jump)));
  const isComponent = (name: string): boolean =>
    components.reading(name) !== undefined ||
    Array.from(index.current().groups.values()).some(({ members }) =>
      members.some((member) => member.kind === "component" && member.name === name),
    );
  const sources: HealthSources = {
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
  };
  const told = createHealth({
    ...sources,
    target(name) {
      const target = index.current().targets.get(name);
      const reading = sources.target(name);
      if (target === undefined || reading === undefined || standings.of(target) !== undefined) return reading;
      return { ...reading, status: statuses.last("target", name) ?? "unknown" };
    },
  });
  const names = { has: (name: string) => isTaken(name) || isComponent(name) };
  return { names, components, health: createHealth(sources), told };
}
