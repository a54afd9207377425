import type { Clock } from "../core/clock.ts";
import { elapsed, type Seconds, type Timestamp, timestamp } from "../core/units.ts";

/**
 * The time by which silence is measured. It starts as the wall clock and never jumps: a clock set back would hide
 * silence, one set forward would invent it.
 */
export interface SteadyClock {
  now(): Timestamp;
  /** How far the wall clock is ahead of it. */
  ahead(): Seconds;
  readonly startedAt: Timestamp;
}

export function createSteadyClock(clock: Clock): SteadyClock {
  const [startedAt, start] = [clock.now(), clock.monotonic()];
  const now = (): Timestamp => timestamp(startedAt + (clock.monotonic() - start));
  return { now, ahead: () => elapsed(now(), clock.now()), startedAt };
}
