import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { EventFacts } from "../core/history.ts";
import type { Result } from "../core/result.ts";
import type { TargetStatus } from "../core/status.ts";
import { seconds } from "../core/units.ts";

/** How often statuses are compared that change by time alone, and thus the longest delay of their events. */
const COMPARE_INTERVAL = seconds(1);

/** Records an event whenever the status of a target or group changes. */
export interface Watch {
  /** Reports a target's status. The first one is only remembered; later ones are events if they differ. */
  target(name: string, status: TargetStatus, latest: Result | undefined): void;
  /** Forgets all targets that are not in `targets`. */
  retain(targets: { has(name: string): boolean }): void;
  /** Starts comparing the statuses that change by time alone: those of groups, and those of targets that become stale. */
  start(): void;
  stop(): void;
}

export interface WatchDeps {
  readonly clock: Clock;
  readonly record: (event: EventFacts) => void;
  /**
   * Returns the present status of each group; `undefined` while the exporter has been absent and cannot tell. Polled,
   * because statuses also change by time alone, when members go stale.
   */
  readonly groups: () => Iterable<readonly [name: string, status: TargetStatus]> | undefined;
  /** Returns the names of targets whose newest result is too old to tell their status, other than by an absence of the exporter. */
  readonly staleTargets: () => Iterable<string>;
  /** Called after targets have become stale. */
  readonly onStale: () => void;
}

/** Creates a watch that knows no status yet. */
export function createWatch({ clock, record, groups, staleTargets, onStale }: WatchDeps): Watch {
  const targets = new Map<string, TargetStatus>();
  let lastGroups = new Map<string, TargetStatus>();
  let cancel = (): void => {};

  const change = (subject: string, to: TargetStatus, cause?: string): boolean => {
    const from = targets.get(subject);
    targets.set(subject, to);
    if (from === undefined || from === to) return false;
    record({ kind: "status", at: clock.now(), subject, from, to, ...defined({ cause }) });
    return true;
  };

  const compare = (): void => {
    const stale = Array.from(staleTargets()).filter((name) => change(name, "unknown", "stale"));
    if (stale.length > 0) onStale();
    compareGroups();
    cancel = clock.after(COMPARE_INTERVAL, compare);
  };

  const compareGroups = (): void => {
    const present = groups();
    if (present === undefined) return;
    const now = new Map(present);
    for (const [subject, to] of now) {
      const from = lastGroups.get(subject);
      if (from !== undefined && from !== to) record({ kind: "group", at: clock.now(), subject, from, to });
    }
    lastGroups = now;
  };

  return {
    target(subject, to, latest) {
      change(subject, to, latest === undefined || latest.outcome.ok ? undefined : latest.outcome.reason);
    },
    retain(names) {
      for (const name of targets.keys()) if (!names.has(name)) targets.delete(name);
    },
    start: compare,
    stop: () => cancel(),
  };
}
