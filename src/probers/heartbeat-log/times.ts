import { type Timestamp, timestamp } from "../../core/units.ts";
import { asUtf8 } from "./formats.ts";
import { daysIn, findWritten, type WrittenTime } from "./time-forms.ts";
import { readingsOf, type Zone } from "./zones.ts";

/** Common names of the field with the time of a line, the most common first. */
export const TIME_FIELDS = ["timestamp", "@timestamp", "time", "ts", "asctime", "datetime"] as const;

/** A Unix time in 2001. Lower numbers are not the time of a heartbeat, but for example a duration. */
const LEAST = 1e9;

/** Seconds that the clock of a service may be ahead of the exporter's. */
export const TOLERATED_SKEW = 5;

/**
 * Seconds that a time without a year may be ahead. Beyond that it is taken for a time in an earlier year, which would make
 * a service whose clock is a minute ahead a year old.
 */
const AHEAD_WITHOUT_YEAR = 3600;

/** Years that are tried for a time without one: 29 February may be eight years ago. */
const YEARS_BACK = 8;

/** A Unix time at the beginning of a line, possibly in brackets. */
const UNIX_PREFIX = /^[\s[("]*(\d{10}(?:\.\d+)?|\d{13}|\d{16}|\d{19})(?![\d.:/-])/;

const UNBOUNDED = timestamp(Number.POSITIVE_INFINITY);

/**
 * Parses the time in a field: a date, or a Unix time in seconds, milliseconds, microseconds or nanoseconds.
 * @param latest the time by which the text was written, which tells a time that two readings fit, or one without a year
 */
export function timeOf(value: unknown, zone: Zone, latest: Timestamp = UNBOUNDED): Timestamp | undefined {
  if (typeof value === "number") return unixTime(value);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return /^\d+(\.\d+)?(e\+?\d+)?$/i.test(text) ? unixTime(Number(text)) : findTime(text, zone, latest);
}

/** Parses a Unix time, whose size tells the unit. */
function unixTime(value: number): Timestamp | undefined {
  if (!(value >= LEAST) || value >= 1e20) return undefined;
  const power = value < 1e11 ? 0 : value < 1e14 ? 3 : value < 1e17 ? 6 : 9;
  return timestamp(value / 10 ** power);
}

/**
 * Parses the first date in `text`, or a Unix time at its beginning.
 * @param latest as in `timeOf`
 */
export function findTime(text: string, zone: Zone, latest: Timestamp = UNBOUNDED): Timestamp | undefined {
  const unix = unixTime(Number(UNIX_PREFIX.exec(text)?.[1] ?? 0));
  if (unix !== undefined) return unix;
  const written = findWritten(asUtf8(text));
  if (written === undefined) return undefined;
  return written.year === undefined
    ? inLatestYear(written, zone, latest)
    : inYear(written, written.year, zone, latest);
}

/** Returns the latest time that is not ahead, of a time without a year. */
function inLatestYear(written: WrittenTime, zone: Zone, latest: Timestamp): Timestamp | undefined {
  if (!Number.isFinite(latest)) return undefined;
  // In zones east of UTC the next year has begun already.
  const newest = new Date(latest * 1000).getUTCFullYear() + 1;
  for (let year = newest; year >= newest - 1 - YEARS_BACK; year -= 1) {
    if (written.day > daysIn(year, written.month)) continue;
    const time = inYear(written, year, zone, latest);
    if (time <= latest + AHEAD_WITHOUT_YEAR) return time;
  }
  return undefined;
}

/** Returns a time in a given year: of two readings the latest that is not ahead. */
function inYear(written: WrittenTime, year: number, zone: Zone, latest: Timestamp): Timestamp {
  const { month, day, hour, minute, second, fraction, offset } = written;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const readings = offset === undefined ? readingsOf(wall, zone) : [wall - offset * 60_000];
  const limit = (latest + TOLERATED_SKEW) * 1000;
  const reading = readings.findLast((at) => at <= limit) ?? readings[0] ?? wall;
  return timestamp(reading / 1000 + fraction);
}
