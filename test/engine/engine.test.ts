import { describe, expect, it } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { failed, succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import { identityOf } from "../../src/core/target.ts";
import { seconds } from "../../src/core/units.ts";
import { createEngine } from "../../src/engine/engine.ts";
import type { Limits } from "../../src/engine/limits.ts";
import { requestFor, requestForAddress } from "../../src/engine/probe-request.ts";
import { openNetwork } from "../../src/probers/network/network.ts";
import { manualClock } from "../helpers/clock.ts";
import { heldProber, moduleOf, settle, targetOf } from "../helpers/stand-in-prober.ts";

function setUp(limits: Limits = { maxConcurrentProbes: 100 }, memory = createMemory()) {
  const clock = manualClock();
  const results: Result[] = [];
  const bugs: unknown[] = [];
  const held: Result[] = [];
  const engine = createEngine({
    clock,
    memory,
    limits,
    network: openNetwork,
    onResult: (_subject, result) => results.push(result),
    onBug: (_module, _target, error) => bugs.push(error),
    onHeld: (_request, last) => held.push(last),
  });
  const { prober, started } = heldProber();
  const module = moduleOf(prober);
  return { clock, results, bugs, held, engine, started, module };
}

const timeout = seconds(5);

describe("single flight and freshness", () => {
  it("shares the probe in flight, and reports its result once", async () => {
    const { engine, started, module, results } = setUp();
    const subject = requestFor(targetOf(module));
    const asked = Array.from({ length: 1000 }, () => engine.probe(subject, { timeout }));
    await settle();
    expect(started).toHaveLength(1);
    started[0]?.succeed();
    const answers = await Promise.all(asked);
    expect(new Set(answers.map((answer) => answer.kind === "result" && answer.result.id))).toEqual(
      new Set([1]),
    );
    expect(results).toHaveLength(1);
  });

  it("probes again for each request without a freshness", async () => {
    const { engine, started, module } = setUp();
    const subject = requestFor(targetOf(module));
    for (const round of [1, 2, 3]) {
      const asked = engine.probe(subject, { timeout });
      await settle();
      started.at(-1)?.succeed();
      await asked;
      expect(started).toHaveLength(round);
    }
  });

  it("serves a fresh result with its age; freshness counts from the start of the probe", async () => {
    const { engine, started, module, clock } = setUp();
    const subject = requestFor(targetOf(module, { minInterval: seconds(27) }));
    const first = engine.probe(subject, { timeout });
    await settle();
    clock.advance(seconds(2));
    started[0]?.succeed();
    expect(await first).toMatchObject({ kind: "result", age: 0 });

    clock.advance(seconds(24));
    expect(await engine.probe(subject, { timeout })).toMatchObject({ kind: "result", age: 24 });
    expect(started).toHaveLength(1);

    clock.advance(seconds(1));
    void engine.probe(subject, { timeout });
    await settle();
    expect(started).toHaveLength(2);
  });

  it("gives each asker of one probe a verdict under its own deadline", async () => {
    const { engine, started, module, clock, results } = setUp();
    const request = requestFor(targetOf(module));
    const hasty = engine.probe(request, { timeout: seconds(1.5), patience: seconds(1.5) });
    await settle();
    clock.advance(seconds(0.5));
    const patient = engine.probe(request, { timeout: seconds(9.5), patience: seconds(9.5) });
    await settle();
    clock.advance(seconds(1));
    expect(await hasty).toEqual({ kind: "late", waited: 1.5 });
    clock.advance(seconds(1.5));
    expect(started[0]?.signal.aborted).toBe(false);
    started[0]?.succeed();
    expect(await patient).toMatchObject({ kind: "result", result: { outcome: { ok: true }, timeout: 9.5 } });
    expect(results).toHaveLength(1);
    expect(started).toHaveLength(1);
  });

  it("grants a probe in flight as much time as its most patient asker, and no more", async () => {
    const { engine, started, module, clock } = setUp();
    const request = requestFor(targetOf(module));
    void engine.probe(request, { timeout: seconds(2) });
    await settle();
    clock.advance(seconds(1));
    void engine.probe(request, { timeout: seconds(4) });
    void engine.probe(request, { timeout: seconds(3) });
    clock.advance(seconds(2.9));
    expect(started[0]?.signal.aborted).toBe(false);
    clock.advance(seconds(0.2));
    expect(started[0]?.signal.aborted).toBe(true);
    started[0]?.fail();
  });

  it("reports each asker that Retry-After of the last result holds back", async () => {
    const { engine, started, module, clock, held } = setUp();
    const request = requestFor(targetOf(module));
    const first = engine.probe(request, { timeout });
    await settle();
    started[0]?.succeed({ outcome: failed("rate_limited", ""), retryAfter: seconds(100) });
    await first;
    for (let i = 0; i < 3; i += 1) {
      clock.advance(seconds(30));
      expect(await engine.probe(request, { timeout })).toMatchObject({ kind: "result", age: (i + 1) * 30 });
    }
    expect(held).toHaveLength(3);
    void engine.probe(request, { timeout, force: true });
    await settle();
    expect(started).toHaveLength(2);
    expect(held).toHaveLength(3);
  });

  it("probes in spite of a fresh result if forced", async () => {
    const { engine, started, module } = setUp();
    const subject = requestFor(targetOf(module, { minInterval: seconds(27) }));
    const first = engine.probe(subject, { timeout });
    await settle();
    started[0]?.succeed();
    await first;
    void engine.probe(subject, { timeout, force: true });
    await settle();
    expect(started).toHaveLength(2);
  });

  it("does not probe before Retry-After has passed", async () => {
    const { engine, started, module, clock } = setUp();
    const subject = requestForAddress({ address: "http://busy.example", configured: false }, module);
    const first = engine.probe(subject, { timeout });
    await settle();
    started[0]?.succeed({ retryAfter: seconds(60) });
    await first;
    clock.advance(seconds(59));
    expect(await engine.probe(subject, { timeout })).toMatchObject({ kind: "result", age: 59 });
    expect(started).toHaveLength(1);
    clock.advance(seconds(1));
    void engine.probe(subject, { timeout });
    await settle();
    expect(started).toHaveLength(2);
  });

  it("probes again after an hour at the latest, whatever Retry-After says", async () => {
    const { engine, started, module, clock } = setUp();
    const request = requestFor(targetOf(module));
    const first = engine.probe(request, { timeout });
    await settle();
    started[0]?.succeed({ retryAfter: seconds(86_400 * 365) });
    await first;
    clock.advance(seconds(3599.9));
    expect(await engine.probe(request, { timeout })).toMatchObject({ kind: "result" });
    expect(started).toHaveLength(1);
    clock.advance(seconds(0.1));
    void engine.probe(request, { timeout });
    await settle();
    expect(started).toHaveLength(2);
  });

  it.each([
    ["a fresh result", { minInterval: seconds(1000) }, {}],
    ["Retry-After", {}, { retryAfter: seconds(1000) }],
  ])("probes again although there is %s, if the clock was set back", async (_name, more, probed) => {
    const { engine, started, module, clock } = setUp();
    const request = requestFor(targetOf(module, more));
    const first = engine.probe(request, { timeout });
    await settle();
    started[0]?.succeed(probed);
    await first;
    clock.setWall(seconds(-10_000));
    expect(engine.latest(request.key)?.age).toBe(0);
    void engine.probe(request, { timeout });
    await settle();
    expect(started).toHaveLength(2);
  });

  it("remembers the newest 10000 addresses from requests", async () => {
    const { engine, started, clock } = setUp();
    const quick = moduleOf(
      { ...heldProber().prober, probe: async () => ({ outcome: succeeded, samples: [] }) },
      {
        minInterval: seconds(1000),
      },
    );
    const at = (number: number) =>
      requestForAddress({ address: `http://${number}.example`, configured: false }, quick);
    for (let number = 0; number < 10_002; number += 1) await engine.probe(at(number), { timeout });
    const known = [0, 1, 2, 10_001].map((number) => engine.latest(at(number).key) !== undefined);
    expect(known).toEqual([false, false, true, true]);
    expect([started, clock.timers()]).toEqual([[], 0]);
  });

  it("does not share probes of different models or host names", async () => {
    const { engine, started, module } = setUp();
    const address = "http://same.example";
    for (const target of [{}, { model: "a" }, { model: "b" }, { hostname: "h" }]) {
      void engine.probe(requestForAddress({ address, configured: false, ...target }, module), { timeout });
    }
    await settle();
    expect(started).toHaveLength(4);
  });

  it("returns late to a request whose patience ends, and continues the probe", async () => {
    const { engine, started, module, clock, results } = setUp();
    const subject = requestFor(targetOf(module));
    const patient = engine.probe(subject, { timeout });
    const hasty = engine.probe(subject, { timeout, patience: seconds(1) });
    await settle();
    clock.advance(seconds(1));
    expect(await hasty).toEqual({ kind: "late", waited: 1 });
    started[0]?.succeed();
    expect(await patient).toMatchObject({ kind: "result" });
    expect(results).toHaveLength(1);
  });
});

describe("deadline", () => {
  it("aborts the signal at the deadline; the prober chooses the reason", async () => {
    const { engine, started, module, clock } = setUp();
    const asked = engine.probe(requestFor(targetOf(module)), { timeout });
    await settle();
    clock.advance(seconds(4.9));
    expect(started[0]?.signal.aborted).toBe(false);
    clock.advance(seconds(0.1));
    expect(started[0]?.signal.aborted).toBe(true);
    started[0]?.fail("timeout");
    expect(await asked).toMatchObject({
      result: { outcome: { ok: false, reason: "timeout" }, duration: 5, timeout: 5 },
    });
  });

  it("reports a bug and fails with internal if a prober ignores its signal", async () => {
    const { engine, module, clock, bugs } = setUp();
    const asked = engine.probe(requestFor(targetOf(module)), { timeout });
    await settle();
    clock.advance(seconds(5));
    clock.advance(seconds(0.5));
    expect(await asked).toMatchObject({
      result: {
        outcome: { ok: false, reason: "internal", detail: "prober held did not stop at its deadline" },
      },
    });
    expect(bugs).toHaveLength(1);
  });

  it("keeps the first 500 lines that a prober logs", async () => {
    const { engine, results } = setUp();
    const talkative = moduleOf({
      ...heldProber().prober,
      probe: async (_target, _module, { log }) => {
        for (let i = 0; i < 600; i += 1) log(`line ${i}`);
        return { outcome: succeeded, samples: [] };
      },
    });
    await engine.probe(requestFor(targetOf(talkative)), { timeout });
    expect(results[0]?.log).toHaveLength(500);
    expect(results[0]?.log.at(-1)?.message).toBe("line 499");
  });

  it("reports a bug and fails with internal if a prober throws", async () => {
    const { engine, started, module, bugs } = setUp();
    const asked = engine.probe(requestFor(targetOf(module)), { timeout });
    await settle();
    started[0]?.throws(new TypeError("x is not a function"));
    expect(await asked).toMatchObject({
      result: { outcome: { ok: false, reason: "internal", detail: "x is not a function" } },
    });
    expect(bugs).toEqual([new TypeError("x is not a function")]);
  });
});

describe("a target that is removed and returns", () => {
  it.each([
    ["at run time", false, false],
    ["at run time, whose results are stored", true, false],
    ["after a restart, whose results are stored", true, true],
  ])("has no result of before, %s", async (_name, costly, restarts) => {
    const memory = createMemory();
    const { prober, started } = heldProber();
    const target = targetOf(moduleOf({ ...prober, costly }), { minInterval: seconds(1000) });
    const [key, request] = [identityOf(target), requestFor(target)];
    const none = new Map<string, typeof target>();
    const { engine } = setUp(undefined, memory);
    engine.retain(new Map([[key, target]]));
    const asked = engine.probe(request, { timeout });
    await settle();
    started[0]?.fail();
    await asked;
    expect(engine.latest(key)).toBeDefined();
    engine.retain(none);
    expect(engine.latest(key)).toBeUndefined();
    const next = restarts ? setUp(undefined, memory).engine : engine;
    next.retain(new Map([[key, target]]));
    expect(next.latest(key)).toBeUndefined();
    void next.probe(request, { timeout });
    await settle();
    expect(started).toHaveLength(2);
  });
});

describe("limits", () => {
  const subjectsOf = (module: ReturnType<typeof moduleOf>, hosts: readonly string[]) =>
    hosts.map((host, i) => requestForAddress({ address: `http://${host}/${i}`, configured: false }, module));

  it("runs at most the allowed number of probes at once, in order of request", async () => {
    const { engine, started, module } = setUp({ maxConcurrentProbes: 2 });
    for (const subject of subjectsOf(module, ["a", "b", "c", "d"])) void engine.probe(subject, { timeout });
    await settle();
    expect(started.map(({ address }) => address)).toEqual(["http://a/0", "http://b/1"]);
    expect(engine.counts()).toEqual({ inFlight: 2, queued: 2 });
    started[1]?.succeed();
    await settle();
    expect(started.map(({ address }) => address).at(-1)).toBe("http://c/2");
  });

  it("does not let a host at its limit block other hosts", async () => {
    const { engine, started, module } = setUp({ maxConcurrentProbes: 10, maxConcurrentProbesPerHost: 1 });
    for (const subject of subjectsOf(module, ["a", "A", "b", "user@a:81"]))
      void engine.probe(subject, { timeout });
    await settle();
    expect(started.map(({ address }) => address)).toEqual(["http://a/0", "http://b/2"]);
    started[0]?.succeed();
    await settle();
    expect(started.map(({ address }) => address).at(-1)).toBe("http://A/1");
  });

  it("counts waiting against the deadline, and fails with queue_timeout without a probe", async () => {
    const { engine, started, module, clock } = setUp({ maxConcurrentProbes: 1 });
    const [first, second] = subjectsOf(module, ["a", "b"]);
    if (first === undefined || second === undefined) throw new Error("two subjects");
    void engine.probe(first, { timeout: seconds(60) });
    const waiting = engine.probe(second, { timeout });
    await settle();
    clock.advance(timeout);
    expect(await waiting).toMatchObject({
      result: { outcome: { ok: false, reason: "queue_timeout" }, duration: 0 },
    });
    expect(started).toHaveLength(1);
    expect(engine.counts()).toEqual({ inFlight: 1, queued: 0 });
  });

  it("does not count waiting in the duration", async () => {
    const { engine, started, module, clock } = setUp({ maxConcurrentProbes: 1 });
    const [first, second] = subjectsOf(module, ["a", "b"]);
    if (first === undefined || second === undefined) throw new Error("two subjects");
    void engine.probe(first, { timeout });
    const asked = engine.probe(second, { timeout });
    await settle();
    clock.advance(seconds(3));
    started[0]?.succeed();
    await settle();
    clock.advance(seconds(1));
    started[1]?.succeed();
    expect(await asked).toMatchObject({ result: { duration: 1, timeout: 5 } });
  });
});

describe("shutdown", () => {
  it("aborts probes in flight without a result, and rejects later ones", async () => {
    const { engine, started, module, results } = setUp();
    const asked = engine.probe(requestFor(targetOf(module)), { timeout });
    const refused = asked.catch((error: unknown) => error);
    await settle();
    const ended = engine.shutdown();
    expect(started[0]?.signal.aborted).toBe(true);
    started[0]?.fail();
    await ended;
    expect(await refused).toMatchObject({ name: "ShutdownError", message: "the exporter is shutting down" });
    expect(results).toEqual([]);
    await expect(engine.probe(requestFor(targetOf(module)), { timeout })).rejects.toThrow("shutting down");
  });
});
