import type { Clock } from "../core/clock.ts";
import type { EventFacts } from "../core/history.ts";
import type { Result } from "../core/result.ts";
import type { TargetStatus } from "../core/status.ts";
import { seconds } from "../core/units.ts";

/** How often group statuses are compared, and thus the longest delay of a group event. */
const GROUP_INTERVAL = seconds(1);

/** Records an event whenever the status of a target or group changes. */
export interface Watch {
  /** Reports a target's status. The first one is only remembered; later ones are events if they differ. */
  target(name: string, status: TargetStatus, latest: Result | undefined): void;
  /** Forgets all targets that are not in `targets`. */
  retain(targets: { has(name: string): boolean }): void;
  /** Starts comparing group statuses. */
  start(): void;
  stop(): void;
}

export interface WatchDeps {
  readonly clock: Clock;
  readonly record: (event: EventFacts) => void;
  /** Returns the present status of each group. Polled, because statuses also change by time alone, when members go stale. */
  readonly groups: () => Iterable<readonly [name: string, status: TargetStatus]>;
}

/** Creates a watch that knows no status yet. */
export function createWatch({ clock, record, groups }: WatchDeps): Watch {
  const targets = new Map<string, TargetStatus>();
  let lastGroups = new Map<string, TargetStatus>();
  let cancel = (): void => {};

  const compareGroups = (): void => {
    const now = new Map(groups());
    for (const [subject, to] of now) {
      const from = lastGroups.get(subject);
      if (from !== undefined && from !== to) record({ kind: "group", at: clock.now(), subject, from, to });
    }
    lastGroups = now;
    cancel = clock.after(GROUP_INTERVAL, compareGroups);
  };

  return {
    target(subject, to, latest) {
      const from = targets.get(subject);
      targets.set(subject, to);
      if (from === undefined || from === to) return;
      const cause = latest === undefined || latest.outcome.ok ? {} : { cause: latest.outcome.reason };
      record({ kind: "status", at: clock.now(), subject, from, to, ...cause });
    },
    retain(names) {
      for (const name of targets.keys()) if (!names.has(name)) targets.delete(name);
    },
    start: compareGroups,
    stop: () => cancel(),
  };
}
