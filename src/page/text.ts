import { excerpt } from "../core/excerpt.ts";
import { elapsed, rfc3339, type Seconds, type Timestamp } from "../core/units.ts";
import type { JsonTime } from "./model/words.ts";

/** Longest detail in JSON, in UTF-16 code units. */
const LONGEST_DETAIL = 300;

/** Returns a time for JSON; `null` if it is not known. */
export const timeOrNull = (at: Timestamp | undefined): JsonTime | null =>
  at === undefined ? null : rfc3339(at);

/** Makes a text from outside one bounded line without control characters and marks that reorder text; `null` without text. */
export const lineOrNull = (text: string | undefined, length = LONGEST_DETAIL): string | null =>
  text === undefined || text === "" ? null : excerpt(text, [], length);

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
] as const;

/** Formats a length of time for a sentence, in its one or two largest units: `3m`, `2h 5m`, `12d`. */
export function roughly(length: Seconds): string {
  const total = Math.max(0, Math.floor(length));
  const at = UNITS.findIndex(([, size]) => total >= size);
  const unit = UNITS[at];
  if (unit === undefined) return `${total}s`;
  const [name, size] = unit;
  const whole = Math.floor(total / size);
  const [lesser, small] = UNITS[at + 1] ?? ["s", 1];
  const rest = Math.floor((total % size) / small);
  return rest === 0 || whole >= 10 || name === "m" ? `${whole}${name}` : `${whole}${name} ${rest}${lesser}`;
}

/** Formats the time since `from` like {@link roughly}. */
export const ago = (from: Timestamp, now: Timestamp): string => roughly(elapsed(from, now));
