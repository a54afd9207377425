import { Cron } from "croner";
import { DAYS, type WindowTimes } from "../core/maintenance.ts";
import { after, type Timestamp, timestamp } from "../core/units.ts";

/** Whether a window is open, and until when that holds. */
export interface WindowState {
  readonly open: boolean;
  /** When the answer may change; absent when it will not. */
  readonly until?: Timestamp;
}

/** Tells of the time whether a window is open at it. */
export type WindowStateAt = (now: Timestamp) => WindowState;

/**
 * Makes the times of a window ready to be asked. On the clock of a time zone, a time that is skipped in spring is the
 * one right after the gap, and one that comes twice in autumn is the first of both: such a window lasts an hour more.
 */
export function openingOf(times: WindowTimes): WindowStateAt {
  switch (times.kind) {
    case "once":
      return onceOpening(times.from, times.to);
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

const onceOpening =
  (from: Timestamp, to: Timestamp): WindowStateAt =>
  (now) => {
    if (now < from) return { open: false, until: from };
    return now < to ? { open: true, until: to } : { open: false };
  };

/** Of windows that all last about as long, the one that began last ends last. */
function recurring(starts: Cron, endOf: (start: Timestamp) => Timestamp): WindowStateAt {
  return (now) => {
    // Whole seconds are what cron knows, and what begins in this one has begun.
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
