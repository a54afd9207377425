import type { Clock } from "../core/clock.ts";
import type { BlockedBy, Blocker, Dependency } from "../core/dependency.ts";
import type { History } from "../core/history.ts";
import type { Memory } from "../core/memory.ts";
import type { Target } from "../core/target.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { createNotices, type Notices } from "../dependencies/notices.ts";
import { createWaitings } from "../dependencies/waitings.ts";
import { createDependencyStates, type DependencyStateParts } from "./dependency-states.ts";

/** The dependencies of targets and heartbeats. */
export interface Dependencies {
  readonly blockedBy: BlockedBy;
  /** Returns the dependency because of which a target or heartbeat is not told to be down; `undefined` if none is. */
  blocker(kind: Dependency["kind"], name: string): Blocker | undefined;
  /** The events to tell people: those that wait for a dependency come when it is over. */
  readonly notices: Notices;
  stop(): void;
}

interface DependencyParts extends DependencyStateParts {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly history: Pick<History, "subscribe">;
}

/** Longest time for which the failure of one waits for that of another to be noticed. */
const MOST_NOTICE_TIME = seconds(300);

/** Watches the dependencies of targets and heartbeats, and withholds the notices of those that wait. */
export function createDependencies(parts: DependencyParts): Dependencies {
  const { clock, memory, history, index, pushes, maintenance } = parts;
  const states = createDependencyStates(parts);

  const detectionTime = ({ kind, name }: Dependency): Seconds => {
    if (kind === "target") return detectionTimeOf(index.current().targets.get(name));
    return seconds(Math.min(MOST_NOTICE_TIME, pushes.find(name)?.beat.timeout ?? 0));
  };
  const waitings = createWaitings({
    clock,
    store: memory.namespace("dependencies"),
    graph: states,
    dependents: () => states.dependents(),
    isFailing: (dependent) => states.isFailing(dependent),
    suspects: (dependency) =>
      states.leavesOf(dependency).flatMap((leaf) => {
        if (states.isDown(leaf) === undefined) return [];
        const goodAt = states.goodAt(leaf);
        const noticeTime = seconds(Math.min(MOST_NOTICE_TIME, detectionTime(leaf)));
        return [{ name: dependency.name, noticeTime, ...(goodAt === undefined ? {} : { goodAt }) }];
      }),
    settleTime: detectionTime,
  });
  const blocker: Dependencies["blocker"] = (kind, name) =>
    kind === "group" ? undefined : waitings.blocker({ kind, name });

  const notices = createNotices({
    clock,
    store: memory.namespace("notices"),
    events: history,
    waits: (kind, name) => blocker(kind, name) !== undefined,
    verdict(kind, name) {
      if (!states.exists({ kind, name })) return "drop";
      const waits = blocker(kind, name) !== undefined || maintenance.covers({ kind, name }) === true;
      return waits ? "wait" : "tell";
    },
  });

  return {
    blocker,
    blockedBy(kind, name) {
      const found = blocker(kind, name);
      return found?.isDown === true ? found.name : undefined;
    },
    notices,
    stop() {
      waitings.stop();
      notices.stop();
    },
  };
}

/** Returns the time after which a target that fails is unhealthy, with one probe to spare. */
function detectionTimeOf(target: Target | undefined): Seconds {
  if (target === undefined) return seconds(0);
  const { thresholds, interval, minInterval } = target;
  return seconds((thresholds.failures + 1) * Math.max(interval, minInterval));
}
