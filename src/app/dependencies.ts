import type { Clock } from "../core/clock.ts";
import {
  type BlockedBy,
  type Blocker,
  type Dependency,
  type DependencyGraph,
  downDependency,
} from "../core/dependency.ts";
import { isUp } from "../core/heartbeat.ts";
import type { TargetStatus } from "../core/status.ts";
import type { Target } from "../core/target.ts";
import type { Asker } from "../engine/ask.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { GroupHealth } from "../groups/health.ts";
import type { Register } from "../heartbeats/register.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import { conditionOf } from "./condition.ts";
import type { ConfigIndex } from "./config-index.ts";

/** The dependencies of targets and heartbeats. */
export interface Dependencies {
  readonly blockedBy: BlockedBy;
  /** Returns the dependency because of which a target or heartbeat is not told to be down; `undefined` if none is. */
  blocker(kind: Dependency["kind"], name: string): Blocker | undefined;
}

/** The parts of the exporter that know the state of dependencies. */
export interface DependencyParts {
  readonly clock: Clock;
  readonly index: ConfigIndex;
  readonly ask: Pick<Asker, "latest" | "skip">;
  readonly state: (target: Target) => FailoverState;
  readonly pushes: Pick<Register, "find">;
  readonly health: Pick<GroupHealth, "group">;
  readonly maintenance: Pick<Maintenance, "covers">;
}

/** Creates the view of dependencies, which is computed when asked for. */
export function createDependencies(parts: DependencyParts): Dependencies {
  const graph = graphOf(parts);
  const blocker: Dependencies["blocker"] = (kind, name) => {
    const dependsOn = graph.dependsOn({ kind, name });
    // Most have none.
    if (dependsOn.length === 0) return undefined;
    const down = downDependency(dependsOn, graph);
    return down === undefined ? undefined : { name: down.name, isDown: true };
  };
  return {
    blocker,
    blockedBy(kind, name) {
      const found = blocker(kind, name);
      return found?.isDown === true ? found.name : undefined;
    },
  };
}

/** Reports whether a status means down; a degraded dependency still works. */
const meansDown = (status: TargetStatus): boolean | undefined =>
  status === "unknown" ? undefined : status === "unhealthy";

function graphOf({
  clock,
  index,
  ask,
  state,
  pushes,
  health,
  maintenance,
}: DependencyParts): DependencyGraph {
  const targetIsDown = (name: string): boolean | undefined => {
    const target = index.current().targets.get(name);
    if (target === undefined) return undefined;
    const { status, latest } = conditionOf({ clock, ask, state }, target);
    if (latest === undefined || maintenance.covers({ kind: "target", name }) !== true)
      return meansDown(status);
    // Results change no status during maintenance, so the newest one says whether the dependency is there.
    return !latest.result.outcome.ok;
  };
  const heartbeatIsDown = (name: string): boolean | undefined => {
    const beat = pushes.find(name)?.beat;
    const up = beat === undefined ? undefined : isUp(beat, clock.now());
    return up === undefined ? undefined : !up;
  };
  return {
    isDown({ kind, name }) {
      switch (kind) {
        case "target":
          return targetIsDown(name);
        case "heartbeat":
          return heartbeatIsDown(name);
        case "group":
          return meansDown(health.group(name)?.status ?? "unknown");
      }
    },
    dependsOn({ kind, name }) {
      switch (kind) {
        case "target":
          return index.current().targets.get(name)?.dependsOn ?? [];
        case "heartbeat":
          return pushes.find(name)?.heartbeat.dependsOn ?? [];
        case "group":
          return [];
      }
    },
  };
}
