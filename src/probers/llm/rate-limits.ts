import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import { type Timestamp, timestamp } from "../../core/units.ts";
import type { Headers } from "./wire/types.ts";

/** What a rate limit counts; the values of a label. */
export type RateLimitKind = "requests" | "tokens" | "input_tokens" | "output_tokens";

/** How much is left of one rate limit, as the server says; what it does not say is absent. */
export interface RateLimit {
  readonly kind: RateLimitKind;
  readonly remaining?: number;
  /** When it is whole again. */
  readonly resetAt?: Timestamp;
}

interface Source {
  readonly kind: RateLimitKind;
  readonly remaining: string;
  readonly reset: string;
}

/** Without a kind: OpenRouter, Together and gateways count requests so, the last as the draft of a standard has it. */
const SOURCES: readonly Source[] = [
  ...(["requests", "tokens", "input-tokens", "output-tokens"] as const).flatMap((name): Source[] => {
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
  }),
  { kind: "requests", remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset" },
  { kind: "requests", remaining: "ratelimit-remaining", reset: "ratelimit-reset" },
];

/** Reads the rate limits in the headers of a response, each kind once, from the first header that says something. */
export function readRateLimits(headers: Headers, clock: Clock): readonly RateLimit[] {
  const found = new Map<RateLimitKind, RateLimit>();
  for (const { kind, ...names } of SOURCES) {
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

/** Azure says -1 for what it does not know. */
function countIn(value: Headers[string]): number | undefined {
  const text = String(value).trim();
  return NUMBER.test(text) ? Number(text) : undefined;
}

/** RFC 3339 with a date; `Date.parse` takes almost anything for one. */
const DATE = /^\d{4}-\d{2}-\d{2}T/;
/** From here on a number is no length of time but a point in it, and from there on in milliseconds. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MILLISECONDS = 1e12;

/** A point in time, whichever of the usual ways it is told: RFC 3339, Unix time, or from now on. */
function momentIn(value: Headers[string], clock: Clock): Timestamp | undefined {
  const text = String(value).trim();
  if (DATE.test(text)) {
    const at = Date.parse(text) / 1000;
    return Number.isNaN(at) ? undefined : timestamp(at);
  }
  if (NUMBER.test(text)) {
    const number = Number(text);
    if (number >= EPOCH_MILLISECONDS) return timestamp(number / 1000);
    return timestamp(number >= EPOCH_SECONDS ? number : clock.now() + number);
  }
  const length = goDuration(text);
  return length === undefined ? undefined : timestamp(clock.now() + length);
}

const UNITS: Readonly<Record<string, number>> = {
  d: 86_400,
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6,
  ns: 1e-9,
};
const PART = /(\d{1,9}(?:\.\d{1,12})?)(ms|us|µs|ns|d|h|m|s)/g;
const DURATION = /^(?:\d{1,9}(?:\.\d{1,12})?(?:ms|us|µs|ns|d|h|m|s)){1,8}$/;

/** Go's durations, which have fractions: `6m0s`, `7.66s`, `20ms`. */
function goDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit = ""] of text.matchAll(PART)) total += Number(number) * (UNITS[unit] ?? 0);
  return total;
}
