import { describe, expect, it } from "vitest";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import type { Presence } from "../../src/core/presence.ts";
import { failed, type Outcome, succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import type { Target } from "../../src/core/target.ts";
import { seconds } from "../../src/core/units.ts";
import { createDriver } from "../../src/failover/driver.ts";
import type { FailoverState } from "../../src/failover/machine.ts";
import { type ManualClock, manualClock } from "../helpers/clock.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";

const failover = {
  mode: "rule_based",
  confidenceReduction: 0.2,
  processWithLowerConfidence: true,
  maxDuration: seconds(60),
};
const module = moduleOf(heldProber().prober);
const target = (more: Partial<Target> = {}): Target => targetOf(module, { failover, ...more });

function setUp({
  memory = createMemory(),
  clock = manualClock(),
  presence,
}: {
  memory?: Memory;
  clock?: ManualClock;
  presence?: Pick<Presence, "presentFor">;
} = {}) {
  const effects: string[] = [];
  const replica = { follows: false };
  /** The states that effects were reported with. */
  const reported: FailoverState[] = [];
  const unreadable: string[] = [];
  const driver = createDriver(
    clock,
    ({ name }, effect, state) => {
      effects.push(`${name} ${effect.kind}@${clock.monotonic()}`);
      reported.push(state);
    },
    memory.namespace("failover"),
    presence,
    () => replica.follows,
    ({ name }) => unreadable.push(name),
  );
  let id = 0;
  const resultOf = (outcome: Outcome): Result => {
    id += 1;
    const at = clock.now();
    const times = { startedAt: at, endedAt: at, duration: seconds(0), timeout: seconds(1) };
    return { id, ...times, outcome, samples: [], log: [] };
  };
  const record = (of: Target, outcome: Outcome): void => driver.record(of, resultOf(outcome));
  const hold = (of: Target): void => driver.hold(of, resultOf(failed("rate_limited", "")));
  const fail = (of: Target) => record(of, failed("timeout", ""));
  return { clock, effects, reported, unreadable, driver, record, hold, fail, replica };
}

const byName = (targets: readonly Target[]) => new Map(targets.map((target) => [target.name, target]));

describe("createDriver", () => {
  it("reports effects in order, after the state has changed", () => {
    const { driver, fail, effects, reported } = setUp();
    const one = target();
    driver.setTargets(byName([one]));
    for (let i = 0; i < 3; i += 1) fail(one);
    expect(effects).toEqual(["one health@0", "one mode@0"]);
    expect(driver.state("one")).toMatchObject({ mode: "fallback", health: "unhealthy" });
    expect(reported).toEqual([driver.state("one"), driver.state("one")]);
  });

  it("takes a command for a target that a reload has just removed", () => {
    const { driver } = setUp();
    driver.setTargets(byName([]));
    expect(driver.command(target(), { kind: "failover" })).toMatchObject({ mode: "fallback" });
  });

  it("counts no result again after a reload that keeps its target", () => {
    const { driver, fail } = setUp();
    const one = target();
    driver.setTargets(byName([one]));
    fail(one);
    const before = driver.state("one");
    driver.setTargets(byName([one]));
    expect(driver.state("one")).toBe(before);
  });

  it("says which stored states cannot be read, and nothing of targets without one", () => {
    const memory = createMemory();
    const first = setUp({ memory });
    first.driver.setTargets(byName([target()]));
    expect(first.unreadable).toEqual([]);
    first.fail(target());
    for (const [key] of memory.namespace("failover").entries()) memory.namespace("failover").put(key, 7);
    const { driver, unreadable } = setUp({ memory });
    driver.setTargets(byName([target(), target({ name: "two" })]));
    expect(unreadable).toEqual(["one"]);
    expect(driver.state("one")).toMatchObject({ mode: "primary", consecutiveFailures: 0 });
  });

  it.each([
    ["shorter than an interval", 59, 0],
    ["a whole interval", 60, 1],
  ])(
    "reports a fallback as overdue by the time for which the exporter ran: %s",
    (_title, present, wanted) => {
      const presence = { presentFor: () => seconds(present) };
      const { driver, clock, effects } = setUp({ presence });
      driver.setTargets(byName([target({ interval: seconds(60) })]));
      driver.command(target(), { kind: "failover" });
      clock.advance(seconds(100));
      expect(effects.filter((effect) => effect.includes("overdue"))).toHaveLength(wanted);
    },
  );

  it("ends a forced mode and reports an overdue fallback without a probe", () => {
    const { driver, clock, effects } = setUp();
    const one = target();
    driver.setTargets(byName([one]));
    driver.command(one, { kind: "force", mode: "fallback", lasting: seconds(10) });
    clock.advance(seconds(9));
    expect(driver.state("one")?.forced).toBeDefined();
    clock.advance(seconds(60));
    expect(effects).toEqual(["one mode@0", "one force_ended@10", "one overdue@61"]);
  });

  it("forces a mode for as long as was said, although the clock is set back in the same moment", () => {
    const { driver, clock } = setUp();
    const one = target();
    driver.setTargets(byName([one]));
    driver.command(one, { kind: "force", mode: "fallback", lasting: seconds(10) });
    clock.setWall(seconds(-3600));
    clock.advance(seconds(9));
    expect(driver.state("one")?.forced).toBeDefined();
    clock.advance(seconds(1));
    expect(driver.state("one")?.forced).toBeUndefined();
  });

  it("keeps the state of targets with an unchanged identity and drops the others", () => {
    const { driver, record } = setUp();
    const one = target();
    driver.setTargets(byName([one, target({ name: "two" })]));
    record(one, succeeded);
    driver.setTargets(byName([target({ labels: { team: "ai" }, interval: seconds(5) })]));
    expect(driver.state("one")?.consecutiveSuccesses).toBe(1);
    expect(driver.state("two")).toBeUndefined();
  });

  it("starts from the initial state if a target was removed and returns, at run time and at a start", () => {
    const memory = createMemory();
    const { driver, fail } = setUp({ memory });
    const one = target();
    driver.setTargets(byName([one]));
    for (let i = 0; i < 3; i += 1) fail(one);
    driver.command(one, { kind: "force", mode: "fallback" });
    driver.setTargets(byName([target({ name: "two" })]));
    const initial = { mode: "primary", health: "unknown", consecutiveFailures: 0, triggered: 0 };
    const restarted = setUp({ memory });
    for (const again of [restarted.driver, driver]) {
      again.setTargets(byName([one]));
      expect(again.state("one")).toMatchObject(initial);
      expect(again.state("one")).not.toHaveProperty("forced");
    }
  });

  const { failover: _none, ...withoutFailover } = target();
  it.each([
    { change: "address", changed: target({ address: "http://elsewhere.example" }) },
    { change: "model", changed: target({ model: "other" }) },
    { change: "module", changed: target({ module: { ...module, name: "other" } }) },
    { change: "failover", changed: withoutFailover },
  ])("starts from the initial state if the $change changes", ({ changed }) => {
    const { driver, fail } = setUp();
    const one = target();
    driver.setTargets(byName([one]));
    for (let i = 0; i < 3; i += 1) fail(one);
    driver.setTargets(byName([changed]));
    expect(driver.state("one")).toMatchObject({ mode: "primary", health: "unknown", consecutiveFailures: 0 });
  });

  it("ignores results of removed targets, and probes of them that were held back", () => {
    const { driver, fail, hold } = setUp();
    driver.setTargets(byName([]));
    fail(target());
    hold(target());
    driver.setTargets(byName([target()]));
    expect(driver.state("one")).toMatchObject({ consecutiveFailures: 0 });
  });

  it("reports nothing after it was stopped", () => {
    const { driver, clock, effects } = setUp();
    driver.setTargets(byName([target()]));
    driver.command(target(), { kind: "force", mode: "fallback", lasting: seconds(10) });
    driver.stop();
    clock.advance(seconds(100));
    expect(effects).toEqual(["one mode@0"]);
  });
});

describe("a replica that follows", () => {
  const paid = moduleOf({ ...heldProber().prober, costly: true });
  const led = targetOf(paid, { failover });
  const own = targetOf(module, { name: "own", failover });
  const both = byName([led, own]);

  it("takes over the states of targets that only the leader probes, without an effect", () => {
    const leader = setUp();
    const follower = setUp();
    for (const { driver } of [leader, follower]) driver.setTargets(both);
    for (let i = 0; i < 3; i += 1) {
      leader.fail(led);
      leader.fail(own);
    }
    follower.replica.follows = true;
    follower.driver.learn(leader.driver.tell());
    const { lastResultId: _, ...told } = leader.driver.state("one") ?? {};
    expect(follower.driver.state("one")).toMatchObject(told);
    expect(follower.driver.state("own")).toMatchObject({ mode: "primary", consecutiveFailures: 0 });
    expect(follower.effects).toEqual([]);

    // As the next leader it goes on from there; its own results count, though they have smaller numbers.
    follower.replica.follows = false;
    follower.record(led, succeeded);
    follower.record(led, succeeded);
    expect(follower.driver.state("one")).toMatchObject({ mode: "primary", recovered: 1 });
  });

  it("has no timers, and forgets what it knew as the leader", () => {
    const { driver, fail, clock, effects, replica } = setUp();
    driver.setTargets(both);
    for (let i = 0; i < 3; i += 1) fail(led);
    replica.follows = true;
    clock.advance(seconds(600));
    expect(effects).toEqual(["one health@0", "one mode@0"]);
    driver.learn(undefined);
    expect(driver.state("one")).toMatchObject({ mode: "primary", health: "unknown", consecutiveFailures: 0 });
    replica.follows = false;
    clock.advance(seconds(600));
    expect(effects).toHaveLength(2);
  });

  it("keeps what it has restored if that is newer, as after a restart of the only replica", () => {
    const clock = manualClock();
    const memory = createMemory();
    const first = setUp({ clock, memory });
    first.driver.setTargets(both);
    first.fail(led);
    const old = first.driver.tell();
    clock.advance(seconds(1));
    for (let i = 0; i < 2; i += 1) first.fail(led);
    const restarted = setUp({ clock, memory });
    restarted.driver.setTargets(both);
    restarted.driver.learn(old);
    expect(restarted.driver.state("one")).toMatchObject({ mode: "fallback", consecutiveFailures: 3 });
    clock.advance(seconds(1));
    first.fail(led);
    restarted.driver.learn(first.driver.tell());
    expect(restarted.driver.state("one")).toMatchObject({ mode: "fallback", consecutiveFailures: 4 });
  });

  it("forgets what it has found out as the leader, also if that is newer", () => {
    const clock = manualClock();
    const leader = setUp({ clock });
    leader.driver.setTargets(both);
    leader.fail(led);
    const told = leader.driver.tell();
    clock.advance(seconds(1));
    const former = setUp({ clock });
    former.driver.setTargets(both);
    for (let i = 0; i < 3; i += 1) former.fail(led);
    former.driver.learn(told);
    expect(former.driver.state("one")).toMatchObject({ mode: "primary", consecutiveFailures: 1 });
  });

  it("learns nothing of a target that is configured otherwise", () => {
    const leader = setUp();
    leader.driver.setTargets(both);
    for (let i = 0; i < 3; i += 1) leader.fail(led);
    const follower = setUp();
    follower.driver.setTargets(byName([targetOf(paid, { failover, address: "other" })]));
    follower.driver.learn(leader.driver.tell());
    expect(follower.driver.state("one")).toMatchObject({ mode: "primary", consecutiveFailures: 0 });
  });
});
