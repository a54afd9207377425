import type { StateStore } from "../../core/memory.ts";
import { elapsed, isTimestamp, seconds, type Timestamp } from "../../core/units.ts";

/** Limits the attempts of all actions together, so that a storm of alerts does not become a storm of restarts. */
export interface RateLimit {
  /** Counts an attempt and returns true, or returns false if `perHour` were counted within the last hour. */
  admit(now: Timestamp, perHour: number): boolean;
}

const KEY = "attempts";
const HOUR = seconds(3600);

/**
 * Restores the attempts counted by the previous run.
 * @param store used for nothing else
 */
export function createRateLimit(store: StateStore): RateLimit {
  const stored = store.get(KEY);
  let times = (Array.isArray(stored) ? stored : []).filter(isTimestamp);
  return {
    admit(now, perHour) {
      times = times.filter((time) => Math.abs(elapsed(time, now)) < HOUR);
      if (times.length >= perHour) return false;
      times = [...times, now];
      store.put(KEY, times);
      return true;
    },
  };
}
