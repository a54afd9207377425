import type { Clock } from "../core/clock.ts";
import type { Dependency, DependencyGraph } from "../core/dependency.ts";
import { isUp } from "../core/heartbeat.ts";
import type { TargetStatus } from "../core/status.ts";
import type { Target } from "../core/target.ts";
import type { Timestamp } from "../core/units.ts";
import type { Dependent } from "../dependencies/waitings.ts";
import type { Asker } from "../engine/ask.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { GroupHealth } from "../groups/health.ts";
import type { Register } from "../heartbeats/register.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import { conditionOf } from "./condition.ts";
import type { ConfigIndex } from "./config-index.ts";

/** The parts of the exporter that know the state of dependencies. */
export interface DependencyStateParts {
  readonly clock: Clock;
  readonly index: ConfigIndex;
  readonly ask: Pick<Asker, "latest" | "skip">;
  readonly state: (target: Target) => FailoverState;
  readonly pushes: Pick<Register, "find" | "list">;
  readonly health: Pick<GroupHealth, "group">;
  readonly maintenance: Pick<Maintenance, "covers">;
}

/** The present state of targets, heartbeats and groups as dependencies, and as what depends on them. */
export interface DependencyStates extends DependencyGraph {
  /** Returns all targets and heartbeats with dependencies. */
  dependents(): Iterable<Dependent>;
  exists(dependent: Dependent): boolean;
  /** Reports whether one is down, or its newest probe failed. */
  isFailing(dependent: Dependent): boolean;
  /** Returns the start of the newest probe if it succeeded, or the last report of a heartbeat. */
  goodAt(leaf: Dependency): Timestamp | undefined;
  /** Returns the targets and heartbeats of which a dependency consists. */
  leavesOf(dependency: Dependency): readonly Dependency[];
}

/** Reports whether a status means down; a degraded dependency still works. */
const meansDown = (status: TargetStatus): boolean | undefined =>
  status === "unknown" ? undefined : status === "unhealthy";

/** Creates the view of states, which are read when asked for. */
export function createDependencyStates(parts: DependencyStateParts): DependencyStates {
  const { clock, index, ask, state, pushes, health, maintenance } = parts;
  const targetNamed = (name: string): Target | undefined => index.current().targets.get(name);
  const conditionNamed = (name: string) => {
    const target = targetNamed(name);
    return target === undefined ? undefined : conditionOf({ clock, ask, state }, target);
  };

  const targetIsDown = (name: string): boolean | undefined => {
    const condition = conditionNamed(name);
    if (condition === undefined) return undefined;
    const { status, latest } = condition;
    const inMaintenance = latest !== undefined && maintenance.covers({ kind: "target", name }) === true;
    // Results change no status during maintenance, so the newest one says whether the dependency is there.
    return inMaintenance ? !latest.result.outcome.ok : meansDown(status);
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
          return targetNamed(name)?.dependsOn ?? [];
        case "heartbeat":
          return pushes.find(name)?.heartbeat.dependsOn ?? [];
        case "group":
          return [];
      }
    },
    *dependents() {
      for (const { name, dependsOn } of index.current().targets.values()) {
        if (dependsOn !== undefined) yield { kind: "target", name };
      }
      for (const { heartbeat } of pushes.list()) {
        if (heartbeat.dependsOn !== undefined) yield { kind: "heartbeat", name: heartbeat.name };
      }
    },
    exists: ({ kind, name }) =>
      kind === "target" ? targetNamed(name) !== undefined : pushes.find(name) !== undefined,
    isFailing({ kind, name }) {
      if (kind === "heartbeat") return heartbeatIsDown(name) === true;
      const condition = conditionNamed(name);
      if (condition?.latest === undefined) return false;
      const { status, latest } = condition;
      return !latest.result.outcome.ok || (status !== "healthy" && status !== "degraded");
    },
    goodAt({ kind, name }) {
      if (kind === "heartbeat") return pushes.find(name)?.beat.lastSeen;
      const result = conditionNamed(name)?.latest?.result;
      return result?.outcome.ok === true ? result.startedAt : undefined;
    },
    leavesOf(dependency) {
      const leaves: Dependency[] = [];
      const visited = new Set<string>();
      const visit = ({ kind, name }: Dependency): void => {
        if (visited.has(name)) return;
        visited.add(name);
        if (kind !== "group") return void leaves.push({ kind, name });
        for (const member of index.current().groups.get(name)?.members ?? []) {
          if (member.kind !== "component") visit({ kind: member.kind, name: member.name });
        }
      };
      visit(dependency);
      return leaves;
    },
  };
}
