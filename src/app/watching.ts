import type { Clock } from "../core/clock.ts";
import type { BlockedBy } from "../core/dependency.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import type { Presence } from "../core/presence.ts";
import { isStale } from "../core/status.ts";
import type { Steps } from "../core/steps.ts";
import type { Target } from "../core/target.ts";
import type { Asker } from "../engine/ask.ts";
import { createStatuses } from "../events/statuses.ts";
import { createWatch, type StaleTargets, type Watch } from "../events/watch.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { Register } from "../heartbeats/register.ts";
import type { ConfigIndex } from "./config-index.ts";
import { awaitsProbe } from "./gaps.ts";
import { createGroups, type Groups } from "./groups.ts";
import { lateCallback } from "./late-callback.ts";
import {
  componentStanding,
  createTargetStandings,
  groupStanding,
  type TargetStandings,
} from "./standings.ts";

/** The groups and components, and the watch that tells changes of status. */
export interface Watching extends Groups {
  readonly watch: Watch;
  readonly standings: TargetStandings;
}

interface WatchingParts {
  readonly clock: Clock;
  readonly presence: Presence;
  readonly log: Log;
  readonly memory: Memory;
  readonly history: History;
  readonly index: ConfigIndex;
  readonly ask: Pick<Asker, "latest">;
  readonly state: (target: Target) => FailoverState;
  readonly pushes: Register;
  /** Called after targets have become stale. */
  readonly onStale: () => void;
  readonly blockedBy: BlockedBy;
}

/** Builds the groups and components, and the watch over the status of targets, groups and components. */
export function createWatching(parts: WatchingParts): Watching {
  const { clock, presence, log, memory, history, index, ask, state, pushes, onStale, blockedBy } = parts;
  const standings = createTargetStandings({ clock, ask, state, blockedBy });
  const statuses = createStatuses({
    clock,
    log,
    store: memory.namespace("statuses"),
    record: (event) => void history.record(event),
  });
  // Components report to the watch, which reads them.
  const onReport = lateCallback<[name: string]>("onReport");
  const groups = createGroups({
    clock,
    presence,
    log,
    store: memory.namespace("components"),
    downFor: memory.downFor,
    index,
    ask,
    state,
    pushes,
    standings,
    statuses,
    onReport: onReport.call,
    onDelete: (name) => statuses.forget("component", name),
  });
  const { components, told } = groups;
  // Called every second: one pass over all targets, without a copy of their list.
  function* staleTargets(): Steps<StaleTargets> {
    const now = clock.now();
    const names: string[] = [];
    let afterAbsence = false;
    for (const target of index.current().targets.values()) {
      yield;
      if (!isStale(target, state(target), now)) continue;
      if (awaitsProbe(presence, target)) afterAbsence = true;
      else names.push(target.name);
    }
    return { names, afterAbsence };
  }
  const watch = createWatch({
    clock,
    statuses,
    target(name) {
      const target = index.current().targets.get(name);
      return target === undefined ? undefined : standings.of(target);
    },
    staleTargets,
    onStale,
    groups: () => told.groups().map((reading) => [reading.group.name, groupStanding(reading)] as const),
    component(name) {
      const reading = components.reading(name);
      return reading === undefined ? undefined : componentStanding(reading);
    },
    components: () => components.list().map(({ name }) => name),
  });
  onReport.set((name) => watch.component(name));
  return { ...groups, watch, standings };
}
