import type { Period } from "../core/money.ts";
import { after, elapsed, type Seconds, seconds, type Timestamp, timestamp } from "../core/units.ts";

const LENGTHS = { hour: seconds(3600), day: seconds(86_400) } as const satisfies Record<Period, Seconds>;

/** Returns the start of the window that contains `at`: the full hour or midnight in UTC. Unix time has no leap seconds. */
export const windowStart = (per: Period, at: Timestamp): Timestamp =>
  timestamp(Math.floor(at / LENGTHS[per]) * LENGTHS[per]);

/** Returns the end of the window that began at `start`. */
export const windowEnd = (per: Period, start: Timestamp): Timestamp => after(start, LENGTHS[per]);

/**
 * Returns the start of the window to count in. If the clock was set back by up to one window, counting stays in the previous
 * window, so that its budget is not granted twice. If it is further ahead, the previous window came from a wrong clock and is
 * discarded.
 * @param previous start of the window in which the last amount was counted
 */
export function currentWindow(per: Period, at: Timestamp, previous: Timestamp | undefined): Timestamp {
  const start = windowStart(per, at);
  if (previous === undefined) return start;
  const ahead = elapsed(start, previous);
  return ahead > 0 && ahead <= LENGTHS[per] ? previous : start;
}
