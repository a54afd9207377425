import { type Seconds, seconds, type Timestamp } from "./units.ts";

/**
 * Longest wait that a server may ask for. The time until then counts as failures of a target, so a server that asks for a day
 * is asked again every hour: it may be well long before.
 */
export const LONGEST_RETRY_AFTER = seconds(3600);

/** Response headers, with names in lower case. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Parses how long a server asks its clients to wait before the next request. `Retry-After` is a number of seconds or a
 * date; `retry-after-ms`, sent by OpenAI and Azure, is more precise and takes precedence.
 * https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 * @param now what a date is relative to
 * @param longest longer waits are shortened to this one
 * @returns a wait of more than 0, or `undefined` if no header holds one
 */
export function parseRetryAfter(
  headers: Headers,
  now: Timestamp,
  longest = LONGEST_RETRY_AFTER,
): Seconds | undefined {
  const milliseconds = numberOf(headers["retry-after-ms"]);
  const wait = milliseconds > 0 ? milliseconds / 1000 : waitOf(headers["retry-after"], now);
  return boundedWait(wait, longest);
}

/**
 * Bounds a wait that a server asks for, wherever in its response.
 * @param wait in seconds
 * @returns `undefined` unless it is a number above 0
 */
export const boundedWait = (wait: unknown, longest = LONGEST_RETRY_AFTER): Seconds | undefined =>
  typeof wait === "number" && wait > 0 ? seconds(Math.min(wait, longest)) : undefined;

/** Returns NaN for anything but a number or a date. */
function waitOf(value: Headers[string], now: Timestamp): number {
  const number = numberOf(value);
  return Number.isNaN(number) && typeof value === "string" ? Date.parse(value) / 1000 - now : number;
}

const NUMBER = /^\s*\d+(?:\.\d+)?\s*$/;

const numberOf = (value: Headers[string]): number =>
  typeof value === "string" && NUMBER.test(value) ? Number(value) : Number.NaN;
