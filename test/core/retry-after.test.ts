import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundedWait, parseRetryAfter } from "../../src/core/retry-after.ts";
import { seconds, timestamp } from "../../src/core/units.ts";

const NOW = timestamp(1_800_000_000);
const HOUR = seconds(3600);

const dateAt = (at: number): string => new Date(at * 1000).toUTCString();

describe("parseRetryAfter", () => {
  test.each<{ name: string; headers: Record<string, string | string[]>; wait: number | undefined }>([
    { name: "seconds", headers: { "retry-after": "7" }, wait: 7 },
    { name: "fractions of a second", headers: { "retry-after": "1.5" }, wait: 1.5 },
    { name: "seconds between blanks", headers: { "retry-after": " 7 " }, wait: 7 },
    { name: "a date in the future", headers: { "retry-after": dateAt(NOW + 90) }, wait: 90 },
    { name: "milliseconds", headers: { "retry-after-ms": "1500" }, wait: 1.5 },
    { name: "a single millisecond", headers: { "retry-after-ms": "1" }, wait: 0.001 },
    {
      name: "milliseconds before seconds",
      headers: { "retry-after-ms": "250", "retry-after": "1" },
      wait: 0.25,
    },
    {
      name: "seconds if the milliseconds are not a number",
      headers: { "retry-after-ms": "soon", "retry-after": "3" },
      wait: 3,
    },
    {
      name: "seconds if the milliseconds are 0",
      headers: { "retry-after-ms": "0", "retry-after": "3" },
      wait: 3,
    },
    { name: "the longest wait for a longer number", headers: { "retry-after": "3601" }, wait: 3600 },
    {
      name: "the longest wait for an endless number",
      headers: { "retry-after": "9".repeat(400) },
      wait: 3600,
    },
    { name: "the longest wait for a later date", headers: { "retry-after": dateAt(NOW + 7200) }, wait: 3600 },
    { name: "nothing without a header", headers: {}, wait: undefined },
    { name: "nothing for 0", headers: { "retry-after": "0" }, wait: undefined },
    { name: "nothing for a negative number", headers: { "retry-after": "-5" }, wait: undefined },
    { name: "nothing for an empty value", headers: { "retry-after": "" }, wait: undefined },
    { name: "nothing for words", headers: { "retry-after": "soon" }, wait: undefined },
    { name: "nothing for an exponent", headers: { "retry-after": "1e3" }, wait: undefined },
    { name: "nothing for a date in the past", headers: { "retry-after": dateAt(NOW - 1) }, wait: undefined },
    { name: "nothing for several values", headers: { "retry-after": ["7", "8"] }, wait: undefined },
    { name: "nothing for a list of one number", headers: { "retry-after": ["7"] }, wait: undefined },
    {
      name: "nothing for a list of one date",
      headers: { "retry-after": [dateAt(NOW + 90)] },
      wait: undefined,
    },
  ])("returns $name", ({ headers, wait }) => {
    expect(parseRetryAfter(headers, NOW, HOUR)).toBe(wait);
  });

  test("returns an hour for a longer wait, unless the caller has a limit of its own", () => {
    expect(parseRetryAfter({ "retry-after": "1000000000" }, NOW)).toBe(3600);
    expect(parseRetryAfter({ "retry-after": "3599" }, NOW)).toBe(3599);
  });

  test.each([
    ["a number", 7, 7],
    ["a small number", 0.001, 0.001],
    ["a longer wait", 3601, 3600],
    ["0", 0, undefined],
    ["a negative number", -1, undefined],
    ["no number", Number.NaN, undefined],
    ["a text", "7", undefined],
    ["nothing", undefined, undefined],
  ])("bounds a wait elsewhere in a response: %s", (_name, wait, bounded) => {
    expect(boundedWait(wait)).toBe(bounded);
  });

  const value = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    fc.stringMatching(/^\d+(\.\d+)?$/),
  );
  test("returns more than 0 and at most the longest wait, whatever the server sends", () => {
    const headers = fc.record({ "retry-after": value, "retry-after-ms": value }, { requiredKeys: [] });
    const longest = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(headers, longest, (given, most) => {
        const wait = parseRetryAfter(given, NOW, seconds(most)) ?? most;
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(most);
      }),
    );
  });

  test("returns the same wait for a number and for the date it leads to", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7200 }), (wait) => {
        const expected = Math.min(wait, HOUR);
        for (const form of [String(wait), dateAt(NOW + wait)])
          expect(parseRetryAfter({ "retry-after": form }, NOW, HOUR)).toBe(expected);
      }),
    );
  });
});
