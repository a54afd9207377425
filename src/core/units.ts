// Branded numbers: a value of one unit cannot be passed where another is expected. Only the constructors cast.

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** A length of time in seconds; may be fractional, never negative unless it is a difference. */
export type Seconds = Unit<"seconds">;
/** A point in time: seconds since the Unix epoch, fractional. */
export type Timestamp = Unit<"timestamp">;

/** Makes a length of time. */
export const seconds = (n: number): Seconds => n as Seconds;
/** Makes a point in time. */
export const timestamp = (n: number): Timestamp => n as Timestamp;

/** Converts to milliseconds, for timers. */
export const toMilliseconds = (s: Seconds): number => s * 1000;
/** Returns `later - earlier`. */
export const elapsed = (earlier: Timestamp, later: Timestamp): Seconds => (later - earlier) as Seconds;
/** Returns the point in time `s` after `at`. */
export const after = (at: Timestamp, s: Seconds): Timestamp => (at + s) as Timestamp;

/** The years 1 to 9999, which every format of times can express. */
const EARLIEST = timestamp(-62_135_596_800);
const LATEST = timestamp(253_402_300_799);

/** Reports whether a value from outside, or from a store that another version has written, is a point in time in the years 1 to 9999. */
export const isTimestamp = (value: unknown): value is Timestamp =>
  typeof value === "number" && value >= EARLIEST && value <= LATEST;

/**
 * Formats a time as RFC 3339 in UTC with whole seconds, as in all JSON of the exporter: `2025-09-15T13:30:00Z`. A sum that lies outside of
 * the years 1 to 9999 is shown as the nearest time in them: one such time must not fail a whole answer.
 */
export const rfc3339 = (at: Timestamp): string =>
  `${new Date(Math.min(Math.max(at, EARLIEST), LATEST) * 1000).toISOString().slice(0, 19)}Z`;

/** Nanoseconds of each unit of a duration. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  // The micro sign and the Greek letter.
  ["\u00b5s", 1e3],
  ["\u03bcs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
  ["d", 86_400e9],
  ["w", 7 * 86_400e9],
  ["y", 365 * 86_400e9],
]);

/** One number of a duration with its unit. */
const DURATION_PART = /(\d*)(?:\.(\d*))?([a-z\u00b5\u03bc]+)/y;

/** Longest duration, as in Go: 2^63 - 1 nanoseconds, some 292 years. */
const LONGEST_DURATION = 2 ** 63 - 1;

/** Describes durations in error messages. */
export const DURATION_FORM = "a duration such as 30s, 2m, 1h30m or 500ms";

/**
 * Parses a duration. It is 0, or numbers with units, which add up: `1h30m`, `1.5s`, `500us`, `1d`. This accepts everything that
 * `time.ParseDuration` of Go and `ParseDuration` of prometheus/common accept, in nanoseconds as there, except negative ones.
 * @returns the length in seconds, or `undefined` if `text` is not a duration
 */
export function parseDuration(text: string): Seconds | undefined {
  const length = parseSignedDuration(text);
  return length === undefined || length < 0 ? undefined : length;
}

/** Parses a duration as `parseDuration` does, or a negative one. */
export function parseSignedDuration(text: string): Seconds | undefined {
  const [sign = ""] = /^[-+]/.exec(text) ?? [];
  const nanoseconds = nanosecondsIn(text.slice(sign.length));
  if (nanoseconds === undefined) return undefined;
  return seconds(sign === "-" && nanoseconds > 0 ? -nanoseconds / 1e9 : nanoseconds / 1e9);
}

function nanosecondsIn(text: string): number | undefined {
  if (text === "0") return 0;
  if (text === "") return undefined;
  let total = 0;
  DURATION_PART.lastIndex = 0;
  while (DURATION_PART.lastIndex < text.length) {
    const [, whole = "", fraction = "", name = ""] = DURATION_PART.exec(text) ?? [];
    const unit = UNITS.get(name);
    if (unit === undefined || whole + fraction === "") return undefined;
    const digits = firstDigits(fraction);
    total += Number(whole) * unit + Math.floor(Number(digits) * (unit / 10 ** digits.length));
    if (total > LONGEST_DURATION) return undefined;
  }
  return total;
}

/** Returns the digits of a fraction that Go reads: as many as fit into 64 bits. */
const firstDigits = (fraction: string): string =>
  fraction.slice(0, Number(fraction.slice(0, 19)) > 2 ** 63 ? 18 : 19);

/** Matches a duration of Prometheus: units from the largest to the smallest, each at most once, and no fractions. */
const PROMETHEUS_DURATION = /^(?=.)(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;

/** Returns true if Prometheus accepts a duration too, for texts that become part of its configuration. */
export const isPrometheusDuration = (text: string): boolean =>
  parseDuration(text) !== undefined && (text === "0" || PROMETHEUS_DURATION.test(text));

/** Formats a duration as Go does (`30s`, `2m0s`, `1h30m0s`, `250ms`), to the millisecond, as in all JSON and logs. */
export function formatDuration(length: Seconds): string {
  if (length < 0) return `-${formatDuration(seconds(-length))}`;
  const total = Math.round(toMilliseconds(length));
  if (total === 0) return "0s";
  if (total < 1000) return `${total}ms`;
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor((total % 3_600_000) / 60_000);
  const rest = (total % 60_000) / 1000;
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

const POWERS: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 };
const PART = /(\d+(?:\.\d*)?|\.\d+)([kmgtpe]?)i?b/giy;

/** Describes sizes in error messages. */
export const SIZE_FORM = "a size such as 512B, 10KB or 1.5MiB";

/**
 * Parses a Prometheus size: `KB` and `KiB` are both 1024 bytes, parts add up (`1MB512KB`), and only 0 needs no unit. A
 * negative size means no limit and becomes 0, as in blackbox_exporter.
 * @returns bytes, or `undefined` if `text` is not a size
 */
export function parseSize(text: string): number | undefined {
  if (text.startsWith("-")) return parseSize(text.slice(1)) === undefined ? undefined : 0;
  if (text === "0") return 0;
  let total = 0;
  let end = 0;
  for (const part of text.matchAll(PART)) {
    total += Number(part[1]) * 1024 ** (POWERS[(part[2] ?? "").toLowerCase()] ?? 0);
    end = part.index + part[0].length;
  }
  return end === text.length && end > 0 ? Math.floor(total) : undefined;
}
