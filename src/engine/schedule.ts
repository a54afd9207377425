import type { Clock } from "../core/clock.ts";
import type { Target } from "../core/target.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** Probes targets with `schedule: interval`. */
export interface Scheduler {
  /** Replaces the list of targets. A target with the same name and interval keeps its rhythm. */
  setTargets(targets: readonly Target[]): void;
  /** Returns the time until a target's next probe; `undefined` if it is not probed on schedule. */
  nextIn(name: string): Seconds | undefined;
  /** Returns the delay of the most overdue target, whose timer has not fired; 0 if none is overdue. */
  lateness(): Seconds;
  /** Stops all timers. */
  stop(): void;
}

interface ScheduledTarget {
  target: Target;
  readonly due: () => number;
  readonly cancel: () => void;
}

/** Longest time over which first probes are spread, so that a restart of the exporter does not cause a burst of prompts. */
const FIRST_PROBES_WITHIN = seconds(10);

/**
 * Creates a scheduler without targets.
 * @param run starts one probe; it must not throw
 * @param firstDelay returns the shortest delay of a target's first probe, for targets that were probed before a restart
 */
export function createScheduler(
  clock: Clock,
  run: (target: Target) => void,
  firstDelay: (target: Target) => Seconds = () => seconds(0),
): Scheduler {
  let timers = new Map<string, ScheduledTarget>();

  return {
    setTargets(targets) {
      const scheduled = targets.filter(({ schedule }) => schedule === "interval");
      const before = timers;
      timers = new Map();
      for (const [i, target] of scheduled.entries()) {
        const known = before.get(target.name);
        if (known !== undefined && known.target.interval === target.interval) {
          known.target = target;
          before.delete(target.name);
          timers.set(target.name, known);
        } else {
          const spread = Math.min(target.interval, FIRST_PROBES_WITHIN);
          const firstIn = Math.max(
            (i / scheduled.length) * spread,
            Math.min(firstDelay(target), target.interval),
          );
          timers.set(target.name, startTimer(clock, target, seconds(firstIn), run));
        }
      }
      for (const { cancel } of before.values()) cancel();
    },
    nextIn(name) {
      const scheduled = timers.get(name);
      return scheduled === undefined ? undefined : seconds(Math.max(0, scheduled.due() - clock.monotonic()));
    },
    lateness() {
      const now = clock.monotonic();
      return seconds([...timers.values()].reduce((most, { due }) => Math.max(most, now - due()), 0));
    },
    stop() {
      for (const { cancel } of timers.values()) cancel();
      timers = new Map();
    },
  };
}

/** Starts a fixed rhythm: a late timer does not shift it, and missed probes (on a suspended machine) are not caught up. */
function startTimer(
  clock: Clock,
  target: Target,
  firstIn: Seconds,
  run: (target: Target) => void,
): ScheduledTarget {
  let due = clock.monotonic() + firstIn;
  const fire = (): void => {
    const missed = Math.floor((clock.monotonic() - due) / target.interval);
    due += (Math.max(0, missed) + 1) * target.interval;
    cancelTimer = clock.after(seconds(due - clock.monotonic()), fire);
    run(scheduled.target);
  };
  let cancelTimer = clock.after(firstIn, fire);
  const scheduled: ScheduledTarget = { target, due: () => due, cancel: () => cancelTimer() };
  return scheduled;
}
