import { describe, expect, test } from "vitest";
import { createEnds } from "../../src/core/ends.ts";
import { after, seconds, type Timestamp } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";

function setUp() {
  const clock = manualClock();
  return {
    clock,
    ends: createEnds(clock),
    later: (by: number): Timestamp => after(clock.now(), seconds(by)),
  };
}

describe("ends", () => {
  test("pass with the wall clock", () => {
    const { clock, ends, later } = setUp();
    const until = later(60);
    clock.advance(seconds(59));
    expect(ends.hasPassed("a", until)).toBe(false);
    clock.advance(seconds(1));
    expect([ends.hasPassed("a", until), ends.hasPassed("unasked", until)]).toEqual([true, true]);
  });

  test("pass when the wall clock is set ahead of them, as after the sleep of a machine", () => {
    const { clock, ends, later } = setUp();
    const until = later(60);
    expect(ends.hasPassed("a", until)).toBe(false);
    clock.setWall(seconds(3600));
    expect(ends.hasPassed("a", until)).toBe(true);
  });

  test("pass after as long as it seemed, although the wall clock is set back", () => {
    const { clock, ends, later } = setUp();
    const until = later(60);
    expect(ends.hasPassed("a", until)).toBe(false);
    clock.setWall(seconds(-3600));
    clock.advance(seconds(59));
    expect(ends.hasPassed("a", until)).toBe(false);
    clock.advance(seconds(1));
    expect(ends.hasPassed("a", until)).toBe(true);
  });

  test("of one thing replace each other", () => {
    const { clock, ends, later } = setUp();
    expect(ends.hasPassed("a", later(60))).toBe(false);
    const longer = later(120);
    expect(ends.hasPassed("a", longer)).toBe(false);
    clock.setWall(seconds(-3600));
    clock.advance(seconds(119));
    expect(ends.hasPassed("a", longer)).toBe(false);
    clock.advance(seconds(1));
    expect(ends.hasPassed("a", longer)).toBe(true);
  });
});
