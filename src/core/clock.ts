import { type Seconds, seconds, type Timestamp, timestamp, toMilliseconds } from "./units.ts";

/**
 * The only source of time. Tests inject one that they advance by hand.
 * `now` is the wall clock and may jump. `monotonic` never goes back: measure durations with it.
 */
export interface Clock {
  now(): Timestamp;
  monotonic(): Seconds;
  /** Calls `run` once after `delay`; the returned function cancels it. Does not keep the process alive. */
  after(delay: Seconds, run: () => void): () => void;
}

/** Longest delay of setTimeout, which fires at once for a longer one. Longer waits use several timers. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => timestamp(Date.now() / 1000),
  monotonic: () => seconds(performance.now() / 1000),
  after(delay, run) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      const next = left > LONGEST_TIMER_MS ? () => arm(left - LONGEST_TIMER_MS) : run;
      timer = setTimeout(next, Math.min(left, LONGEST_TIMER_MS));
      timer.unref();
    };
    arm(toMilliseconds(delay));
    return () => clearTimeout(timer);
  },
};
