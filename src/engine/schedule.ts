import type { Clock } from "../core/clock.ts";
import type { Target } from "../core/target.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** Runs targets with `schedule: interval` by the exporter's own clock. */
export interface Scheduler {
  /** Takes over a new list; targets whose name and interval are unchanged keep their beat. */
  setTargets(targets: readonly Target[]): void;
  /** By how much the latest of all targets is late, because timers do not fire; 0 when none is. */
  lateness(): Seconds;
  stop(): void;
}

interface ScheduledTarget {
  target: Target;
  readonly due: () => number;
  readonly cancel: () => void;
}

/** First probes are spread over this time at the most, so that a restart of the exporter is no burst of prompts. */
const FIRST_PROBES_WITHIN = seconds(10);

/**
 * @param run starts one probe; it must not throw
 * @param rest how long the first probe of a target has to wait for, as it was probed before the start; 0 when it has not
 */
export function createScheduler(
  clock: Clock,
  run: (target: Target) => void,
  rest: (target: Target) => Seconds = () => seconds(0),
): Scheduler {
  let beats = new Map<string, ScheduledTarget>();

  return {
    setTargets(targets) {
      const scheduled = targets.filter(({ schedule }) => schedule === "interval");
      const before = beats;
      beats = new Map();
      for (const [i, target] of scheduled.entries()) {
        const known = before.get(target.name);
        if (known !== undefined && known.target.interval === target.interval) {
          known.target = target;
          before.delete(target.name);
          beats.set(target.name, known);
        } else {
          const spread = Math.min(target.interval, FIRST_PROBES_WITHIN);
          const firstIn = Math.max((i / scheduled.length) * spread, Math.min(rest(target), target.interval));
          beats.set(target.name, startBeat(clock, target, seconds(firstIn), run));
        }
      }
      for (const { cancel } of before.values()) cancel();
    },
    lateness() {
      const now = clock.monotonic();
      return seconds([...beats.values()].reduce((most, { due }) => Math.max(most, now - due()), 0));
    },
    stop() {
      for (const { cancel } of beats.values()) cancel();
      beats = new Map();
    },
  };
}

/** A fixed rhythm: late timers do not shift it, and beats missed altogether (a suspended machine) are not made up for. */
function startBeat(
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
    run(beat.target);
  };
  let cancelTimer = clock.after(firstIn, fire);
  const beat: ScheduledTarget = { target, due: () => due, cancel: () => cancelTimer() };
  return beat;
}
