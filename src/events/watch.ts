import type { Clock } from "../core/clock.ts";
import type { Standing } from "../core/status.ts";
import { complete, inSlices, type Steps } from "../core/steps.ts";
import { seconds } from "../core/units.ts";
import type { Statuses } from "./statuses.ts";

/** How often statuses are compared that change by time alone, and thus the longest delay of their events. */
const COMPARE_INTERVAL = seconds(1);

/** Compares the statuses of targets, groups and components with the last ones: after a result or report, and every second. */
export interface Watch {
  /** Compares the status of a target after a result, or after the configuration has changed. */
  target(name: string): void;
  /** Compares the status of a component after a report. */
  component(name: string): void;
  /** Forgets all targets and groups that are not configured. */
  retain(targets: { has(name: string): boolean }, groups: { has(name: string): boolean }): Steps<void>;
  /** Starts comparing the statuses that change by time alone: members become stale, and reports expire. */
  start(): void;
  stop(): void;
}

/** The targets whose newest result is too old to tell their status. */
export interface StaleTargets {
  /** Names of those that are stale other than by an absence of the exporter. */
  readonly names: readonly string[];
  /** True if others are stale because the exporter has been absent, so that it cannot tell the status of groups. */
  readonly afterAbsence: boolean;
}

/** The present statuses that a watch compares. */
export interface WatchDeps {
  readonly clock: Clock;
  readonly statuses: Statuses;
  /** Returns the standing of a target; `undefined` if there is nothing new to tell. */
  readonly target: (name: string) => Standing | undefined;
  /** Finds the targets whose newest result is too old to tell their status, in one pass over all targets. */
  readonly staleTargets: () => Steps<StaleTargets>;
  /** Called after targets have become stale. */
  readonly onStale: () => void;
  readonly groups: () => Iterable<readonly [name: string, standing: Standing]>;
  /** Returns the standing of a component; `undefined` if there is none with this name. */
  readonly component: (name: string) => Standing | undefined;
  readonly components: () => Iterable<string>;
}

/** Creates a watch, which compares nothing by itself until it is started. */
export function createWatch(deps: WatchDeps): Watch {
  const { clock, statuses } = deps;
  let started = false;
  let cancel = (): void => {};

  const compareTarget = (name: string): boolean => {
    const standing = deps.target(name);
    if (standing !== undefined) return statuses.tell("target", name, standing);
    statuses.introduce("target", name, "unknown");
    return false;
  };

  const compareComponent = (name: string): void => {
    const standing = deps.component(name);
    if (standing === undefined) return;
    // Before its first report a component is unknown, as a member of a group is.
    statuses.introduce("component", name, "unknown");
    statuses.tell("component", name, standing);
  };

  function* compareAll(): Steps<void> {
    const { names, afterAbsence } = yield* deps.staleTargets();
    let changed = false;
    for (const name of names) {
      if (compareTarget(name)) changed = true;
      yield;
    }
    if (changed) deps.onStale();
    for (const name of deps.components()) compareComponent(name);
    if (!afterAbsence) for (const [name, standing] of deps.groups()) statuses.tell("group", name, standing);
    if (started) cancel = clock.after(COMPARE_INTERVAL, compare);
  }
  const compare = (): void => void inSlices(compareAll());

  return {
    target: (name) => void compareTarget(name),
    component: compareComponent,
    *retain(targets, groups) {
      yield* statuses.retain("target", targets);
      yield* statuses.retain("group", groups);
    },
    start() {
      started = true;
      complete(statuses.retain("component", new Set(deps.components())));
      compare();
    },
    stop() {
      started = false;
      cancel();
    },
  };
}
