import type { Clock } from "../core/clock.ts";
import { elapsed, type Seconds, type Timestamp, timestamp } from "../core/units.ts";

/**
 * The clock that silence is measured by. It starts at the wall clock's time and never jumps: setting the wall clock back
 * would hide silence, setting it forward would invent it. It stands still while the exporter does not run.
 */
export interface SteadyClock {
  now(): Timestamp;
  /** How far the wall clock is ahead of this clock. */
  ahead(): Seconds;
  readonly startedAt: Timestamp;
}

/**
 * Starts a steady clock at the wall clock's time.
 * @param clock its `monotonic` stands still while the exporter does not run
 */
export function createSteadyClock(clock: Clock): SteadyClock {
  const [startedAt, start] = [clock.now(), clock.monotonic()];
  const now = (): Timestamp => timestamp(startedAt + (clock.monotonic() - start));
  return { now, ahead: () => elapsed(now(), clock.now()), startedAt };
}
