import { describe, expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { probeTimeout } from "../../src/engine/ask.ts";

describe("probeTimeout", () => {
  const none = undefined;
  it.each([
    { module: none, scrape: none, offset: 0.5, expected: 119.5 },
    { module: none, scrape: 10, offset: 0.5, expected: 9.5 },
    { module: 5, scrape: none, offset: 0.5, expected: 5 },
    { module: 5, scrape: 10, offset: 0.5, expected: 5 },
    { module: 15, scrape: 10, offset: 0.5, expected: 9.5 },
    { module: 10, scrape: 10, offset: 0.5, expected: 9.5 },
    { module: 5, scrape: 0.2, offset: 0.5, expected: 5 },
    { module: 5, scrape: 0.5, offset: 0.5, expected: 0 },
    { module: none, scrape: 0.2, offset: 0.5, expected: 0 },
    { module: 5, scrape: -1, offset: 0.5, expected: 5 },
    { module: none, scrape: -1, offset: 0.5, expected: 0 },
    { module: none, scrape: -1, offset: 0, expected: 0 },
  ])("module $module, scrape $scrape, offset $offset: $expected", ({ module, scrape, offset, expected }) => {
    const given = (n: number | undefined) => (n === undefined ? undefined : seconds(n));
    expect(probeTimeout(given(module), given(scrape), seconds(offset))).toBe(expected);
  });
});
