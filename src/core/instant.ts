import { isTimestamp, type Timestamp } from "./units.ts";

/**
 * RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339#section-5.6): `T` and `Z` in either case, a blank instead of `T`, any
 * number of digits in the fraction. The seconds may be left out, as people do.
 */
const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** Describes such times in error messages. */
export const INSTANT_FORM = "a date and time such as 2026-01-31T22:00:00Z";

/**
 * Parses a date and time of RFC 3339. A leap second counts as the first second of the next minute.
 * @returns `undefined` if `text` is not one, names a day or a time of day that does not exist, or is not in the years 1 to 9999 in UTC
 */
export function parseInstant(text: string): Timestamp | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  // Unlike its constructor, this takes years before 100 as they are written: Go's zero time is in the year 1.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const [sign, hours, minutes] = match.slice(8);
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -60 : 60);
  const whole = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset;
  const at = whole + Number(match[7] ?? 0);
  return isTimestamp(at) ? at : undefined;
}
