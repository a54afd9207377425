import { type Seconds, seconds } from "./units.ts";

/** The timers of an event loop. */
export interface LoopTimers {
  readonly monotonic: () => Seconds;
  /** Calls `run` once after `delay`; the returned function cancels it. */
  readonly after: (delay: Seconds, run: () => void) => () => void;
  /** Calls `run` once the loop has read its sockets, at the end of its current turn. */
  readonly afterPoll: (run: () => void) => void;
}

/**
 * Measures for how long the event loop stands still: it computes something, or the process was stopped or got no processor.
 * An answer that arrives meanwhile is read afterwards, and timers run before it is read. It ticks only while it is watched.
 */
export interface StallMeter {
  /** Measures until the returned function is called. */
  watch(): () => void;
  /** Returns the total time of the stalls that were watched, with the one that goes on. */
  total(): Seconds;
  /**
   * Returns the part of `total` that ends in this turn of the loop. What is read in this turn may have arrived at any moment
   * of it; what is read in a later turn arrived after it.
   */
  justEnded(): Seconds;
  /** Returns the number of stalls in `total` that have ended. */
  count(): number;
}

/**
 * Interval of the ticks. A stall is measured from the first tick that comes late, so a part of it of at most this length is
 * not seen. Shorter ticks would cost more than the probes: each one wakes the process.
 */
export const TICK = seconds(0.01);

/** Delay of a tick from which the loop counts as stalled. Timers have a resolution of a millisecond. */
const LATE = seconds(0.003);

/** Creates a meter for the loop that runs these timers. */
export function createStallMeter({ monotonic, after, afterPoll }: LoopTimers): StallMeter {
  let watchers = 0;
  /** Time at which the next tick is due; undefined while there is none. */
  let dueAt: Seconds | undefined;
  let ended = 0;
  let endedInTurn = 0;
  let count = 0;

  const lateness = (): number => {
    const late = dueAt === undefined ? 0 : monotonic() - dueAt;
    return late > LATE ? late : 0;
  };
  const forgetTurn = (): void => {
    endedInTurn = 0;
  };
  const arm = (): void => {
    dueAt = seconds(monotonic() + TICK);
    after(TICK, tick);
  };
  const tick = (): void => {
    const late = lateness();
    if (late > 0) {
      ended += late;
      endedInTurn += late;
      count += 1;
      afterPoll(forgetTurn);
    }
    if (watchers > 0) arm();
    else dueAt = undefined;
  };

  return {
    watch() {
      watchers += 1;
      if (dueAt === undefined) arm();
      let watching = true;
      return () => {
        if (watching) watchers -= 1;
        watching = false;
      };
    },
    total: () => seconds(ended + lateness()),
    justEnded: () => seconds(endedInTurn + lateness()),
    count: () => count,
  };
}
