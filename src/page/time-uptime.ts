import type { Timestamp } from "../core/units.ts";
import { type Absence, absentTime, overlap } from "./absences.ts";
import type { RecordedIncident } from "./incidents/incident.ts";
import type { DayBar } from "./model/bars.ts";
import { DAYS_SHOWN } from "./model/bars.ts";
import { UPTIME_WINDOWS, type Uptimes, type UptimeWindow } from "./model/words.ts";

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

/** What the uptime of a subject without probes is computed from. */
export interface KnownTime {
  readonly now: Timestamp;
  /** When the exporter first knew the subject; without it, nothing is known. */
  readonly knownSince?: Timestamp;
  readonly incidents: readonly RecordedIncident[];
  readonly absences: readonly Absence[];
}

/** Returns the share of a stretch in which a subject was not down; `null` if too little of it is known. */
function uptimeOf(
  { now, knownSince, incidents, absences }: KnownTime,
  from: number,
  to: number,
): number | null {
  if (knownSince === undefined) return null;
  const known = { from: Math.max(from, knownSince), to: Math.min(to, now) };
  if (known.to <= known.from) return null;
  const observed = known.to - known.from - absentTime(absences, known.from, known.to);
  if (observed < Math.min(LEAST_KNOWN, to - from)) return null;
  const down = incidents.flatMap(downtimes(now)).reduce((sum, part) => {
    const length = overlap(part, known);
    if (length === 0) return sum;
    const start = Math.max(part.from, known.from);
    return sum + length - absentTime(absences, start, start + length);
  }, 0);
  return Math.max(0, Math.min(1, 1 - down / observed));
}

/** Returns the stretches of an incident in which its subject was down. */
const downtimes =
  (now: Timestamp) =>
  ({ changes }: RecordedIncident): readonly { readonly from: number; readonly to: number }[] =>
    changes.flatMap(({ at, to }, i) =>
      to === "unhealthy" ? [{ from: at, to: changes[i + 1]?.at ?? now }] : [],
    );

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
