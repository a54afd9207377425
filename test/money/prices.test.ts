import { describe, expect, test } from "vitest";
import { dollarsFor, dollarsOf, type Price, type Prices, priceOf } from "../../src/core/money.ts";
import { countCpuTime } from "../helpers/cpu-time.ts";

const price = (input: number): Price => ({ input, output: 2 * input });

const prices: Prices = new Map([
  ["*", price(100)],
  ["gpt-4o*", price(1)],
  ["gpt-4o-mini", price(2)],
  ["gpt-4o-*-preview", price(3)],
  ["claude-*-4-*", price(4)],
  ["*-lite", price(5)],
]);

describe("the price of a model", () => {
  test.each([
    ["its own price", "gpt-4o-mini", 2],
    ["that of the model it is a dated version of", "gpt-4o-mini-2024-07-18", 2],
    ["that of a matching pattern", "gpt-4o-2024-08-06", 1],
    ["that of the longest matching pattern", "gpt-4o-audio-preview", 3],
    ["that of a pattern with several stars", "claude-sonnet-4-20250514", 4],
    ["that of a pattern with a leading star", "nova-lite", 5],
    ["that of a pattern in any case", "GPT-4o-Audio", 1],
    ["that of *, if a pattern would need the same characters twice", "claude-4-", 100],
    ["that of *", "mixtral", 100],
    ["that of *, for a model without a name", undefined, 100],
    ["that of *, for a model with an empty name", "", 100],
  ])("is %s", (_title, model, input) => {
    expect(priceOf(prices, model)?.input).toBe(input);
  });

  test("is undefined if nothing matches", () => {
    const few: Prices = new Map([
      ["gpt-4o", price(1)],
      ["claude-*", price(2)],
    ]);
    for (const model of ["gpt-4o-mini", "gpt-4", "my-claude-3", undefined, ""]) {
      expect(priceOf(few, model)).toBeUndefined();
    }
  });

  test("is found quickly for any pattern", () => {
    const hostile: Prices = new Map([[`${"*a".repeat(50)}b`, price(1)]]);
    const used = countCpuTime();
    expect(priceOf(hostile, "a".repeat(100_000))).toBeUndefined();
    expect(used()).toBeLessThan(0.2);
  });
});

describe("the cost of a probe", () => {
  const tokens = { input: 1000, output: 500, reasoning: 200, cachedInput: 400 };

  test.each([
    ["input and output", { input: 2, output: 10 }, 0.007],
    ["cached input", { input: 2, output: 10, cachedInput: 0.5 }, 0.0064],
    ["reasoning", { input: 2, output: 10, reasoning: 40 }, 0.013],
    ["a free model", { input: 0, output: 0 }, 0],
  ] as const)("is computed for %s", (_title, price, dollars) => {
    expect(dollarsFor(tokens, price)).toBe(dollars);
  });

  test("is never negative, even for inconsistent counts", () => {
    const odd = { input: 10, output: 5, reasoning: 50, cachedInput: 100 };
    expect(dollarsFor(odd, { input: 1, output: 1, cachedInput: 0, reasoning: 2 })).toBe(0.00001);
  });

  test("uses the price of the model that answered, else of the requested one", () => {
    const some: Prices = new Map([
      ["asked", { input: 1, output: 0 }],
      ["answered", { input: 2, output: 0 }],
    ]);
    const spent = (responseModel?: string, requestedModel = "asked") => ({
      tokens: { input: 1e6, output: 0 },
      requestedModel,
      ...(responseModel === undefined ? {} : { responseModel }),
    });
    expect(dollarsOf(some, spent("answered"))).toBe(2);
    expect(dollarsOf(some, spent("unpriced"))).toBe(1);
    expect(dollarsOf(some, spent())).toBe(1);
    expect(dollarsOf(some, spent("unpriced", "else"))).toBeUndefined();
  });
});
