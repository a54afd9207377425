import { describe, expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { seconds } from "../../src/core/units.ts";
import { createTokenCheck, sameSecret } from "../../src/server/token.ts";
import { manualClock } from "../helpers/clock.ts";

/** A check of a secret that the test replaces, and which counts how often it is revealed. */
function setUp() {
  const clock = manualClock();
  // An exporter that has run for a while.
  clock.advance(seconds(1000));
  const state = { value: "old", revealed: 0 };
  const secret = new Secret(async () => {
    state.revealed += 1;
    return state.value;
  });
  const check = createTokenCheck(clock);
  return { clock, state, secret, passes: (given: string) => check(given, secret) };
}

describe("a token of frequent requests", () => {
  test("that was replaced passes for less than a second, although no other token is shown", async () => {
    const { clock, state, passes } = setUp();
    expect(await passes("old")).toBe(true);
    state.value = "new";
    clock.advance(seconds(0.999));
    expect(passes("old")).toBe(true);
    clock.advance(seconds(0.001));
    expect(await passes("old")).toBe(false);
    expect(await passes("new")).toBe(true);
  });

  test("does not pass for longer because it is shown again and again", async () => {
    const { clock, state, passes } = setUp();
    await passes("old");
    state.value = "new";
    const passed: boolean[] = [];
    for (let i = 0; i < 4; i += 1) {
      clock.advance(seconds(0.4));
      passed.push(await passes("old"));
    }
    expect(passed).toEqual([true, true, false, false]);
  });

  test("that is new passes at its first use", async () => {
    const { state, passes } = setUp();
    await passes("old");
    state.value = "new";
    expect(await passes("new")).toBe(true);
    expect(await passes("old")).toBe(false);
  });

  test("is revealed once for many requests, and for each wrong one", async () => {
    const { state, passes } = setUp();
    await passes("old");
    for (let i = 0; i < 100; i += 1) expect(passes("old")).toBe(true);
    expect(state.revealed).toBe(1);
    for (const wrong of ["ol", "oldx", ""]) expect(await passes(wrong)).toBe(false);
    expect(state.revealed).toBe(4);
  });

  test("of one secret does not pass for another", async () => {
    const { clock, secret } = setUp();
    const check = createTokenCheck(clock);
    await check("old", secret);
    expect(await check("old", new Secret(async () => "other"))).toBe(false);
  });

  test("whose secret cannot be revealed does not pass", async () => {
    const { clock, state, secret } = setUp();
    const check = createTokenCheck(clock);
    await check("old", secret);
    clock.advance(seconds(1));
    const gone = new Secret(() => Promise.reject(new Error(`gone after ${state.revealed}`)));
    await expect(check("old", gone)).rejects.toThrow("gone after 1");
  });
});

test.each([
  ["same", "same", true],
  ["same", "samf", false],
  ["same", "sam", false],
  ["", "", true],
])("%j is compared with %j", (given, wanted, same) => {
  expect(sameSecret(given, wanted)).toBe(same);
});
