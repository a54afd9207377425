/** A date and time of day as written. */
export interface WrittenTime {
  /** Absent in forms without a year, such as that of syslog. */
  readonly year?: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Part of a second, from 0 to below 1. */
  readonly fraction: number;
  /** Minutes east of UTC, if the text names its zone. */
  readonly offset?: number;
}

/** Bytes of a text in which times are searched for. */
const LONGEST = 4096;

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH = "(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*";

/**
 * Offsets of names of zones, in minutes. Only those with one meaning: CST is also used in China, and BST in Bangladesh.
 * Others are taken for the name of the configured zone.
 */
const NAMED_ZONES: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  UT: 0,
  WET: 0,
  WEST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  EDT: -240,
  EST: -300,
  CDT: -300,
  MDT: -360,
  MST: -420,
  PDT: -420,
  PST: -480,
};

const CLOCK = String.raw`(?<hour>\d{1,2}):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,:](?<fraction>\d{1,9})\d*)?)?(?:\s?(?<half>[AaPp]\.?[Mm])\b)?`;
const ZONE = String.raw`(?:\s?(?<zone>[Zz](?![A-Za-z])|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?|(?:${Object.keys(NAMED_ZONES).join("|")})\b))?(?!\d)`;
const YEAR = String.raw`(?:19|20)\d\d`;

/** The forms of dates with a time of day. Of two that begin at the same place, the first one counts. */
const FORMS: readonly RegExp[] = [
  // RFC 3339 and 5424; Python's logging with a blank and a comma; Go's log and nginx' error log with slashes.
  String.raw`(?<!\d)(?<year>\d{4})(?<separator>[-/._])(?<month>\d\d)\k<separator>(?<day>\d\d)(?:[Tt_]|,?\s+)${CLOCK}${ZONE}`,
  // ISO 8601 without punctuation, glog with a year.
  String.raw`(?<!\d)(?<year>${YEAR})(?<month>\d\d)(?<day>\d\d)[Tt_ -](?<hour>\d\d):?(?<minute>\d\d):?(?<second>\d\d)(?:[.,](?<fraction>\d{1,9})\d*)?${ZONE}`,
  // klog and glog: I1129 13:45:00.123456.
  String.raw`(?<![A-Za-z0-9])[IWEFDV](?<month>\d\d)(?<day>\d\d)\s+${CLOCK}(?!\d)`,
  // The common log format, RFC 1123 and 850, Redis, Tomcat: 29/Nov/2026:13:45:00 +0000, 29 Nov 2026 13:45:00 GMT.
  String.raw`(?<!\d)(?<day>\d{1,2})(?<separator>[-/. ])${MONTH}\k<separator>(?<year>\d{4}|\d\d(?!\d))(?:[:Tt]|,?\s+)${CLOCK}${ZONE}`,
  // RFC 3164, asctime, Java's logging: Nov 29 13:45:00, Sun Nov 29 13:45:00 2026, Nov 29, 2026 1:45:00 PM.
  String.raw`(?<![A-Za-z])${MONTH}\.?\s+(?<day>\d{1,2})(?:,?\s+(?<year>${YEAR}))?,?\s+(?:at\s+)?${CLOCK}${ZONE}(?:(?:\s[A-Z]{2,5})?\s(?<yearAfter>${YEAR})\b)?`,
  // 29.11.2026 13:45:00
  String.raw`(?<!\d)(?<day>\d\d)\.(?<month>\d\d)\.(?<year>\d{4}),?\s+${CLOCK}${ZONE}`,
].map((source) => new RegExp(source, "i"));

/** Returns the first date with a time of day in `text`. Dates and times that do not exist are passed over. */
export function findWritten(text: string): WrittenTime | undefined {
  let first: { readonly at: number; readonly time: WrittenTime } | undefined;
  for (const form of FORMS) {
    const match = form.exec(text.slice(0, LONGEST));
    if (match === null || (first !== undefined && match.index >= first.at)) continue;
    const time = writtenTime(match.groups ?? {});
    if (time !== undefined) first = { at: match.index, time };
  }
  return first?.time;
}

/** Reads the groups of a form; returns `undefined` for a date or time that does not exist. */
function writtenTime(groups: Readonly<Record<string, string | undefined>>): WrittenTime | undefined {
  const numberOf = (name: string): number => Number(groups[name] ?? 0);
  const { year: yearBefore, yearAfter, month: name = "", half, fraction = "0", zone } = groups;
  const yearText = yearBefore ?? yearAfter;
  const year = yearText === undefined ? undefined : Number(yearText) + (yearText.length === 2 ? 2000 : 0);
  const month = /^\d/.test(name) ? Number(name) : MONTHS.indexOf(name.toLowerCase()) + 1;
  const day = numberOf("day");
  const shown = numberOf("hour");
  if (half !== undefined && (shown < 1 || shown > 12)) return undefined;
  const hour = half === undefined ? shown : (shown % 12) + (/^p/i.test(half) ? 12 : 0);
  const [minute, second] = [numberOf("minute"), numberOf("second")];
  const exists = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year ?? 2000, month);
  if (!exists || hour > 23 || minute > 59 || second > 60) return undefined;
  const offset = offsetOf(zone);
  return {
    ...(year === undefined ? {} : { year }),
    month,
    day,
    hour,
    minute,
    second,
    fraction: Number(`0.${fraction}`),
    ...(offset === undefined ? {} : { offset }),
  };
}

/** Returns the number of days in a month. */
export const daysIn = (year: number, month: number): number =>
  new Date(Date.UTC(year, month, 0)).getUTCDate();

/** Parses a zone, in minutes east of UTC. */
function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (/^z$/i.test(zone)) return 0;
  const match = /([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (match === null) return NAMED_ZONES[zone.toUpperCase()];
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return match[1] === "-" ? -minutes : minutes;
}
