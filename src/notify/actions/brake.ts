import type { StateStore } from "../../core/memory.ts";
import { elapsed, seconds, type Timestamp, timestamp } from "../../core/units.ts";

/** Bounds what all actions together may do: a storm of alerts must not become a storm of restarts. */
export interface Brake {
  /** Counts an attempt, unless there were too many within the last hour. */
  admit(now: Timestamp, perHour: number): boolean;
}

const KEY = "attempts";
const HOUR = seconds(3600);

/** @param shelf its own, and nobody else's */
export function createBrake(shelf: StateStore): Brake {
  const known = shelf.get(KEY);
  let times = (Array.isArray(known) ? known : [])
    .filter((time): time is number => typeof time === "number")
    .map(timestamp);
  return {
    admit(now, perHour) {
      times = times.filter((time) => Math.abs(elapsed(time, now)) < HOUR);
      if (times.length >= perHour) return false;
      times = [...times, now];
      shelf.put(KEY, times);
      return true;
    },
  };
}
