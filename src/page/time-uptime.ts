import type { Timestamp } from "../core/units.ts";
import { type Absence, absentTime } from "./absences.ts";
import type { DayBar } from "./model/bars.ts";
import { DAYS_SHOWN } from "./model/bars.ts";
import { UPTIME_WINDOWS, type Uptimes, type UptimeWindow } from "./model/words.ts";
import type { Stretch } from "./timeline.ts";

/** Seconds of a day. */
export const DAY = 86_400;

/** The lengths of windows in seconds. */
export const WINDOW_SECONDS = {
  "1h": 3600,
  "24h": DAY,
  "7d": 7 * DAY,
  "30d": 30 * DAY,
  "90d": 90 * DAY,
} as const satisfies Record<UptimeWindow, number>;

/** Least time of a stretch that must be known, in seconds, so that it says something. */
const LEAST_KNOWN = 30;

/** The history that the uptime of a subject without probes is computed from. */
export interface KnownTime {
  readonly now: Timestamp;
  readonly timeline: readonly Stretch[];
  readonly absences: readonly Absence[];
}

/** Returns the share of the known time of a window in which a subject was not down; `null` if too little of it is known. */
function uptimeOf({ now, timeline, absences }: KnownTime, from: number, to: number): number | null {
  let [known, down] = [0, 0];
  for (const stretch of timeline) {
    if (stretch.status === "unknown") continue;
    const begin = Math.max(from, stretch.from);
    const end = Math.min(to, stretch.to ?? now);
    if (end <= begin) continue;
    const length = end - begin - absentTime(absences, begin, end);
    known += length;
    if (stretch.status === "unhealthy") down += length;
  }
  return known < LEAST_KNOWN ? null : Math.max(0, 1 - down / known);
}

/** Returns the uptime of the last days, in UTC, of a subject without probes. */
export function dayBar(known: KnownTime): DayBar {
  const today = Math.floor(known.now / DAY);
  return Array.from({ length: DAYS_SHOWN }, (_, i) => {
    const day = today - DAYS_SHOWN + 1 + i;
    return uptimeOf(known, day * DAY, (day + 1) * DAY);
  });
}

/** Returns the uptime of each window of a subject without probes. */
export const timeUptimes = (known: KnownTime): Uptimes => {
  const of = (window: UptimeWindow): number | null =>
    uptimeOf(known, known.now - WINDOW_SECONDS[window], known.now);
  return Object.fromEntries(UPTIME_WINDOWS.map((window) => [window, of(window)])) as Record<
    UptimeWindow,
    number | null
  >;
};
