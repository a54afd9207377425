import type { Clock } from "../core/clock.ts";
import type { EventFacts } from "../core/history.ts";
import type { Result } from "../core/result.ts";
import type { TargetStatus } from "../core/status.ts";
import { seconds } from "../core/units.ts";

/** How late a change of a group may be noticed. */
const LOOK_EVERY = seconds(1);

/** Knows the last status of each target and group, and records when it is another. */
export interface Watch {
  /** The first status of a target is what it is; later ones are events when they differ. */
  target(name: string, status: TargetStatus, latest: Result | undefined): void;
  /** Forgets all targets but these. */
  retain(targets: { has(name: string): boolean }): void;
  /** Looks at the groups from now on. */
  start(): void;
  stop(): void;
}

export interface WatchDeps {
  readonly clock: Clock;
  readonly record: (event: EventFacts) => void;
  /** Groups change by what time does to their members, too, so somebody has to look. */
  readonly groups: () => Iterable<readonly [name: string, status: TargetStatus]>;
}

export function createWatch({ clock, record, groups }: WatchDeps): Watch {
  const targets = new Map<string, TargetStatus>();
  let knownGroups = new Map<string, TargetStatus>();
  let cancel = (): void => {};

  const look = (): void => {
    const now = new Map(groups());
    for (const [subject, to] of now) {
      const from = knownGroups.get(subject);
      if (from !== undefined && from !== to) record({ kind: "group", at: clock.now(), subject, from, to });
    }
    knownGroups = now;
    cancel = clock.after(LOOK_EVERY, look);
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
    start: look,
    stop: () => cancel(),
  };
}
