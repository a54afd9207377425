import { describe, expect, it } from "vitest";
import { failed, type Outcome, succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import type { Target } from "../../src/core/target.ts";
import { seconds } from "../../src/core/units.ts";
import { createDriver } from "../../src/failover/driver.ts";
import { manualClock } from "../helpers/clock.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";

const failover = {
  mode: "rule_based",
  confidenceReduction: 0.2,
  processWithLowerConfidence: true,
  maxDuration: seconds(60),
};
const module = moduleOf(heldProber().prober);
const target = (more: Partial<Target> = {}): Target => targetOf(module, { failover, ...more });

function setUp() {
  const clock = manualClock();
  const effects: string[] = [];
  const driver = createDriver(clock, ({ name }, effect) =>
    effects.push(`${name} ${effect.kind}@${clock.monotonic()}`),
  );
  let id = 0;
  const record = (of: Target, outcome: Outcome): void => {
    id += 1;
    const at = clock.now();
    const result: Result = {
      id,
      startedAt: at,
      endedAt: at,
      duration: seconds(0),
      timeout: seconds(1),
      outcome,
      samples: [],
      log: [],
    };
    driver.record(of, result);
  };
  const fail = (of: Target) => record(of, failed("timeout", ""));
  return { clock, effects, driver, record, fail };
}

const byName = (targets: readonly Target[]) => new Map(targets.map((target) => [target.name, target]));

describe("createDriver", () => {
  it("reports effects in order, after the state has changed", () => {
    const { driver, fail, effects } = setUp();
    const one = target();
    driver.setTargets(byName([one]));
    for (let i = 0; i < 3; i += 1) fail(one);
    expect(effects).toEqual(["one health@0", "one mode@0"]);
    expect(driver.state("one")).toMatchObject({ mode: "fallback", health: "unhealthy" });
  });

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

  it("keeps the state of targets with an unchanged identity and drops the others", () => {
    const { driver, record } = setUp();
    const one = target();
    driver.setTargets(byName([one, target({ name: "two" })]));
    record(one, succeeded);
    driver.setTargets(byName([target({ labels: { team: "ai" }, interval: seconds(5) })]));
    expect(driver.state("one")?.consecutiveSuccesses).toBe(1);
    expect(driver.state("two")).toBeUndefined();
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

  it("ignores results of removed targets", () => {
    const { driver, fail } = setUp();
    driver.setTargets(byName([]));
    fail(target());
    expect(driver.state("one")).toBeUndefined();
  });
});
