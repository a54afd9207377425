import { type Timestamp, timestamp } from "../../core/units.ts";

/** The time zone of times that do not name one. */
export type Zone = "local" | "utc";

/** RFC 3339, or the form of Python's logging: a blank instead of the T, a comma before the fraction, no zone. */
const DATE =
  /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?(?!\d)/;

/** Common names of the field with the time of a line, the most common first. */
export const TIME_FIELDS = ["timestamp", "@timestamp", "time", "ts", "asctime", "datetime"] as const;

/** A Unix time in 2001. Lower numbers are not the time of a heartbeat, but for example a duration. */
const LEAST = 1e9;

/** Parses the time in a field: a date, or a Unix time in seconds, milliseconds, microseconds or nanoseconds. */
export function timeOf(value: unknown, zone: Zone): Timestamp | undefined {
  if (typeof value === "number") return unixTime(value);
  if (typeof value !== "string") return undefined;
  return /^\d+(\.\d+)?$/.test(value) ? unixTime(Number(value)) : findTime(value, zone);
}

/** Parses a Unix time, whose size tells the unit. */
function unixTime(value: number): Timestamp | undefined {
  if (!(value >= LEAST) || value >= 1e20) return undefined;
  const power = value < 1e11 ? 0 : value < 1e14 ? 3 : value < 1e17 ? 6 : 9;
  return timestamp(value / 10 ** power);
}

/** Parses the first date in `text`. */
export function findTime(text: string, zone: Zone): Timestamp | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const offset = offsetOf(match[8]);
  const ms =
    offset === undefined && zone === "local"
      ? new Date(year, month - 1, day, hour, minute, second).getTime()
      : Date.UTC(year, month - 1, day, hour, minute, second) - (offset ?? 0) * 60_000;
  const isValid =
    month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 61;
  return isValid ? timestamp(ms / 1000 + Number(`0.${match[7] ?? "0"}`)) : undefined;
}

/** Parses the offset of a zone, in minutes east of UTC. */
function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (/^z$/i.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", "") || 0);
  return zone.startsWith("-") ? -minutes : minutes;
}
