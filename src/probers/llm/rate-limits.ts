import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import { parseInstant } from "../../core/instant.ts";
import { parseDuration, type Timestamp, timestamp } from "../../core/units.ts";
import type { Headers } from "./wire/types.ts";

/** The unit that a rate limit counts: a value of a label. */
export type RateLimitKind = "requests" | "tokens" | "input_tokens" | "output_tokens";

/** The remainder of one rate limit, as far as the server reports it. */
export interface RateLimit {
  readonly kind: RateLimitKind;
  readonly remaining?: number;
  /** When the full limit is available again. */
  readonly resetAt?: Timestamp;
}

/** The headers that report one rate limit. */
interface RateLimitHeaders {
  readonly kind: RateLimitKind;
  readonly remaining: string;
  readonly reset: string;
}

/** Headers without a kind count requests: of OpenRouter, Together and gateways; the last pair is of an IETF draft. */
const HEADERS: readonly RateLimitHeaders[] = [
  ...(["requests", "tokens", "input-tokens", "output-tokens"] as const).flatMap(
    (name): RateLimitHeaders[] => {
      const kind = name.replace("-", "_") as RateLimitKind;
      return [
        // OpenAI, Azure, Groq and others.
        { kind, remaining: `x-ratelimit-remaining-${name}`, reset: `x-ratelimit-reset-${name}` },
        {
          kind,
          remaining: `anthropic-ratelimit-${name}-remaining`,
          reset: `anthropic-ratelimit-${name}-reset`,
        },
      ];
    },
  ),
  { kind: "requests", remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset" },
  { kind: "requests", remaining: "ratelimit-remaining", reset: "ratelimit-reset" },
];

/** Reads the rate limits in the headers of a response: each kind once, from its first usable header. */
export function readRateLimits(headers: Headers, clock: Clock): readonly RateLimit[] {
  const found = new Map<RateLimitKind, RateLimit>();
  for (const { kind, ...names } of HEADERS) {
    const remaining = countIn(headers[names.remaining]);
    const resetAt = momentIn(headers[names.reset], clock);
    if (found.has(kind) || (remaining === undefined && resetAt === undefined)) continue;
    found.set(kind, {
      kind,
      ...defined({ remaining, resetAt }),
    });
  }
  return [...found.values()];
}

const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/;

/** Parses a count. Azure sends -1 for an unknown one. */
function countIn(value: Headers[string]): number | undefined {
  const text = String(value).trim();
  return NUMBER.test(text) ? Number(text) : undefined;
}

/** Numbers from here on are Unix times instead of durations: first in seconds, then in milliseconds. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MILLISECONDS = 1e12;

/** Longest duration, in characters. */
const LONGEST_DURATION = 100;

/** Parses a point in time: RFC 3339, Unix time, or a duration from now. */
function momentIn(value: Headers[string], clock: Clock): Timestamp | undefined {
  const text = String(value).trim();
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  if (NUMBER.test(text)) {
    const number = Number(text);
    if (number >= EPOCH_MILLISECONDS) return timestamp(number / 1000);
    return timestamp(number >= EPOCH_SECONDS ? number : clock.now() + number);
  }
  // As printed by Go, possibly with fractions: `6m0s`, `7.66s`, `20ms`.
  const length = text.length > LONGEST_DURATION ? undefined : parseDuration(text);
  return length === undefined ? undefined : timestamp(clock.now() + length);
}
