import type { Clock } from "../core/clock.ts";
import { type Blocker, type Dependency, type DependencyGraph, downDependency } from "../core/dependency.ts";
import type { StateStore } from "../core/memory.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { blockerOf, FREE, type Suspect, step, type Waiting } from "./machine.ts";

/** The subjects of dependencies: targets and heartbeats. */
export type Dependent = Dependency & { readonly kind: "target" | "heartbeat" };

/** The waiting of every target and heartbeat for what it depends on. */
export interface Waitings {
  /** Returns the dependency because of which a target or heartbeat is not told to be down; `undefined` if none is. */
  blocker(dependent: Dependent): Blocker | undefined;
  stop(): void;
}

/** The present state of targets and heartbeats. */
export interface WaitingsDeps {
  readonly clock: Clock;
  /** Persists the dependency of each that is blocked. */
  readonly store: StateStore;
  readonly graph: DependencyGraph;
  /** Returns all that have dependencies. */
  readonly dependents: () => Iterable<Dependent>;
  /** Reports whether one is down, or its newest probe failed. */
  readonly isFailing: (dependent: Dependent) => boolean;
  /** Returns the targets and heartbeats of a dependency that may be down. */
  readonly suspects: (dependency: Dependency) => readonly Suspect[];
  /** Returns the time within which one recovers after its dependency has, if it does. */
  readonly settleTime: (dependent: Dependent) => Seconds;
}

/** How often what changes by time alone is looked at. */
const LOOK_INTERVAL = seconds(1);

/** Restores what the previous run found blocked. */
export function createWaitings(deps: WaitingsDeps): Waitings {
  const { clock, store, graph } = deps;
  const waitings = new Map<string, Waiting>();
  for (const [key, dependency] of store.entries()) {
    if (typeof dependency === "string") waitings.set(key, { phase: { kind: "blocked", dependency } });
  }

  const look = (dependent: Dependent): Waiting => {
    const key = keyOf(dependent);
    const dependsOn = graph.dependsOn(dependent);
    if (dependsOn.length === 0) {
      forget(key);
      return FREE;
    }
    const before = waitings.get(key) ?? FREE;
    const down = downDependency(dependsOn, graph)?.name;
    const isFailing = deps.isFailing(dependent);
    const next = step(before, {
      now: clock.now(),
      monotonic: clock.monotonic(),
      isFailing,
      down,
      suspects: isFailing && down === undefined ? dependsOn.flatMap(deps.suspects) : [],
      settleTime: deps.settleTime(dependent),
    });
    waitings.set(key, next);
    persist(key, next);
    return next;
  };
  const persist = (key: string, { phase }: Waiting): void => {
    // One that settles begins again after a restart.
    const isWaiting = phase.kind === "blocked" || phase.kind === "settling";
    const dependency = isWaiting ? phase.dependency : undefined;
    if (dependency === store.get(key)) return;
    if (dependency === undefined) store.delete(key);
    else store.put(key, dependency);
  };
  const forget = (key: string): void => {
    waitings.delete(key);
    if (store.get(key) !== undefined) store.delete(key);
  };

  const lookAtAll = (): void => {
    const present = new Set<string>();
    for (const dependent of deps.dependents()) {
      present.add(keyOf(dependent));
      look(dependent);
    }
    for (const key of Array.from(waitings.keys())) if (!present.has(key)) forget(key);
    cancel = clock.after(LOOK_INTERVAL, lookAtAll);
  };
  let cancel = clock.after(LOOK_INTERVAL, lookAtAll);

  return {
    blocker: (dependent) => blockerOf(look(dependent)),
    stop: () => cancel(),
  };
}

const keyOf = ({ kind, name }: Dependent): string => `${kind}/${name}`;
