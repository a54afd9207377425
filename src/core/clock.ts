import { startLenientTimeout } from "./lenient-timeout.ts";
import { createStallMeter, type LoopTimers, type StallMeter } from "./stalls.ts";
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
  /**
   * Like `after`, for a wait whose end is a verdict about another process: a deadline, the longest silence. Time for which
   * the event loop stood still does not count, and `run` is not called before what has arrived is read.
   */
  timeout(delay: Seconds, run: () => void): () => void;
  /** Returns the time at which something arrived that is read now. */
  arrival(): Arrival;
  /**
   * Returns a clock for one probe. Between two readings of its `monotonic`, it leaves out the time for which the event loop
   * stood still, as the steps of a probe wait for each other. `arrival` leaves out only what may have delayed the arrival,
   * which is right if the other side works without waiting for this one: on a response, on the rest of a stream.
   */
  forProbe(): Clock;
  /** Returns the total time of stalls of the event loop while something waited with `timeout`. */
  stalled(): Seconds;
}

/**
 * The time at which something arrived, on the monotonic clock. The two differ if the event loop stood still before it was
 * read: it may have arrived at any moment between them.
 */
export interface Arrival {
  readonly earliest: Seconds;
  readonly latest: Seconds;
}

/** Longest delay of setTimeout, which fires at once for a longer one. Longer waits use several timers. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The timers of this process. */
const processTimers: LoopTimers = {
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
  afterPoll: (run) => void setImmediate(run),
};

/** Creates a clock on the timers of an event loop and a wall clock. */
export function createClock(timers: LoopTimers, now: () => Timestamp): Clock {
  const stalls = createStallMeter(timers);
  const { monotonic, after } = timers;
  const clock = (): Clock => ({
    now,
    after,
    timeout: (delay, run) => startLenientTimeout(timers, stalls, delay, run),
    ...leaveOutStalls(timers, stalls),
    forProbe: clock,
    stalled: () => stalls.total(),
  });
  return { ...clock(), monotonic };
}

/** Starts to measure the time of a probe. */
function leaveOutStalls({ monotonic }: LoopTimers, stalls: StallMeter): Pick<Clock, "monotonic" | "arrival"> {
  /** The stalls that were left out. */
  let leftOut = 0;
  /** The total of stalls at the last reading, less those that it did not decide about. */
  let seen: number = stalls.total();
  /** The last reading. A stall counts from a few milliseconds on, and then whole, so that time would go back. */
  let last = 0;
  return {
    monotonic() {
      const total = stalls.total();
      leftOut += Math.max(0, total - seen);
      seen = total;
      last = Math.max(last, monotonic() - leftOut);
      return seconds(last);
    },
    arrival() {
      const total = stalls.total();
      const uncertain = Math.min(stalls.justEnded(), Math.max(0, total - seen));
      seen = total - uncertain;
      const latest = Math.max(last, monotonic() - leftOut);
      return { earliest: seconds(Math.max(last, latest - uncertain)), latest: seconds(latest) };
    },
  };
}

/** The clock of the machine. */
export const systemClock: Clock = createClock(processTimers, () => timestamp(Date.now() / 1000));
