import type { Period } from "../core/money.ts";
import { after, elapsed, type Seconds, seconds, type Timestamp, timestamp } from "../core/units.ts";

const LENGTHS = { hour: seconds(3600), day: seconds(86_400) } as const satisfies Record<Period, Seconds>;

/** When the window that holds `at` began: the full hour, or midnight, of UTC. Unix time has neither leap seconds nor zones. */
export const windowStart = (per: Period, at: Timestamp): Timestamp =>
  timestamp(Math.floor(at / LENGTHS[per]) * LENGTHS[per]);

/** When the window that began at `start` ends and the next one begins. */
export const windowEnd = (per: Period, start: Timestamp): Timestamp => after(start, LENGTHS[per]);

/**
 * The window to count in, when the last thing was counted in the one from `known`. A clock that is set back a little,
 * over the beginning of a window, must not give the money of that window a second time, so the later one stays. One
 * that was wrong by more than a window is not believed any more.
 */
export function windowNow(per: Period, at: Timestamp, known: Timestamp | undefined): Timestamp {
  const start = windowStart(per, at);
  if (known === undefined) return start;
  const ahead = elapsed(start, known);
  return ahead > 0 && ahead <= LENGTHS[per] ? known : start;
}
