import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPresence, type Gap } from "../../src/core/presence.ts";
import { after, seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";

function setup() {
  const clock = manualClock();
  const presence = createPresence(clock);
  const gaps: Gap[] = [];
  presence.onGap((gap) => gaps.push(gap));
  return { clock, presence, gaps };
}

describe("presence", () => {
  it("runs as its clock does while the exporter runs", () => {
    const { clock, presence, gaps } = setup();
    clock.advance(seconds(100.25));
    expect([presence.clock.monotonic(), presence.absence(), presence.presentFor()]).toEqual([
      100.25,
      0,
      Number.POSITIVE_INFINITY,
    ]);
    expect(gaps).toEqual([]);
  });

  it.each(["a read of the clock", "a timer"])(
    "stands still while the exporter is stopped, noticed by %s",
    (by) => {
      const { clock, presence, gaps } = setup();
      clock.advance(seconds(10));
      clock.block(seconds(60));
      if (by === "a timer") clock.advance(seconds(0));
      expect(presence.clock.monotonic()).toBe(10);
      expect(gaps).toEqual([{ absence: 60, jump: 0 }]);
      clock.advance(seconds(5));
      expect([presence.clock.monotonic(), presence.absence(), presence.presentFor()]).toEqual([15, 60, 5]);
      expect(gaps).toHaveLength(1);
    },
  );

  it("tells how much of the time since a moment was absence", () => {
    const { clock, presence } = setup();
    const before = clock.now();
    clock.block(seconds(60));
    clock.advance(seconds(10));
    const between = clock.now();
    clock.block(seconds(5));
    expect([presence.absenceSince(before), presence.absenceSince(between)]).toEqual([65, 5]);
    // A moment within the absence: only the rest of it.
    expect(presence.absenceSince(after(between, seconds(-30)))).toBe(25);
    expect(presence.absenceSince(clock.now())).toBe(0);
  });

  it.each([
    ["forward, as by the suspension of a guest", 3600, 3600],
    ["back", -3600, 0],
  ])("reports that the wall clock moved %s", (_name, jump, maybeAbsent) => {
    const { clock, presence, gaps } = setup();
    const before = after(clock.now(), seconds(Math.min(0, jump)));
    clock.setWall(seconds(jump));
    clock.advance(seconds(1));
    expect(gaps).toEqual([{ absence: 0, jump }]);
    expect([presence.clock.monotonic(), presence.absence(), presence.absenceSince(before)]).toEqual([
      1,
      0,
      maybeAbsent,
    ]);
  });

  it.each([
    ["was ahead", 3600, 0],
    ["was behind", -3600, 3602],
  ])("takes no time after the wall clock %s and was set right for absence", (_name, wrong, gap) => {
    const { clock, presence } = setup();
    clock.setWall(seconds(wrong));
    clock.advance(seconds(20));
    clock.block(seconds(2));
    clock.advance(seconds(20));
    const before = clock.now();
    clock.setWall(seconds(-wrong));
    // A moment of before is now an hour early, and so before the block.
    expect(presence.absenceSince(before)).toBe(gap);
    clock.advance(seconds(1));
    const at = clock.now();
    for (let i = 0; i < 100; i += 1) {
      clock.advance(seconds(60));
      expect([presence.absenceSince(clock.now()), presence.absenceSince(at)]).toEqual([0, 0]);
    }
  });

  it("adds up what a slewed wall clock moves", () => {
    const { clock, gaps } = setup();
    for (let i = 0; i < 100; i += 1) {
      clock.setWall(seconds(0.01));
      clock.advance(seconds(1));
    }
    const total = gaps.reduce((sum, { jump }) => sum + jump, 0);
    expect(gaps.every(({ absence }) => absence === 0)).toBe(true);
    expect(total).toBeGreaterThan(0.7);
    expect(total).toBeLessThanOrEqual(1.001);
  });

  it.each([
    // [delay of each check, share of the time that counts]
    [0.05, 1],
    [0.2, 0.5 / 0.7],
    [0.45, 0.5 / 0.95],
  ])("passes at its own pace if every check is %d s late: %d", (late, share) => {
    const { clock, presence } = setup();
    let passed = 0;
    for (let i = 0; i < 1000; i += 1) {
      clock.block(seconds(0.5 + late));
      clock.advance(seconds(0));
      passed += 0.5 + late;
    }
    expect(presence.clock.monotonic() / passed).toBeCloseTo(share, 2);
    expect(presence.presentFor()).toBe(Number.POSITIVE_INFINITY);
  });

  it("its clock never runs ahead of the time that the exporter ran, nor more than a check and a delay behind", () => {
    const pause = fc.record({
      run: fc.integer({ min: 0, max: 400 }),
      stop: fc.integer({ min: 0, max: 7200 }),
    });
    fc.assert(
      fc.property(fc.array(pause, { maxLength: 20 }), (pauses) => {
        const { clock, presence } = setup();
        let ran = 0;
        for (const { run, stop } of pauses) {
          clock.advance(seconds(run / 4));
          clock.block(seconds(stop / 4));
          clock.advance(seconds(0));
          ran += run / 4;
        }
        const slack = pauses.length * 1.1;
        expect(presence.clock.monotonic()).toBeLessThanOrEqual(ran + slack);
        expect(presence.clock.monotonic()).toBeGreaterThanOrEqual(ran - slack);
      }),
    );
  });
});
