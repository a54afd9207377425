import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration, seconds } from "../../src/core/units.ts";

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
  ])("parses %s as %d seconds", (text, length) => {
    expect(parseDuration(text)).toBe(length);
  });

  it.each(["", "1", "s", "1.5s", "-1s", "30m1h", "1s1s", "1 s", "1S", "5min", "١s", `${"9".repeat(400)}s`])(
    "rejects %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
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
