import { Cron } from "croner";
import { DAYS, type WindowTimes } from "../core/maintenance.ts";
import { after, type Timestamp, timestamp } from "../core/units.ts";

/** The state of a window at one moment. */
export interface WindowState {
  readonly open: boolean;
  /** When `open` may change next; absent if it will not. */
  readonly until?: Timestamp;
}

/** Returns the state of a window at `now`. */
export type WindowStateAt = (now: Timestamp) => WindowState;

/**
 * Compiles the times of a window. In its time zone, a time skipped in spring means the moment right after the gap, and a
 * time that occurs twice in autumn means the first of the two, so a window that spans it lasts an hour longer.
 */
export function compileTimes(times: WindowTimes): WindowStateAt {
  switch (times.kind) {
    case "once":
      return once(times.from, times.to);
    case "cron": {
      const starts = cronOf(times.cron, times.timeZone);
      return recurring(starts, (start) => after(start, times.duration));
    }
    case "weekly": {
      const starts = cronOf(
        `${minuteAndHour(times.from)} * * ${times.days.map((day) => DAYS.indexOf(day)).join(",")}`,
        times.timeZone,
      );
      const ends = cronOf(`${minuteAndHour(times.to)} * * *`, times.timeZone);
      return recurring(starts, (start) => next(ends, start) ?? start);
    }
  }
}

/** Returns when a window that is not open at `now` was last open; `undefined` if it never was. */
export function lastEnd(times: WindowTimes, now: Timestamp): Timestamp | undefined {
  if (times.kind === "once") return times.to <= now ? times.to : undefined;
  const pattern =
    times.kind === "cron"
      ? times.cron
      : `${minuteAndHour(times.from)} * * ${times.days.map((day) => DAYS.indexOf(day)).join(",")}`;
  const [start] = cronOf(pattern, times.timeZone).previousRuns(1, new Date((Math.floor(now) + 1) * 1000));
  if (start === undefined) return undefined;
  const from = timestamp(start.getTime() / 1000);
  if (times.kind === "cron") return after(from, times.duration);
  return next(cronOf(`${minuteAndHour(times.to)} * * *`, times.timeZone), from);
}

const once =
  (from: Timestamp, to: Timestamp): WindowStateAt =>
  (now) => {
    if (now < from) return { open: false, until: from };
    return now < to ? { open: true, until: to } : { open: false };
  };

/** Looks only at the last start: of occurrences of about equal length, the latest to start is the latest to end. */
function recurring(starts: Cron, endOf: (start: Timestamp) => Timestamp): WindowStateAt {
  return (now) => {
    // Cron works in whole seconds, and a window that starts within the current second has started.
    const [last] = starts.previousRuns(1, new Date((Math.floor(now) + 1) * 1000));
    const end = last === undefined ? now : endOf(timestamp(last.getTime() / 1000));
    if (end > now) return { open: true, until: end };
    const start = next(starts, now);
    return start === undefined ? { open: false } : { open: false, until: start };
  };
}

const cronOf = (pattern: string, timeZone: string): Cron =>
  new Cron(pattern, { paused: true, timezone: timeZone });

function next(cron: Cron, from: Timestamp): Timestamp | undefined {
  const found = cron.nextRun(new Date(from * 1000));
  return found === null ? undefined : timestamp(found.getTime() / 1000);
}

function minuteAndHour(time: string): string {
  const [hour = "0", minute = "0"] = time.split(":");
  return `${Number(minute)} ${Number(hour)}`;
}
