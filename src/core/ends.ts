import type { Clock } from "./clock.ts";
import { elapsed, type Seconds, seconds, type Timestamp } from "./units.ts";

/**
 * Tells when times of the wall clock have passed at which something ends that an operator limited in time. None passes later than it
 * seemed when it was first asked about: set back, the clock would make an hour of a minute.
 */
export interface Ends {
  /**
   * Reports whether a time has passed.
   * @param key tells what ends; another time for it replaces the one before
   */
  hasPassed(key: string, until: Timestamp): boolean;
}

/** Creates ends without any. Those that have passed are forgotten. */
export function createEnds(clock: Pick<Clock, "now" | "monotonic">): Ends {
  const known = new Map<string, { readonly until: Timestamp; readonly end: Seconds }>();
  return {
    hasPassed(key, until) {
      const left = elapsed(clock.now(), until);
      const before = known.get(key);
      const end = before?.until === until ? before.end : seconds(clock.monotonic() + left);
      const hasPassed = left <= 0 || clock.monotonic() >= end;
      if (hasPassed) known.delete(key);
      else known.set(key, { until, end });
      return hasPassed;
    },
  };
}
