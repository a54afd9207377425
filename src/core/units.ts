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

/** Formats a time as RFC 3339 in UTC with whole seconds, as in all JSON of the exporter: `2025-09-15T13:30:00Z`. */
export const rfc3339 = (at: Timestamp): string => `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;

const UNITS = [
  ["y", 365 * 86_400],
  ["w", 7 * 86_400],
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
  ["ms", 0.001],
] as const;

const PATTERN = new RegExp(`^${UNITS.map(([name]) => `(?:(\\d+)${name})?`).join("")}$`);

/** Describes durations in error messages. */
export const DURATION_FORM = "a duration such as 30s, 2m, 1h30m or 500ms";

/**
 * Parses a Prometheus duration: units `y w d h m s ms`, each at most once, largest first, without fractions. `0` needs no
 * unit. Source: `ParseDuration` of prometheus/common.
 * @returns the length in seconds, or `undefined` if `text` is not a duration
 */
export function parseDuration(text: string): Seconds | undefined {
  if (text === "0") return seconds(0);
  const match = text === "" ? null : PATTERN.exec(text);
  if (match === null) return undefined;
  const total = UNITS.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0);
  return Number.isFinite(total) ? seconds(total) : undefined;
}

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
