import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import { createMemory } from "../../src/core/memory.ts";
import { succeeded } from "../../src/core/prober.ts";
import type { Result, Skip } from "../../src/core/result.ts";
import { seconds } from "../../src/core/units.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { requestFor } from "../../src/engine/probe-request.ts";
import { openNetwork } from "../../src/probers/network/network.ts";
import { manualClock } from "../helpers/clock.ts";
import { heldProber, moduleOf, settle, targetOf } from "../helpers/stand-in-prober.ts";

const timeout = seconds(5);

function setUp({
  clock = manualClock(),
  maxConcurrentProbes = 10,
  skips = () => undefined,
}: {
  readonly clock?: Clock;
  readonly maxConcurrentProbes?: number;
  readonly skips?: () => Skip | undefined;
} = {}) {
  const results: Result[] = [];
  const bugs: unknown[] = [];
  const engine = createEngine({
    clock,
    memory: createMemory(),
    limits: { maxConcurrentProbes },
    network: openNetwork,
    onResult: (_request, result) => results.push(result),
    onBug: (_module, _target, error) => bugs.push(error),
    skips,
  });
  const { prober, started } = heldProber();
  const requestTo = (name: string, costly = false) =>
    requestFor(targetOf(moduleOf({ ...prober, costly }), { name, address: `http://${name}.example` }));
  return { engine, results, bugs, prober, started, requestTo };
}

/** A clock whose probes have one of their own, which the test moves. */
function clockWithStalls(start: number) {
  const clock = manualClock();
  clock.advance(seconds(start));
  const ofProbe = { monotonic: 50, arrival: 50 };
  const probeClock: Clock = {
    ...clock,
    monotonic: () => seconds(ofProbe.monotonic),
    arrival: () => ({ earliest: seconds(ofProbe.arrival), latest: seconds(ofProbe.arrival) }),
  };
  return { clock, ofProbe, engineClock: { ...clock, forProbe: () => probeClock } };
}

describe("the duration of a probe", () => {
  it.each([
    { what: "no stall", start: 1000, passed: 2, arrived: 2, uncertainty: undefined },
    {
      what: "a stall in which the response may have arrived",
      start: 1000,
      passed: 2,
      arrived: 1.5,
      uncertainty: 0.5,
    },
    { what: "a stall of a millisecond", start: 0, passed: 0.001, arrived: 0, uncertainty: 0.001 },
    {
      what: "a stall of less than a millisecond",
      start: 0,
      passed: 0.0009,
      arrived: 0,
      uncertainty: undefined,
    },
  ])(
    "ends when its response may have arrived, and is uncertain by the rest: $what",
    async ({ start, passed, arrived, uncertainty }) => {
      const { clock, ofProbe, engineClock } = clockWithStalls(start);
      const { engine, results, started, requestTo } = setUp({ clock: engineClock });
      const asked = engine.probe(requestTo("one"), { timeout });
      clock.advance(seconds(passed));
      ofProbe.arrival += arrived;
      ofProbe.monotonic += 3;
      started[0]?.succeed();
      await asked;
      expect(results[0]?.duration).toBe(arrived);
      expect(results[0]?.uncertainty).toBe(uncertainty);
    },
  );

  it("is the time that has passed if nothing arrived before the deadline", async () => {
    const { clock, ofProbe, engineClock } = clockWithStalls(1000);
    const { engine, results, started, requestTo } = setUp({ clock: engineClock });
    const asked = engine.probe(requestTo("one"), { timeout });
    clock.advance(timeout);
    ofProbe.arrival += 3;
    ofProbe.monotonic += 5;
    started[0]?.fail();
    await asked;
    expect(results[0]?.duration).toBe(5);
    expect(results[0]).not.toHaveProperty("uncertainty");
  });

  it("does not contain the wait for a slot, nor does its uncertainty", async () => {
    const clock = manualClock();
    const begin = clock.now();
    const { engine, results, started, requestTo } = setUp({ clock, maxConcurrentProbes: 1 });
    const first = engine.probe(requestTo("one"), { timeout });
    const second = engine.probe(requestTo("two"), { timeout });
    clock.advance(seconds(3));
    started[0]?.succeed();
    await first;
    await settle();
    clock.advance(seconds(1));
    started[1]?.succeed();
    await second;
    expect(results[1]).toMatchObject({ startedAt: begin + 3, endedAt: begin + 4, duration: 1 });
    expect(results[1]).not.toHaveProperty("uncertainty");
  });
});

describe("a probe", () => {
  it("logs at times since its start", async () => {
    const clock = manualClock();
    clock.advance(seconds(100));
    const { engine, results, prober } = setUp({ clock });
    const module = moduleOf({
      ...prober,
      probe: async (_target, _module, { log }) => {
        log("begins");
        clock.advance(seconds(2));
        log("ends", { bytes: 7 });
        return { outcome: succeeded, samples: [] };
      },
    });
    await engine.probe(requestFor(targetOf(module)), { timeout });
    expect(results[0]?.log).toStrictEqual([
      { at: 0, message: "begins" },
      { at: 2, message: "ends", fields: { bytes: 7 } },
    ]);
  });

  it("that costs money starts a turn of the event loop after the one before, and others at once", async () => {
    const { engine, started, requestTo } = setUp();
    for (const name of ["a", "b"]) void engine.probe(requestTo(name), { timeout });
    expect(started).toHaveLength(2);
    for (const name of ["c", "d"]) void engine.probe(requestTo(name, true), { timeout });
    expect(started).toHaveLength(3);
    await settle();
    expect(started).toHaveLength(4);
  });

  it("that throws something else than an error fails with it", async () => {
    const { engine, results, bugs, started, requestTo } = setUp();
    const asked = engine.probe(requestTo("one"), { timeout });
    started[0]?.throws("out of order");
    await asked;
    expect(results[0]?.outcome).toMatchObject({ reason: "internal", detail: "out of order" });
    expect(bugs).toEqual(["out of order"]);
  });

  it("that starts after its deadline is waited for as long as one that reaches it", async () => {
    const clock = manualClock();
    const { engine, results, bugs, started, requestTo } = setUp({ clock });
    const asked = engine.probe(requestTo("one"), { timeout: seconds(0) });
    expect(started[0]?.signal.aborted).toBe(true);
    clock.advance(seconds(0.4));
    await settle();
    expect(results).toEqual([]);
    clock.advance(seconds(0.1));
    await asked;
    expect(results[0]?.outcome).toMatchObject({ reason: "internal" });
    expect(bugs).toHaveLength(1);
  });
});

describe("a probe that waits for a slot while the replica ceases to lead", () => {
  const skip: Skip = { reason: "not_leader", detail: "other leads" };

  function waiting() {
    const clock = manualClock();
    let leads = true;
    const all = setUp({ clock, maxConcurrentProbes: 1, skips: () => (leads ? undefined : skip) });
    void all.engine.probe(all.requestTo("one"), { timeout: seconds(60) });
    const asked = all.engine.probe(all.requestTo("two"), { timeout });
    leads = false;
    return { ...all, clock, asked };
  }

  it("is not sent when it gets one", async () => {
    const { engine, started, results, asked } = waiting();
    started[0]?.succeed();
    expect(await asked).toEqual({ kind: "skipped", skip });
    expect([started.length, results.length]).toEqual([1, 1]);
    expect(engine.counts()).toEqual({ inFlight: 0, queued: 0 });
  });

  it("fails if it gets none before its deadline", async () => {
    const { clock, results, asked } = waiting();
    clock.advance(timeout);
    await asked;
    expect(results[0]?.outcome).toMatchObject({ reason: "queue_timeout" });
  });
});
