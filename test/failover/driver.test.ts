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
  const told: string[] = [];
  const driver = createDriver(clock, ({ name }, effect) =>
    told.push(`${name} ${effect.kind}@${clock.monotonic()}`),
  );
  let id = 0;
  const record = (about: Target, outcome: Outcome): void => {
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
    driver.record(about, result);
  };
  const fail = (about: Target) => record(about, failed("timeout", ""));
  return { clock, told, driver, record, fail };
}

describe("createDriver", () => {
  it("tells of changes after they are made, in their order", () => {
    const { driver, fail, told } = setUp();
    const one = target();
    driver.setTargets([one]);
    for (let i = 0; i < 3; i += 1) fail(one);
    expect(told).toEqual(["one health@0", "one mode@0"]);
    expect(driver.state("one")).toMatchObject({ mode: "fallback", health: "unhealthy" });
  });

  it("looks at the clock by itself: a force ends, a fallback becomes overdue", () => {
    const { driver, clock, told } = setUp();
    const one = target();
    driver.setTargets([one]);
    driver.command(one, { kind: "force", mode: "fallback", lasting: seconds(10) });
    clock.advance(seconds(9));
    expect(driver.state("one")?.forced).toBeDefined();
    clock.advance(seconds(60));
    expect(told).toEqual(["one mode@0", "one force_ended@10", "one overdue@61"]);
  });

  it("keeps the state of targets that stay the same, and forgets the others'", () => {
    const { driver, record } = setUp();
    const one = target();
    driver.setTargets([one, target({ name: "two" })]);
    record(one, succeeded);
    driver.setTargets([target({ labels: { team: "ai" }, interval: seconds(5) })]);
    expect(driver.state("one")?.consecutiveSuccesses).toBe(1);
    expect(driver.state("two")).toBeUndefined();
  });

  const { failover: _none, ...withoutFailover } = target();
  it.each([
    { change: "address", changed: target({ address: "http://elsewhere.example" }) },
    { change: "model", changed: target({ model: "other" }) },
    { change: "module", changed: target({ module: { ...module, name: "other" } }) },
    { change: "failover", changed: withoutFailover },
  ])("starts anew when the $change changes, because what was known is not about it", ({ changed }) => {
    const { driver, fail } = setUp();
    const one = target();
    driver.setTargets([one]);
    for (let i = 0; i < 3; i += 1) fail(one);
    driver.setTargets([changed]);
    expect(driver.state("one")).toMatchObject({ mode: "primary", health: "unknown", consecutiveFailures: 0 });
  });

  it("takes no result of a target that is gone", () => {
    const { driver, fail } = setUp();
    driver.setTargets([]);
    fail(target());
    expect(driver.state("one")).toBeUndefined();
  });
});
