import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createDeadlineQueue } from "../../src/heartbeats/deadlines.ts";
import { manualClock } from "../helpers/clock.ts";

/** A queue whose clock begins at 0, with its visits. */
function setUp(onVisit: (item: number) => void = () => {}) {
  const clock = manualClock(0);
  const visits: { at: number; item: number }[] = [];
  const deadlines = createDeadlineQueue<number>({
    clock,
    now: () => clock.now(),
    checkTime: (due) => due,
    visit(item, at) {
      visits.push({ at, item });
      onVisit(item);
    },
  });
  const schedule = (item: number, due: number): void => deadlines.schedule(item, timestamp(due));
  return { clock, visits, deadlines, schedule };
}

describe("the deadline queue", () => {
  it("visits each item once, at its earliest deadline, unless it was canceled", () => {
    const item = fc.integer({ min: 0, max: 20 });
    const arbitraryStep = fc.oneof(
      fc.record({ kind: fc.constant("schedule" as const), item, wait: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ kind: fc.constant("cancel" as const), item }),
      fc.record({ kind: fc.constant("advance" as const), by: fc.integer({ min: 0, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(arbitraryStep, { maxLength: 60 }), (steps) => {
        const { clock, visits, deadlines, schedule } = setUp();
        const expected: { at: number; item: number }[] = [];
        const scheduled = new Map<number, number>();
        const advance = (by: number): void => {
          clock.advance(seconds(by));
          const now = clock.now();
          for (const [one, due] of [...scheduled].toSorted(([, a], [, b]) => a - b)) {
            if (due > now) continue;
            scheduled.delete(one);
            expected.push({ at: due, item: one });
          }
        };
        for (const step of steps) {
          if (step.kind === "advance") advance(step.by);
          else if (step.kind === "cancel") {
            deadlines.cancel(step.item);
            scheduled.delete(step.item);
          } else {
            const due = clock.now() + step.wait;
            schedule(step.item, due);
            scheduled.set(step.item, Math.min(due, scheduled.get(step.item) ?? due));
          }
        }
        advance(100);
        const inOrder = (all: typeof visits): typeof visits =>
          all.toSorted((a, b) => a.at - b.at || a.item - b.item);
        expect(visits.map(({ at }) => at)).toEqual(inOrder(visits).map(({ at }) => at));
        expect(inOrder(visits)).toEqual(inOrder(expected));
      }),
      { numRuns: 300 },
    );
  });

  it("visits many items in the order of their deadlines", () => {
    const due = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(fc.array(due, { minLength: 50, maxLength: 150 }), (dues) => {
        const { clock, visits, schedule } = setUp();
        for (const [item, one] of dues.entries()) schedule(item, one);
        clock.advance(seconds(400));
        expect(visits.map(({ at }) => at)).toEqual(dues.toSorted((a, b) => a - b));
        expect(visits.every(({ at, item }) => dues[item] === at)).toBe(true);
      }),
    );
  });

  it("uses one timer, and none without items or after a stop", () => {
    const { clock, schedule, deadlines } = setUp();
    deadlines.stop();
    expect(clock.timers()).toBe(0);
    for (const due of [30, 20, 10, 40]) schedule(due, due);
    expect(clock.timers()).toBe(1);
    clock.advance(seconds(40));
    expect(clock.timers()).toBe(0);
    schedule(1, 50);
    deadlines.stop();
    expect(clock.timers()).toBe(0);
  });

  it("visits an item again that is scheduled by its own visit", () => {
    const again = [30, 20];
    const { clock, visits, schedule } = setUp((item) => {
      const due = again.pop();
      if (due !== undefined) schedule(item, due);
    });
    schedule(1, 10);
    clock.advance(seconds(100));
    expect(visits.map(({ at }) => at)).toEqual([10, 20, 30]);
  });

  it("visits at most 200 items before other work of the event loop", () => {
    const work: number[] = [];
    const { clock, visits, schedule } = setUp(() => {
      if (visits.length % 200 === 1) clock.after(seconds(0), () => work.push(visits.length));
    });
    for (let item = 0; item < 500; item += 1) schedule(item, 10);
    clock.advance(seconds(10));
    expect([work, visits.length]).toEqual([[200, 400, 500], 500]);
    expect(new Set(visits.map(({ item }) => item)).size).toBe(500);
  });

  it("visits at once after a delay of a tenth of a second", () => {
    const { clock, visits, schedule } = setUp();
    schedule(1, 0);
    clock.block(seconds(0.1));
    clock.advance(seconds(0));
    expect(visits).toEqual([{ at: 0.1, item: 1 }]);
  });

  it("lets a blocked event loop handle what arrived for a quarter of a second, once", () => {
    const { clock, visits, schedule, deadlines } = setUp();
    for (let item = 0; item < 300; item += 1) schedule(item, 0.5);
    clock.block(seconds(0.75));
    clock.advance(seconds(0));
    // Pings have arrived: one postpones its deadline, and others set their first.
    deadlines.cancel(7);
    schedule(7, 20);
    schedule(301, 0.5);
    schedule(302, 30);
    clock.advance(seconds(0.125));
    expect(visits).toEqual([]);
    clock.advance(seconds(0.125));
    expect([visits.length, visits.every(({ at }) => at === 1)]).toEqual([300, true]);
  });

  it("visits after that also if the event loop was blocked again", () => {
    const { clock, visits, schedule } = setUp();
    schedule(1, 10);
    clock.block(seconds(10.9));
    clock.advance(seconds(0));
    expect(visits).toEqual([]);
    clock.block(seconds(5));
    clock.advance(seconds(0));
    expect(visits).toEqual([{ at: 15.9, item: 1 }]);
  });
});
