import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { timestamp } from "../../../src/core/units.ts";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import { readRateLimits } from "../../../src/probers/llm/rate-limits.ts";
import { countCpuTime } from "../../helpers/cpu-time.ts";
import { ask, completion, json, reasonOf, serve, valueOf } from "./support.ts";

const NOW = 1_800_000_000;
const clock = { ...systemClock, now: () => timestamp(NOW) };

type Headers = Record<string, string>;

describe("readRateLimits reads the headers of", () => {
  test.each<{ name: string; headers: Headers; limits: readonly object[] }>([
    {
      name: "OpenAI",
      headers: {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "6m0s",
      },
      limits: [
        { kind: "requests", remaining: 59, resetAt: NOW + 1 },
        { kind: "tokens", remaining: 149_984, resetAt: NOW + 360 },
      ],
    },
    {
      name: "Groq, with fractions",
      headers: {
        "x-ratelimit-remaining-requests": "14370",
        "x-ratelimit-reset-requests": "2m59.56s",
        "x-ratelimit-remaining-tokens": "17997",
        "x-ratelimit-reset-tokens": "7.66s",
      },
      limits: [
        { kind: "requests", remaining: 14_370, resetAt: NOW + 179.56 },
        { kind: "tokens", remaining: 17_997, resetAt: NOW + 7.66 },
      ],
    },
    {
      name: "Azure, which sends -1 for an unknown count",
      headers: { "x-ratelimit-remaining-requests": "-1", "x-ratelimit-remaining-tokens": "9950" },
      limits: [{ kind: "tokens", remaining: 9950 }],
    },
    {
      name: "Anthropic",
      headers: {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2027-01-15T08:00:30Z",
        "anthropic-ratelimit-input-tokens-remaining": "40000",
        "anthropic-ratelimit-input-tokens-reset": "2027-01-15T08:00:00+00:00",
        "anthropic-ratelimit-output-tokens-remaining": "8000",
        "anthropic-ratelimit-tokens-remaining": "48000",
      },
      limits: [
        { kind: "requests", remaining: 49, resetAt: NOW + 30 },
        { kind: "tokens", remaining: 48_000 },
        { kind: "input_tokens", remaining: 40_000, resetAt: NOW },
        { kind: "output_tokens", remaining: 8000 },
      ],
    },
    {
      name: "OpenRouter, in milliseconds since the epoch",
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String((NOW + 60) * 1000) },
      limits: [{ kind: "requests", remaining: 0, resetAt: NOW + 60 }],
    },
    {
      name: "a gateway, in seconds since the epoch",
      headers: { "x-ratelimit-remaining": "5", "x-ratelimit-reset": String(NOW + 60) },
      limits: [{ kind: "requests", remaining: 5, resetAt: NOW + 60 }],
    },
    {
      name: "the IETF draft, in seconds from now",
      headers: { "ratelimit-remaining": "5", "ratelimit-reset": "50" },
      limits: [{ kind: "requests", remaining: 5, resetAt: NOW + 50 }],
    },
    {
      name: "milliseconds alone",
      headers: { "x-ratelimit-reset-tokens": "20ms" },
      limits: [{ kind: "tokens", resetAt: NOW + 0.02 }],
    },
    {
      name: "several days",
      headers: { "x-ratelimit-reset-requests": "1d2h3m4.5s" },
      limits: [{ kind: "requests", resetAt: NOW + 93_784.5 }],
    },
    {
      name: "OpenAI before those of a gateway",
      headers: { "x-ratelimit-remaining-requests": "59", "x-ratelimit-remaining": "5" },
      limits: [{ kind: "requests", remaining: 59 }],
    },
    { name: "no provider", headers: { "content-type": "text/plain" }, limits: [] },
  ])("$name", ({ headers, limits }) => {
    expect(readRateLimits(headers, clock)).toEqual(limits);
  });

  test.each(["", "-1", "many", "1e9", "NaN", "Infinity", "0x10", "1,000", "9".repeat(400), "5 6"])(
    "%j is neither a count nor a time",
    (value) => {
      const headers = { "x-ratelimit-remaining-tokens": value, "x-ratelimit-reset-tokens": value };
      expect(readRateLimits(headers, clock)).toEqual([]);
    },
  );
  test.each(["tomorrow", "1", "s", "5x", "1h-3m", "2027-13-45T00:00:00Z"])(
    "a reset of %j is never in the past",
    (value) => {
      const [limit] = readRateLimits({ "x-ratelimit-reset-tokens": value }, clock);
      expect(limit?.resetAt ?? NOW).toBeGreaterThanOrEqual(NOW);
    },
  );
  test("very long values take no time", () => {
    const used = countCpuTime();
    readRateLimits({ "x-ratelimit-reset-tokens": "1m".repeat(10_000) }, clock);
    readRateLimits({ "x-ratelimit-reset-tokens": "9".repeat(16_000) }, clock);
    expect(used()).toBeLessThan(0.05);
  });
});

describe("rate limits are exposed", () => {
  const headers = { "x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-requests": "30s" };
  test.each([
    { name: "of a successful response", status: 200, body: completion("HEALTHY"), reason: "ok" },
    { name: "of an error response", status: 429, body: { error: { message: "x" } }, reason: "rate_limited" },
  ])("$name", async ({ status, body, reason }) => {
    const result = await ask(await serve(json(body, status, headers)), { clock });
    expect(reasonOf(result)).toBe(reason);
    expect(valueOf(result, llmMetrics.rateLimitRemaining, { kind: "requests" })).toBe(7);
    expect(valueOf(result, llmMetrics.rateLimitReset, { kind: "requests" })).toBe(NOW + 30);
    expect(valueOf(result, llmMetrics.rateLimitRemaining, { kind: "tokens" })).toBeUndefined();
  });
});

describe("retryAfter of a result", () => {
  test.each<{ name: string; headers: Headers; wait: number | undefined }>([
    { name: "is read from milliseconds", headers: { "retry-after-ms": "1500" }, wait: 1.5 },
    {
      name: "prefers milliseconds",
      headers: { "retry-after-ms": "250", "retry-after": "1" },
      wait: 0.25,
    },
    {
      name: "falls back to seconds",
      headers: { "retry-after-ms": "soon", "retry-after": "3" },
      wait: 3,
    },
    { name: "is absent for 0", headers: { "retry-after-ms": "0" }, wait: undefined },
    { name: "is at most an hour", headers: { "retry-after-ms": "9".repeat(12) }, wait: 3600 },
  ])("$name", async ({ headers, wait }) => {
    const result = await ask(await serve(json({ error: {} }, 429, headers)));
    expect(result.retryAfter).toBe(wait);
  });

  const inTenSeconds = (): string => new Date(Date.now() + 10_000).toUTCString();
  test.each([
    { name: "is read from seconds", value: "7", low: 7, high: 7 },
    { name: "is read from a date", value: inTenSeconds(), low: 1, high: 10 },
    { name: "is an hour for more seconds", value: "9999999999", low: 3600, high: 3600 },
  ])("$name", async ({ value, low, high }) => {
    const address = await serve(json({ error: {} }, 429, { "retry-after": value }));
    const { retryAfter } = await ask(address);
    expect(retryAfter).toBeGreaterThanOrEqual(low);
    expect(retryAfter).toBeLessThanOrEqual(high);
  });
  test.each(["", "soon", "-5", "0", "Wed, 21 Oct 2015 07:28:00 GMT"])("is absent for %j", async (value) => {
    const address = await serve(json({ error: {} }, 503, { "retry-after": value }));
    expect((await ask(address)).retryAfter).toBeUndefined();
  });

  const exhausted = (retryDelay: unknown): object => ({
    error: {
      code: 429,
      status: "RESOURCE_EXHAUSTED",
      message: "x",
      details: [{ "@type": "RetryInfo", retryDelay }],
    },
  });
  const gemini = { options: { api: "gemini" }, target: { model: "m" } } as const;
  test.each([
    { name: "whole seconds", given: "19s", wait: 19 },
    { name: "fractions", given: "34.074824224s", wait: 34 },
    { name: "nonsense", given: "soon", wait: undefined },
    { name: "nothing", given: 5, wait: undefined },
  ])("is read from the body of Gemini's error: $name", async ({ given, wait }) => {
    expect((await ask(await serve(json(exhausted(given), 429)), gemini)).retryAfter).toBe(wait);
    expect((await ask(await serve(json([exhausted(given)], 200)), gemini)).retryAfter).toBe(wait);
  });
  test("prefers the header to the body", async () => {
    const address = await serve(json(exhausted("19s"), 429, { "retry-after": "2" }));
    expect((await ask(address, gemini)).retryAfter).toBe(2);
  });
});

test("the time that loading the model took is a series of its own", async () => {
  const done = { model: "m", message: { content: "HEALTHY" }, done: true, load_duration: 1_250_000_000 };
  const ollama = { options: { api: "ollama" }, target: { model: "m" } } as const;
  const result = await ask(await serve(json(`${JSON.stringify(done)}\n`)), ollama);
  expect(valueOf(result, llmMetrics.loadDuration)).toBe(1.25);
  for (const load_duration of [-1, "long", null]) {
    const none = await ask(await serve(json(`${JSON.stringify({ ...done, load_duration })}\n`)), ollama);
    expect(valueOf(none, llmMetrics.loadDuration)).toBeUndefined();
  }
});
