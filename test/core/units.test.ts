import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatDuration,
  isPrometheusDuration,
  parseDuration,
  parseSignedDuration,
  seconds,
} from "../../src/core/units.ts";

/** What `time.ParseDuration` of Go 1.26 returns for texts, in nanoseconds; null is an error. */
const byGo: Readonly<Record<string, string | null>> = JSON.parse(
  readFileSync(new URL("go-durations.json", import.meta.url), "utf8"),
);

/** Units of Prometheus, from the largest to the smallest, in seconds. */
const ofPrometheus = [
  ["y", 31_536_000],
  ["w", 604_800],
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
  ["ms", 0.001],
] as const;

describe("parseDuration", () => {
  it.each([
    ["0", 0],
    ["30s", 30],
    ["2m", 120],
    ["1h30m", 5400],
    ["1d", 86_400],
    ["1w", 604_800],
    ["1y", 31_536_000],
    ["500ms", 0.5],
    ["1m500ms", 60.5],
    ["1.5s", 1.5],
    ["500us", 0.0005],
    ["1d1.5h", 91_800],
    ["30m1h", 5400],
    ["+1s", 1],
  ])("parses %s as %d seconds", (text, length) => {
    expect(parseDuration(text)).toBe(length);
  });

  it.each([
    "",
    "1",
    "s",
    "-1s",
    "1 s",
    "1S",
    "5min",
    "\u0661s",
    "1..s",
    "1.d.",
    "0d0",
    "293y",
    `${"9".repeat(400)}s`,
    `${"1s".repeat(1e5)}!`,
  ])("rejects %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it("accepts everything that Prometheus accepts", () => {
    const counts = fc.tuple(...ofPrometheus.map(() => fc.option(fc.nat(30), { nil: undefined })));
    fc.assert(
      fc.property(counts, (some) => {
        const parts = ofPrometheus.flatMap(([unit, size], i) => {
          const count = some[i];
          return count === undefined ? [] : [{ text: `${count}${unit}`, length: count * size }];
        });
        fc.pre(parts.length > 0);
        const text = parts.map((part) => part.text).join("");
        const length = parts.reduce((sum, part) => sum + part.length, 0);
        expect(Math.abs((parseDuration(text) ?? -1) - length)).toBeLessThanOrEqual(length * 1e-12);
        expect(isPrometheusDuration(text)).toBe(true);
      }),
    );
  });

  it("adds up numbers with units in any order", () => {
    const part = fc.tuple(fc.nat(10_000), fc.constantFrom(...ofPrometheus.slice(2), ["us", 1e-6] as const));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.nat(99), (parts, hundredths) => {
        const fraction = String(hundredths).padStart(2, "0");
        const text = parts.map(([count, [unit]]) => `${count}.${fraction}${unit}`).join("");
        const length = parts.reduce((sum, [count, [, size]]) => sum + (count + hundredths / 100) * size, 0);
        const parsed = parseDuration(text) ?? -1;
        // Each part is in whole nanoseconds, and so is the sum.
        expect(Math.abs(parsed - length)).toBeLessThanOrEqual(parts.length * 1e-9 + length * 1e-12);
      }),
    );
  });
});

describe("parseSignedDuration", () => {
  it.each(Object.entries(byGo))("parses %j as Go does", (text, nanoseconds) => {
    const length = nanoseconds === null ? undefined : Number(nanoseconds) / 1e9;
    expect(parseSignedDuration(text)).toBe(length);
    expect(parseDuration(text)).toBe(length === undefined || length < 0 ? undefined : length);
  });
});

describe("isPrometheusDuration", () => {
  it.each(["1.5s", "30m1h", "1s1s", "1us", "1ns", "+1s", "-1s", "", "0.5", "1"])("refuses %j", (text) => {
    expect(isPrometheusDuration(text)).toBe(false);
  });

  it.each(["0", "1s", "1y2w3d4h5m6s7ms"])("accepts %j", (text) => {
    expect(isPrometheusDuration(text)).toBe(true);
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0s"],
    [30, "30s"],
    [120, "2m0s"],
    [135, "2m15s"],
    [5400, "1h30m0s"],
    [0.25, "250ms"],
    [1.5, "1.5s"],
    [59.9999, "1m0s"],
    [0.9999999, "1s"],
    [-30, "-30s"],
  ])("formats %d seconds as %s", (length, text) => {
    expect(formatDuration(seconds(length))).toBe(text);
  });

  it("formats what parseDuration parses back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (length) => {
        expect(parseDuration(formatDuration(seconds(length)))).toBe(length);
      }),
    );
  });
});
