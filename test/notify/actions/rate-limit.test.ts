import { expect, test } from "vitest";
import { createMemory } from "../../../src/core/memory.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { createRateLimit } from "../../../src/notify/actions/rate-limit.ts";
import { manualClock } from "../../helpers/clock.ts";

test("the limit of attempts in an hour holds to the second, over a restart, and ends if the clock was set back", () => {
  const clock = manualClock();
  const store = createMemory().namespace("brake");
  const limit = createRateLimit(store);
  const admit = (): boolean => limit.admit(clock.now(), 2);
  expect([admit(), admit(), admit()]).toEqual([true, true, false]);
  clock.advance(seconds(3599));
  expect(createRateLimit(store).admit(clock.now(), 2)).toBe(false);
  clock.advance(seconds(1));
  expect(admit()).toBe(true);
  // Attempts in what is now the future are not of the last hour.
  clock.setWall(seconds(-86_400));
  expect([admit(), admit(), admit()]).toEqual([true, true, false]);
});

test("each attempt ends to count an hour after itself, and refused ones do not count", () => {
  const limit = createRateLimit(createMemory().namespace("brake"));
  const admitted = [0, 1800, 3599, 3600, 3600, 5399, 5400].map((now) => limit.admit(timestamp(now), 2));
  expect(admitted).toEqual([true, true, false, true, false, false, true]);
});

test.each([
  ["no list", { 0: 1000 }, true],
  ["a list with something that is no time", ["1000", null, Number.NaN], true],
  ["a list with something that is no time and an attempt", ["1000", 1000], false],
])("what is stored counts as far as it can be read: %s", (_name, stored, admitted) => {
  const store = createMemory().namespace("brake");
  store.put("attempts", stored);
  expect(createRateLimit(store).admit(timestamp(1000), 1)).toBe(admitted);
});
