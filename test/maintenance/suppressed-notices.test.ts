import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { seconds } from "../../src/core/units.ts";
import { createSuppressedNotices } from "../../src/maintenance/suppressed-notices.ts";
import { manualClock } from "../helpers/clock.ts";
import { readBack } from "../helpers/read-back.ts";

/** Notices of an exporter that has been running for long, with the heartbeats that are in maintenance. */
function setUp(covered: readonly string[] = [], store = createMemory().namespace("suppressed")) {
  const clock = manualClock();
  const inMaintenance = new Set(covered);
  const released: string[] = [];
  const present = { for: 3600 };
  const notices = createSuppressedNotices({
    clock,
    store,
    inMaintenance: (name) => inMaintenance.has(name),
    presentFor: () => seconds(present.for),
    release: (name) => void released.push(name),
  });
  return { clock, store, inMaintenance, released, present, notices, stored: () => [...store.entries()] };
}

describe("notices of heartbeats", () => {
  test("are admitted outside of maintenance, without a timer", () => {
    const { notices, clock, stored } = setUp();
    expect([notices.admit("a", "offline"), notices.admit("a", "online")]).toEqual([true, true]);
    expect([clock.timers(), stored()]).toEqual([0, []]);
  });

  test("of going offline are suppressed in maintenance, and released once within a second of its end", () => {
    const { notices, clock, inMaintenance, released, stored } = setUp(["a"]);
    expect([notices.admit("a", "offline"), notices.admit("other", "offline")]).toEqual([false, true]);
    clock.advance(seconds(10));
    expect([released, stored()]).toEqual([[], [["a", true]]]);
    inMaintenance.delete("a");
    clock.advance(seconds(0.5));
    expect(released).toEqual([]);
    clock.advance(seconds(0.5));
    expect([released, stored(), clock.timers()]).toEqual([["a"], [], 0]);
    clock.advance(seconds(10));
    expect(released).toEqual(["a"]);
  });

  test("are each released at the end of their own maintenance, by one timer", () => {
    const { notices, clock, inMaintenance, released } = setUp(["a", "b"]);
    for (const name of ["a", "b"]) notices.admit(name, "offline");
    expect(clock.timers()).toBe(1);
    inMaintenance.delete("b");
    clock.advance(seconds(5));
    expect([released, clock.timers()]).toEqual([["b"], 1]);
    inMaintenance.delete("a");
    clock.advance(seconds(1));
    expect(released).toEqual(["b", "a"]);
  });

  test("of coming back are suppressed if that of going offline was, and then nothing is released", () => {
    const { notices, clock, inMaintenance, released, stored } = setUp(["a"]);
    notices.admit("a", "offline");
    expect([notices.admit("a", "online"), stored()]).toEqual([false, []]);
    expect(notices.admit("a", "online")).toBe(true);
    inMaintenance.delete("a");
    clock.advance(seconds(10));
    expect([released, clock.timers()]).toEqual([[], 0]);
  });

  test("are released also if the exporter restarted meanwhile", () => {
    const first = setUp(["a", "b"]);
    for (const name of ["a", "b"]) first.notices.admit(name, "offline");
    const { clock, released, inMaintenance, stored } = setUp(["b"], readBack(first.store));
    clock.advance(seconds(1));
    expect([released, stored()]).toEqual([["a"], [["b", true]]]);
    inMaintenance.delete("b");
    clock.advance(seconds(1));
    expect(released).toEqual(["a", "b"]);
  });

  test("wait until 5 seconds after an absence of the exporter", () => {
    const { notices, clock, inMaintenance, released, present } = setUp(["a"]);
    notices.admit("a", "offline");
    inMaintenance.delete("a");
    present.for = 4.9;
    clock.advance(seconds(3));
    expect(released).toEqual([]);
    present.for = 5;
    clock.advance(seconds(1));
    expect(released).toEqual(["a"]);
  });

  test("are not released after a stop", () => {
    const { notices, clock, inMaintenance, released } = setUp(["a"]);
    notices.stop();
    notices.admit("a", "offline");
    notices.stop();
    inMaintenance.delete("a");
    clock.advance(seconds(10));
    expect([released, clock.timers()]).toEqual([[], 0]);
  });
});
