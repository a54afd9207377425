/** The time zone of times that do not name one: `local`, `utc`, an IANA name such as Europe/Berlin, or an offset such as +02:00. */
export type Zone = string;

/** The zone of the process: that of `TZ`, or else of the machine. */
const LOCAL = "local";

const HOUR = 3_600_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** Returns true if `zone` is `local` or a time zone of `Intl`. */
export function isZone(zone: Zone): boolean {
  if (zone === LOCAL) return true;
  try {
    return formatterOf(zone).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** A formatter takes thousands of times longer to create than to use. */
function formatterOf(zone: Zone): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset", hour: "numeric" });
  formatters.set(zone, made);
  return made;
}

/** Returns the offset of a zone at a time, in milliseconds east of UTC. */
function offsetAt(zone: Zone, ms: number): number {
  // `Date` also knows zones in `TZ` that `Intl` does not, such as EST5EDT,M3.2.0,M11.1.0.
  if (zone === LOCAL) return new Date(ms).getTimezoneOffset() * -60_000;
  const text = formatterOf(zone).format(ms);
  const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text);
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds = 0] = match;
  const length = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === "-" ? -length : length;
}

/**
 * Returns the times at which clocks in `zone` show `wall`, the earliest first: two if clocks were set back over it. For a
 * time that was skipped, returns what it means with the offset after and with that before the change, because a clock
 * that shows it has not been set.
 * @param wall date and time of day as Unix milliseconds of the same date and time in UTC
 */
export function readingsOf(wall: number, zone: Zone): readonly number[] {
  // Offsets lie between -12 and +14 hours, so the time lies in between, and no zone changes twice within that time.
  const offsets = new Set([offsetAt(zone, wall - 14 * HOUR), offsetAt(zone, wall + 12 * HOUR)]);
  const readings = [...offsets].map((offset) => wall - offset).toSorted((a, b) => a - b);
  const exact = readings.filter((at) => wall - at === offsetAt(zone, at));
  return exact.length > 0 ? exact : readings;
}
