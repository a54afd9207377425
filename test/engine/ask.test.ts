import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import { createMemory } from "../../src/core/memory.ts";
import { failed } from "../../src/core/prober.ts";
import type { Result, Skip } from "../../src/core/result.ts";
import { identityOf, type Target } from "../../src/core/target.ts";
import { seconds } from "../../src/core/units.ts";
import { createAsker, probeTimeout } from "../../src/engine/ask.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { openNetwork } from "../../src/probers/network/network.ts";
import { type ManualClock, manualClock } from "../helpers/clock.ts";
import { heldProber, moduleOf, settle, targetOf } from "../helpers/stand-in-prober.ts";

const given = (n: number | undefined) => (n === undefined ? undefined : seconds(n));

describe("probeTimeout", () => {
  const none = undefined;
  it.each([
    { module: none, scrape: none, offset: 0.5, expected: 119.5 },
    { module: none, scrape: 10, offset: 0.5, expected: 9.5 },
    { module: 5, scrape: none, offset: 0.5, expected: 5 },
    { module: 5, scrape: 10, offset: 0.5, expected: 5 },
    { module: 15, scrape: 10, offset: 0.5, expected: 9.5 },
    { module: 10, scrape: 10, offset: 0.5, expected: 9.5 },
    { module: 5, scrape: 1, offset: 0.5, expected: 0.5 },
    { module: 5, scrape: 0.2, offset: 0.5, expected: 5 },
    { module: 5, scrape: 0.5, offset: 0.5, expected: 0 },
    { module: none, scrape: 0.2, offset: 0.5, expected: 0 },
    { module: 5, scrape: -1, offset: 0.5, expected: 5 },
    { module: none, scrape: -1, offset: 0.5, expected: 0 },
    { module: none, scrape: -1, offset: 0, expected: 0 },
  ])("module $module, scrape $scrape, offset $offset: $expected", ({ module, scrape, offset, expected }) => {
    expect(probeTimeout(given(module), given(scrape), seconds(offset))).toBe(expected);
  });
});

/** The asker of an engine whose probes the test ends, with an offset of half a second. */
function setUp({
  manual = manualClock(),
  clock = manual,
  onResult = () => {},
  skips,
}: {
  readonly manual?: ManualClock;
  readonly clock?: Clock;
  readonly onResult?: () => void;
  readonly skips?: () => Skip | undefined;
} = {}) {
  const world: { skip?: Skip } = {};
  const results: Result[] = [];
  const held: Result[] = [];
  const engine = createEngine({
    clock,
    memory: createMemory(),
    limits: { maxConcurrentProbes: 10 },
    network: openNetwork,
    onResult: (_request, result) => {
      results.push(result);
      onResult();
    },
    onBug: () => {},
    onHeld: (_request, last) => held.push(last),
    skips: skips ?? (() => world.skip),
  });
  const { prober, started } = heldProber();
  const ask = createAsker(engine, clock, seconds(0.5));
  const module = moduleOf(prober);
  /** Probes a target, which takes no time. */
  const probed = async (target: Target, outcome: "succeed" | "fail" = "succeed"): Promise<void> => {
    const asked = ask.scheduled(target);
    await settle();
    started.at(-1)?.[outcome]();
    await asked;
  };
  return { clock: manual, world, results, held, engine, started, ask, module, probed };
}

const NOT_LEADER: Skip = { reason: "not_leader", detail: "other leads" };
const NO_BUDGET: Skip = { reason: "budget_exhausted", detail: "20 of 20 tokens are used" };

describe("a scheduled probe", () => {
  it.each([
    { timeout: 20, interval: 30, expected: 20 },
    { timeout: 20, interval: 4, expected: 20 },
    { timeout: undefined, interval: 30, expected: 10 },
    { timeout: undefined, interval: 4, expected: 4 },
  ])(
    "with timeout $timeout and interval $interval has $expected s",
    async ({ timeout, interval, expected }) => {
      const { module, results, probed } = setUp();
      const own = timeout === undefined ? module : { ...module, timeout: seconds(timeout) };
      await probed(targetOf(own, { interval: seconds(interval) }));
      expect(results[0]?.timeout).toBe(expected);
    },
  );

  it("starts at once, or when the one in flight has ended, and then once for all ticks", async () => {
    const { ask, module, started } = setUp();
    const target = targetOf(module);
    for (const round of [1, 3]) {
      const first = ask.scheduled(target);
      expect(started).toHaveLength(round);
      const ticks = [1, 2, 3].map(() => ask.scheduled(target));
      // oxlint-disable-next-line no-await-in-loop -- one round after the other is the test
      await settle();
      expect(started).toHaveLength(round);
      started.at(-1)?.fail();
      // oxlint-disable-next-line no-await-in-loop -- as above
      await settle();
      expect(started).toHaveLength(round + 1);
      started.at(-1)?.succeed();
      // oxlint-disable-next-line no-await-in-loop -- as above
      await Promise.all([first, ...ticks]);
      expect(started).toHaveLength(round + 1);
    }
  });
});

it("ticks during a probe that ends with Retry-After count as one probe that it holds back", async () => {
  const { ask, module, started, held } = setUp();
  const target = targetOf(module);
  const ticks = [1, 2, 3, 4].map(() => ask.scheduled(target));
  await settle();
  started[0]?.succeed({ outcome: failed("rate_limited", ""), retryAfter: seconds(100) });
  await Promise.all(ticks);
  expect([started.length, held.length]).toEqual([1, 1]);
});

it("an early probe is sent in spite of a fresh result", async () => {
  const { ask, clock, module, started, probed } = setUp();
  const target = targetOf(module, { minInterval: seconds(27) });
  await probed(target);
  clock.advance(seconds(0.5));
  await ask.scheduled(target);
  expect(started).toHaveLength(1);
  void ask.early(target);
  await settle();
  expect(started).toHaveLength(2);
});

describe("a probe that an operator forces", () => {
  it("is sent in spite of a fresh result", async () => {
    const { ask, module, started, probed } = setUp();
    const target = targetOf(module, { minInterval: seconds(27) });
    await probed(target, "fail");
    const forced = ask.forced(target);
    await settle();
    started[1]?.succeed();
    expect(await forced).toMatchObject({ result: { id: 2, outcome: { ok: true } }, age: 0 });
  });

  it("is not sent while probes are skipped, and says why, even if there is a result", async () => {
    const { ask, module, started, world, probed } = setUp();
    const target = targetOf(module);
    await probed(target);
    world.skip = NO_BUDGET;
    expect(await ask.forced(target)).toEqual(NO_BUDGET);
    expect(ask.skip(target)).toEqual(NO_BUDGET);
    expect(started).toHaveLength(1);
  });
});

describe("the first probe after a restart", () => {
  it.each([
    { what: "no result", passed: undefined, delay: 0 },
    { what: "a result of now", passed: 0, delay: 30 },
    { what: "a fresh result", passed: 0.5, delay: 29.5 },
    { what: "a result that is fresh for the last moment", passed: 19, delay: 11 },
    { what: "a result that is no longer fresh", passed: 20, delay: 0 },
    { what: "a result from the future", passed: -1, delay: 0 },
  ])("with $what is after $delay s", async ({ passed, delay }) => {
    const { ask, clock, module, probed } = setUp();
    const target = targetOf(module, { minInterval: seconds(20) });
    if (passed !== undefined) {
      await probed(target);
      clock.setWall(seconds(passed));
    }
    expect(ask.firstDelay(target)).toBe(delay);
  });
});

describe("a scrape of a target", () => {
  it.each([
    { what: "of the scrape less the offset", timeout: undefined, scrape: 10, expected: 9.5 },
    { what: "of the module", timeout: 3, scrape: 10, expected: 3 },
    { what: "of less than a second", timeout: undefined, scrape: 1.25, expected: 0.75 },
    { what: "of a schedule if the scrape leaves none", timeout: undefined, scrape: 0.5, expected: 10 },
    { what: "of a schedule if the scrape has less", timeout: undefined, scrape: 0.2, expected: 10 },
  ])("gives its probe the timeout $what", async ({ timeout, scrape, expected }) => {
    const { ask, module, started, results } = setUp();
    const own = timeout === undefined ? module : { ...module, timeout: seconds(timeout) };
    const asked = ask.target(targetOf(own), seconds(scrape));
    await settle();
    started[0]?.succeed();
    const response = await asked;
    expect(results[0]?.timeout).toBe(expected);
    expect(response).toEqual({ result: results[0], age: 0 });
  });

  it("still shows the result of a probe that ends shortly after its deadline", async () => {
    const { ask, clock, module, started } = setUp();
    const asked = ask.target(targetOf(module), seconds(10));
    await settle();
    clock.advance(seconds(9.6));
    started[0]?.fail();
    expect(await asked).toMatchObject({ result: { id: 1, duration: 9.6, timeout: 9.5 } });
  });

  it("shows a timeout that is not counted if the probe does not end in time", async () => {
    const { ask, clock, module, results } = setUp();
    const begin = clock.now();
    const asked = ask.target(targetOf(module), seconds(10));
    await settle();
    clock.advance(seconds(9.75));
    expect(await asked).toEqual({
      result: {
        id: 0,
        startedAt: clock.now() - 9.7,
        endedAt: begin + 9.75,
        duration: 9.7,
        timeout: 9.7,
        outcome: failed(
          "timeout",
          "the probe, which is still in flight for another request, did not end within this scrape's timeout",
        ),
        samples: [],
        log: [],
      },
      age: 0,
    });
    expect(results).toEqual([]);
  });

  it("that is probed on schedule shows its latest result, and waits only for the first one", async () => {
    const { ask, clock, module, started, results, probed } = setUp();
    const target = targetOf(module, { schedule: "interval", interval: seconds(60) });
    const first = ask.target(target, seconds(5));
    await settle();
    clock.advance(seconds(4.75));
    expect(await first).toMatchObject({ result: { id: 0, duration: 4.7 } });
    // Its deadline is not that of the scrape.
    expect(started[0]?.signal.aborted).toBe(false);
    clock.advance(seconds(1.25));
    started[0]?.succeed();
    await settle();
    expect(results[0]).toMatchObject({ duration: 6, timeout: 10 });
    clock.advance(seconds(100));
    expect(await ask.target(target, seconds(5))).toEqual({ result: results[0], age: 100 });
    expect(started).toHaveLength(1);
    await probed(target, "fail");
    expect(await ask.target(target, seconds(5))).toEqual({ result: results[1], age: 0 });
  });

  it("without a known timeout waits for a probe of two minutes", async () => {
    const { ask, clock, module, started } = setUp();
    const asked = ask.target(targetOf(module), undefined);
    await settle();
    clock.advance(seconds(119.25));
    expect(started[0]?.signal.aborted).toBe(false);
    started[0]?.succeed();
    expect(await asked).toMatchObject({ result: { id: 1, timeout: 119.5 } });
  });
});

describe("while probes are skipped", () => {
  it("for want of budget, the last result is shown with the reason, however old it is", async () => {
    const { ask, clock, module, world, results, probed } = setUp();
    const target = targetOf(module);
    await probed(target);
    world.skip = NO_BUDGET;
    clock.advance(seconds(1000));
    const shown = { result: results[0], age: 1000 };
    expect(await ask.target(target, seconds(10))).toEqual({ ...shown, skipped: NO_BUDGET });
    expect(await ask.targetOrLatest(target, seconds(10))).toMatchObject(shown);
  });

  it("for want of budget, a fresh result is shown with the reason why there will be no newer one", async () => {
    const { ask, module, world, results, probed } = setUp();
    const target = targetOf(module, { minInterval: seconds(27) });
    await probed(target);
    world.skip = NO_BUDGET;
    expect(await ask.target(target, seconds(10))).toEqual({
      result: results[0],
      age: 0,
      skipped: NO_BUDGET,
    });
  });

  it("for want of budget, a failure that is not counted is shown without a result", async () => {
    const { ask, clock, module, world, results } = setUp();
    world.skip = NO_BUDGET;
    const now = clock.now();
    const outcome = failed("budget_exhausted", NO_BUDGET.detail);
    const shown = { id: 0, startedAt: now, endedAt: now, duration: 0, timeout: 0, outcome };
    expect(await ask.target(targetOf(module), seconds(10))).toMatchObject({
      result: shown,
      age: 0,
      skipped: NO_BUDGET,
    });
    expect(results).toEqual([]);
  });

  it("the reason is the one for which this probe was not sent, even if it has just ended", async () => {
    const reasons = [NOT_LEADER];
    const { ask, module, started } = setUp({ skips: () => reasons.shift() });
    expect(await ask.target(targetOf(module), seconds(10))).toEqual(NOT_LEADER);
    expect(started).toEqual([]);
  });

  it.each([
    { what: "a result of two intervals ago", age: 60, shown: true },
    { what: "an older result", age: 60.5, shown: false },
    { what: "no result", age: undefined, shown: false },
  ])("by a replica that follows, $what is shown: $shown", async ({ age, shown }) => {
    const { ask, clock, module, world, results, probed } = setUp();
    const target = targetOf(module, { interval: seconds(30) });
    if (age !== undefined) {
      await probed(target, "fail");
      clock.advance(seconds(age));
    }
    world.skip = NOT_LEADER;
    const result = { result: results[0], age };
    expect(await ask.target(target, seconds(10))).toEqual(
      shown ? { ...result, skipped: NOT_LEADER } : NOT_LEADER,
    );
    const latest = await ask.targetOrLatest(target, seconds(10));
    if (shown) expect(latest).toMatchObject(result);
    else expect(latest).toBeUndefined();
    expect(
      await ask.address({ address: "http://other.example", configured: false }, module, undefined),
    ).toEqual(NOT_LEADER);
  });
});

describe("a scrape of many targets", () => {
  it("shows the last result of a target whose probe does not end in time, if there is one", async () => {
    const { ask, clock, module, results, probed } = setUp();
    const target = targetOf(module);
    const first = ask.targetOrLatest(target, seconds(10));
    await settle();
    clock.advance(seconds(9.75));
    expect(await first).toBeUndefined();
    clock.advance(seconds(10));
    await settle();
    expect(results).toHaveLength(1);
    await probed(target);
    clock.advance(seconds(30));
    const second = ask.targetOrLatest(target, seconds(10));
    await settle();
    clock.advance(seconds(9.75));
    expect(await second).toEqual({ result: results[1], age: 39.75 });
  });

  it("shows a result of its own with age 0, although the exporter was busy when it came", async () => {
    const manual = manualClock();
    const { ask, module, started } = setUp({ manual, onResult: () => manual.advance(seconds(1)) });
    const asked = ask.targetOrLatest(targetOf(module), seconds(10));
    await settle();
    started[0]?.succeed();
    expect(await asked).toMatchObject({ result: { id: 1 }, age: 0 });
    expect(ask.latest(targetOf(module))).toMatchObject({ result: { id: 1 }, age: 1 });
  });
});

it("a scrape of an address probes it, with the timeout of its module", async () => {
  const { ask, module, started, results } = setUp();
  const timed = { ...module, timeout: seconds(3) };
  const asked = ask.address({ address: "http://other.example", configured: false }, timed, seconds(10));
  await settle();
  started[0]?.succeed();
  expect(await asked).toEqual({ result: results[0], age: 0 });
  expect(results[0]?.timeout).toBe(3);
});

describe("a scrape for a part of whose timeout the exporter stood still", () => {
  /** A clock whose requests wait five seconds longer, for the time of a stall, while probes have their own time. */
  function stallingClock(): { clock: Clock; manual: ManualClock } {
    const manual = manualClock();
    const clock: Clock = {
      ...manual,
      timeout: (delay, run) => manual.after(seconds(delay + 5), run),
      stalled: () => seconds(manual.monotonic() > 300 ? 5 : 0),
    };
    manual.advance(seconds(299));
    return { clock, manual };
  }

  it.each([
    { what: "no result", last: undefined, verdict: "none" },
    { what: "a success", last: "succeed", verdict: "none" },
    { what: "a failure", last: "fail", verdict: "timeout" },
  ] as const)(
    "is answered shortly before its timeout; after $what the verdict is $verdict",
    async ({ last, verdict }) => {
      const { ask, clock, module, started, probed } = setUp(stallingClock());
      const target = targetOf(module);
      if (last !== undefined) await probed(target, last);
      const address = { address: "http://other.example", configured: false };
      const requests = [ask.target(target, seconds(10)), ask.address(address, module, seconds(10))];
      let isAnswered = false;
      const answer = async (): Promise<unknown[]> => {
        const all = await Promise.all(requests);
        isAnswered = true;
        return all;
      };
      const answered = answer();
      await settle();
      clock.advance(seconds(9.5));
      await settle();
      expect(isAnswered).toBe(false);
      clock.advance(seconds(0.25));
      const heldUp = { heldUp: expect.stringMatching(/^no verdict: this exporter stood still/) };
      const timedOut = {
        result: {
          id: 0,
          duration: 9.75,
          startedAt: clock.now() - 9.75,
          outcome: { reason: "timeout", detail: expect.stringContaining("; the last probe failed") },
        },
      };
      expect(await answered).toMatchObject([verdict === "none" ? heldUp : timedOut, heldUp]);
      expect(started.at(-1)?.signal.aborted).toBe(true);
    },
  );

  it.each([undefined, 0.5, 0.2])(
    "waits for its probe if its timeout is %s, which does not bound it",
    async (scrape) => {
      const { ask, clock, module, started } = setUp(stallingClock());
      const asked = ask.target(targetOf(module, { interval: seconds(60) }), given(scrape));
      await settle();
      clock.advance(seconds(4));
      started[0]?.succeed();
      expect(await asked).toMatchObject({ result: { id: 1, duration: 4 } });
    },
  );
});

it("the latest result of a target is that of its identity", async () => {
  const { ask, engine, module, results, probed } = setUp();
  const target = targetOf(module);
  expect(ask.latest(target)).toBeUndefined();
  await probed(target);
  expect(ask.latest(target)).toEqual({ result: results[0], age: 0 });
  expect(engine.latest(identityOf(target))).toEqual(ask.latest(target));
});
