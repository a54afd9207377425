import type { Clock } from "../../src/core/clock.ts";
import { type Seconds, seconds, timestamp } from "../../src/core/units.ts";

/** A clock that only moves when the test advances it. */
export interface ManualClock extends Clock {
  /** Moves wall clock and monotonic clock forward and runs the timers that expire, in order of their deadlines. */
  advance(by: Seconds): void;
}

/** Creates a clock that shows 2025-09-15T13:30:00Z until the test advances it. */
export function manualClock(start = 1_757_943_000): ManualClock {
  let passed = 0;
  let timers: { due: number; run: () => void }[] = [];
  return {
    now: () => timestamp(start + passed),
    monotonic: () => seconds(passed),
    after(delay, run) {
      const timer = { due: passed + delay, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(by) {
      const end = passed + by;
      for (;;) {
        const next = timers.toSorted((a, b) => a.due - b.due)[0];
        if (next === undefined || next.due > end) break;
        passed = next.due;
        timers = timers.filter((other) => other !== next);
        next.run();
      }
      passed = end;
    },
  };
}
