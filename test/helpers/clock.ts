import type { Clock } from "../../src/core/clock.ts";
import { type Seconds, seconds, timestamp } from "../../src/core/units.ts";
import { waitUntil } from "./process.ts";

/** A clock that only moves when the test advances it. */
export interface ManualClock extends Clock {
  /** Moves wall clock and monotonic clock forward and runs the timers that expire, in order of their deadlines. */
  advance(by: Seconds): void;
  /** Lets time pass without running timers, as if the process were stopped. Timers that expired run late, on the next `advance`. */
  block(by: Seconds): void;
  /** Moves the wall clock alone. */
  setWall(by: Seconds): void;
  /** The number of timers that have not expired. */
  timers(): number;
}

/** Advances the clock past a timer whose work sets the next one when it has ended, and waits for that. */
export async function advanceAndWait(clock: ManualClock, by: Seconds): Promise<void> {
  clock.advance(by);
  const left = clock.timers();
  await waitUntil("the next timer", () => clock.timers() > left || undefined);
}

/** Creates a clock that shows 2025-09-15T13:30:00Z until the test advances it. */
export function manualClock(start = 1_757_943_000): ManualClock {
  let passed = 0;
  let wall = start;
  let timers: { due: number; run: () => void }[] = [];
  const after: Clock["after"] = (delay, run) => {
    // A real timer would run at once.
    if (Number.isNaN(delay)) throw new Error("got no number for the delay of a timer");
    const timer = { due: passed + delay, run };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const clock: ManualClock = {
    now: () => timestamp(wall + passed),
    monotonic: () => seconds(passed),
    after,
    timeout: after,
    arrival: () => ({ earliest: seconds(passed), latest: seconds(passed) }),
    forProbe: () => clock,
    stalled: () => seconds(0),
    block(by) {
      passed += by;
    },
    setWall(by) {
      wall += by;
    },
    timers: () => timers.length,
    advance(by) {
      const end = passed + by;
      for (;;) {
        let next: (typeof timers)[number] | undefined;
        for (const timer of timers) if (next === undefined || timer.due < next.due) next = timer;
        if (next === undefined || next.due > end) break;
        passed = Math.max(passed, next.due);
        timers.splice(timers.indexOf(next), 1);
        next.run();
      }
      passed = end;
    },
  };
  return clock;
}
