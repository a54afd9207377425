import { performance } from "node:perf_hooks";
import { startLenientTimeout } from "./lenient-timeout.ts";
import { type Arrival, NEGLIGIBLE } from "./precision.ts";
import { createStallMeter, type LoopTimers, type StallMeter, type StallReading } from "./stalls.ts";
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
   * Returns a clock for one probe. Its `monotonic` leaves out all time for which the event loop stood still, as the steps of a
   * probe wait for each other. `arrival` leaves out only what may have delayed the arrival, which is right if the other side
   * works without waiting for this one: on a response, on the rest of a stream.
   */
  forProbe(): Clock;
  /** Returns the total time of stalls of the event loop while something waited with `timeout`. */
  stalled(): Seconds;
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
  idle: () => seconds(performance.nodeTiming.idleTime / 1000),
  afterPoll: (run) => void setImmediate(run),
  // Without a reference, it does not keep the loop from waiting for events.
  onTurn: (run) => void setImmediate(run).unref(),
};

/** Creates a clock on the timers of an event loop and a wall clock. */
export function createClock(timers: LoopTimers, now: () => Timestamp): Clock {
  const stalls = createStallMeter(timers);
  const { monotonic, after } = timers;
  const clock = (): Clock => ({
    now,
    after,
    timeout: (delay, run) => startLenientTimeout(timers, stalls, delay, run),
    ...leaveOutStalls(stalls),
    forProbe: clock,
    stalled: () => seconds(stalls.read().stalled),
  });
  return { ...clock(), monotonic };
}

/**
 * Shortest time between two readings of a probe's clock. So no step takes 0 s, not even one that began and ended in work of the
 * exporter: 0 means that the probe did not reach the step.
 */
const SHORTEST = seconds(1e-6);

/** Starts to measure the time of a probe. */
function leaveOutStalls(stalls: StallMeter): Pick<Clock, "monotonic" | "arrival"> {
  let leftOut = 0;
  /** The totals at the last reading, less what it did not decide about. */
  let { stalled: stalledBefore, away: awayBefore } = stalls.read();
  /** The last reading. A stall counts from a certain length on, and then whole, so that time would go back. */
  let last = Number.NEGATIVE_INFINITY;
  /** Returns the part of the time since the last reading in which what is read now may have arrived. */
  const uncertain = ({ away, unread }: StallReading): number => {
    const length = Math.min(unread, away - awayBefore);
    return length > NEGLIGIBLE ? length : 0;
  };
  return {
    monotonic() {
      const reading = stalls.read();
      leftOut += Math.max(reading.stalled - stalledBefore, uncertain(reading));
      stalledBefore = reading.stalled;
      awayBefore = reading.away;
      last = Math.max(last + SHORTEST, reading.at - leftOut);
      return seconds(last);
    },
    arrival() {
      const reading = stalls.read();
      const length = uncertain(reading);
      stalledBefore = Math.max(stalledBefore, reading.stalled - length);
      awayBefore = reading.away - length;
      const latest = Math.max(last + SHORTEST, reading.at - leftOut);
      return { earliest: seconds(Math.max(last + SHORTEST, latest - length)), latest: seconds(latest) };
    },
  };
}

/** The clock of the machine. */
export const systemClock: Clock = createClock(processTimers, () => timestamp(Date.now() / 1000));
