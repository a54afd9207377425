import { describe, expect, it } from "vitest";
import type { Target } from "../../src/core/target.ts";
import { type Seconds, seconds } from "../../src/core/units.ts";
import { createScheduler } from "../../src/engine/schedule.ts";
import { manualClock } from "../helpers/clock.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";

function setUp() {
  const clock = manualClock();
  const runs: string[] = [];
  const scheduler = createScheduler(clock, ({ name }) => runs.push(`${name}@${clock.monotonic()}`));
  const module = moduleOf(heldProber().prober);
  const target = (name: string, more: Partial<Target> = {}): Target =>
    targetOf(module, { name, schedule: "interval", interval: seconds(30), ...more });
  return { clock, runs, scheduler, target };
}

describe("createScheduler", () => {
  it("runs a target at once and then at its interval", () => {
    const { clock, runs, scheduler, target } = setUp();
    scheduler.setTargets([target("a")]);
    clock.advance(seconds(65));
    expect(runs).toEqual(["a@0", "a@30", "a@60"]);
  });

  it("spreads first probes, and ignores targets that are probed on scrape", () => {
    const { clock, runs, scheduler, target } = setUp();
    scheduler.setTargets([target("a"), target("b"), target("c", { schedule: "on_scrape" })]);
    clock.advance(seconds(36));
    expect(runs).toEqual(["a@0", "b@5", "a@30", "b@35"]);
  });

  it("keeps the rhythm of unchanged targets over a reload, and stops removed ones", () => {
    const { clock, runs, scheduler, target } = setUp();
    scheduler.setTargets([target("a"), target("b", { interval: seconds(4) })]);
    clock.advance(seconds(10));
    scheduler.setTargets([target("a")]);
    clock.advance(seconds(25));
    expect(runs).toEqual(["a@0", "b@2", "b@6", "b@10", "a@30"]);
  });

  it("runs a target as it is after a reload, and with a new rhythm if its interval has changed", () => {
    const { clock, target } = setUp();
    const runs: string[] = [];
    const scheduler = createScheduler(clock, ({ name, address }) =>
      runs.push(`${name} ${address}@${clock.monotonic()}`),
    );
    scheduler.setTargets([target("a", { address: "old" }), target("b", { address: "old" })]);
    clock.advance(seconds(20));
    scheduler.setTargets([
      target("a", { address: "new" }),
      target("b", { address: "new", interval: seconds(20) }),
    ]);
    expect(["a", "b"].map((name) => scheduler.nextIn(name))).toEqual([10, 5]);
    clock.advance(seconds(26));
    expect(runs).toEqual(["a old@0", "b old@5", "b new@25", "a new@30", "b new@45"]);
  });

  it("tells when a target is due, and stops at the end", () => {
    const { clock, runs, scheduler, target } = setUp();
    const next = () => ["a", "b", "c"].map((name) => scheduler.nextIn(name));
    scheduler.setTargets([target("a"), target("b"), target("c", { schedule: "on_scrape" })]);
    expect(next()).toEqual([0, 5, undefined]);
    clock.advance(seconds(7));
    expect(next()).toEqual([23, 28, undefined]);
    clock.block(seconds(30));
    expect(next()).toEqual([0, 0, undefined]);
    scheduler.stop();
    expect([...next(), clock.timers()]).toEqual([undefined, undefined, undefined, 0]);
    clock.advance(seconds(100));
    expect(runs).toEqual(["a@0", "b@5"]);
  });

  it("delays the first probe of a target that was probed before a restart, by at most its interval", () => {
    const { clock, runs, target } = setUp();
    const delays: Readonly<Record<string, number>> = { a: 20, b: 3, c: 1000 };
    const scheduler = createScheduler(
      clock,
      ({ name }) => runs.push(`${name}@${clock.monotonic()}`),
      ({ name }) => seconds(delays[name] ?? 0),
    );
    scheduler.setTargets([target("a"), target("b"), target("c"), target("d")]);
    clock.advance(seconds(52));
    expect(runs).toEqual(["b@3", "d@7.5", "a@20", "c@30", "b@33", "d@37.5", "a@50"]);
  });

  it("does not catch up on missed probes", () => {
    const { clock, runs, scheduler, target } = setUp();
    const suspended = {
      ...clock,
      monotonic: () => seconds(clock.monotonic() < 30 ? clock.monotonic() : clock.monotonic() + 100),
    };
    const late = createScheduler(suspended, ({ name }) => runs.push(`${name}@${suspended.monotonic()}`));
    late.setTargets([target("a")]);
    clock.advance(seconds(51));
    expect(runs).toEqual(["a@0", "a@130", "a@150"]);
    scheduler.stop();
  });

  it("reports lateness only if timers do not fire", () => {
    const { clock, target } = setUp();
    let stalled = false;
    const halting = {
      ...clock,
      after: (delay: Seconds, run: () => void) => clock.after(delay, () => !stalled && run()),
    };
    const scheduler = createScheduler(halting, () => {});
    scheduler.setTargets([target("a"), target("b", { interval: seconds(50) })]);
    clock.advance(seconds(65));
    expect(scheduler.lateness()).toBe(0);
    stalled = true;
    clock.advance(seconds(65));
    expect(scheduler.lateness()).toBe(130 - 90);
    scheduler.stop();
    expect(scheduler.lateness()).toBe(0);
  });
});
