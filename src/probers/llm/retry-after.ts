import type { Clock } from "../../core/clock.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import type { Headers } from "./wire/types.ts";

/** Longer than this nobody may silence a probe. */
const LONGEST = seconds(86_400);

/**
 * How long a server asks to be left alone. `Retry-After` is a number of seconds or a date; `retry-after-ms`, of OpenAI
 * and Azure, says the same more precisely. https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function retryAfterOf(headers: Headers, clock: Clock): Seconds | undefined {
  return (
    bounded(inMilliseconds(headers["retry-after-ms"])) ?? bounded(inSeconds(headers["retry-after"], clock))
  );
}

const NUMBER = /^\d+(?:\.\d+)?$/;

function inMilliseconds(value: Headers[string]): number {
  const text = String(value).trim();
  return NUMBER.test(text) ? Number(text) / 1000 : Number.NaN;
}

function inSeconds(value: Headers[string], clock: Clock): number {
  const text = String(value).trim();
  return NUMBER.test(text) ? Number(text) : Date.parse(text) / 1000 - clock.now();
}

const bounded = (length: number): Seconds | undefined =>
  length > 0 ? seconds(Math.min(length, LONGEST)) : undefined;
