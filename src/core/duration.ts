import { type Seconds, seconds, toMilliseconds } from "./units.ts";

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

/** What a duration looks like, for messages. */
export const DURATION_FORM = "a duration such as 30s, 2m, 1h30m or 500ms";

/**
 * Parses a Prometheus duration: units `y w d h m s ms`, each at most once, largest first, no fractions; `0` alone
 * is zero. Source: `ParseDuration` of prometheus/common.
 * @returns the length in seconds, or `undefined` when `text` is no duration
 */
export function parseDuration(text: string): Seconds | undefined {
  if (text === "0") return seconds(0);
  const match = text === "" ? null : PATTERN.exec(text);
  if (match === null) return undefined;
  const total = UNITS.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0);
  return Number.isFinite(total) ? seconds(total) : undefined;
}

/** Prints a duration the way Go does (`30s`, `2m0s`, `1h30m0s`, `250ms`), to the millisecond; the form of our JSON and logs. */
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
