const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const RFC1123 = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC850 = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) (?:GMT|UTC)$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/**
 * Parses a date of HTTP in its three forms (RFC 9110, 5.6.7), as Go's `http.ParseTime` does.
 * @returns Unix seconds, or `undefined` for anything else
 */
export function parseHttpDate(text: string): number | undefined {
  const long = RFC1123.exec(text) ?? RFC850.exec(text);
  if (long !== null) {
    const [, day, month, year = "", hour, minute, second] = long;
    return unix(year.length === 2 ? fullYear(Number(year)) : Number(year), month, day, hour, minute, second);
  }
  const short = ASCTIME.exec(text);
  if (short === null) return undefined;
  const [, month, day, hour, minute, second, year] = short;
  return unix(Number(year), month, day, hour, minute, second);
}

/** Go's rule for two digits. */
const fullYear = (year: number): number => (year >= 69 ? 1900 + year : 2000 + year);

function unix(
  year: number,
  monthName: string | undefined,
  ...rest: readonly (string | undefined)[]
): number | undefined {
  const month = MONTHS.indexOf(monthName ?? "");
  const [day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  if (month < 0 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second) / 1000;
}
