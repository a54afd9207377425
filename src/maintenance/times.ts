import { Cron } from "croner";
import { defined } from "../core/defined.ts";
import { DAYS, type WindowTimes } from "../core/maintenance.ts";
import { after, type Timestamp, timestamp } from "../core/units.ts";

/** The state of a window at one moment. */
export interface WindowState {
  readonly open: boolean;
  /** When `open` may change next; absent if it will not. */
  readonly until?: Timestamp;
  /** When the window was last open; absent while it is open, and if it never was. */
  readonly ended?: Timestamp;
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
      return recurring(starts, (start) => next(ends, start));
    }
  }
}

const once =
  (from: Timestamp, to: Timestamp): WindowStateAt =>
  (now) => {
    if (now < from) return { open: false, until: from };
    return now < to ? { open: true, until: to } : { open: false, ended: to };
  };

/** Looks only at the last start: of occurrences of about equal length, the latest to start is the latest to end. */
function recurring(starts: Cron, endOf: (start: Timestamp) => Timestamp | undefined): WindowStateAt {
  return (now) => {
    // Cron works in whole seconds, and a window that starts within the current second has started.
    const [last] = starts.previousRuns(1, new Date((Math.floor(now) + 1) * 1000));
    const ended = last === undefined ? undefined : endOf(timestamp(last.getTime() / 1000));
    if (ended !== undefined && ended > now) return { open: true, until: ended };
    return { open: false, ...defined({ until: next(starts, now), ended }) };
  };
}

const cronOf = (pattern: string, timeZone: string): Cron => new Cron(pattern, { timezone: timeZone });

function next(cron: Cron, from: Timestamp): Timestamp | undefined {
  const found = cron.nextRun(new Date(from * 1000));
  return found === null ? undefined : timestamp(found.getTime() / 1000);
}

function minuteAndHour(time: string): string {
  const [hour = "0", minute = "0"] = time.split(":");
  return `${Number(minute)} ${Number(hour)}`;
}
