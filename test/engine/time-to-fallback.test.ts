import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import { failed, type ProbeResult, type Prober, succeeded } from "../../src/core/prober.ts";
import type { Target } from "../../src/core/target.ts";
import { identityOf } from "../../src/core/target.ts";
import { type Seconds, seconds } from "../../src/core/units.ts";
import { createAsker } from "../../src/engine/ask.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { createScheduler } from "../../src/engine/schedule.ts";
import { createDriver } from "../../src/failover/driver.ts";
import { openNetwork } from "../../src/probers/network/network.ts";
import { type ManualClock, manualClock } from "../helpers/clock.ts";
import { moduleOf, settle, targetOf } from "../helpers/stand-in-prober.ts";

// The engine, the scheduler and the failover driver as the exporter wires them, on a clock of the test. Only the target
// is a stand-in: it is well, hangs, refuses or asks to be left alone, each for a while.

/** The behaviour of the target from a point in time on. */
interface Phase {
  readonly lasting: number;
  readonly answer: "ok" | "wrong" | "hang" | "slow" | "bad_request" | "retry_after_a_day" | "retry_after_10s";
}

const FAILING: ReadonlySet<Phase["answer"]> = new Set([
  "wrong",
  "hang",
  "bad_request",
  "retry_after_a_day",
  "retry_after_10s",
]);

const failover = {
  mode: "rule_based",
  confidenceReduction: 0.2,
  processWithLowerConfidence: true,
  maxDuration: seconds(1800),
};

/** A target that behaves by the time of the clock. */
function targetAt(answerNow: () => Phase["answer"], clock: ManualClock, costly: boolean): Prober {
  const refused = (
    reason: "rate_limited" | "bad_request" | "content_mismatch",
    retryAfter?: Seconds,
  ): ProbeResult => ({
    outcome: failed(reason, ""),
    samples: [],
    answered: false,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
  return {
    kind: "by_the_clock",
    metrics: [],
    reasons: ["content_mismatch", "bad_request", "rate_limited", "timeout"],
    schema: {},
    costly,
    compile: () => ({}),
    probe: (_target, _module, { signal }) =>
      new Promise((resolve) => {
        const after = (delay: number, result: ProbeResult): void => {
          clock.after(seconds(delay), () => resolve(result));
        };
        signal.addEventListener("abort", () =>
          resolve({ outcome: failed("timeout", ""), samples: [], answered: false }),
        );
        switch (answerNow()) {
          case "ok":
            return after(0.1, { outcome: succeeded, samples: [], answered: true });
          case "slow":
            return after(1.5, { outcome: succeeded, samples: [], answered: true });
          case "wrong":
            return after(0.1, refused("content_mismatch"));
          case "bad_request":
            return after(0.1, refused("bad_request"));
          case "retry_after_a_day":
            return after(0.1, refused("rate_limited", seconds(86_400)));
          case "retry_after_10s":
            return after(0.1, refused("rate_limited", seconds(10)));
          case "hang":
            return undefined;
        }
      }),
  };
}

interface World {
  readonly mode: () => string;
  readonly stop: () => Promise<void>;
}

/** Starts an exporter's parts on `memory`, which survives them. */
function startParts(clock: ManualClock, memory: Memory, target: Target): World {
  const driver = createDriver(clock, () => {}, memory.namespace("failover"));
  const engine = createEngine({
    clock,
    memory,
    limits: { maxConcurrentProbes: 10 },
    network: openNetwork,
    onResult: (_request, result) => driver.record(target, result),
    onHeld: (_request, result) => driver.hold(target, result),
    onBug: (_module, _target, error) => {
      throw error;
    },
  });
  const asker = createAsker(engine, clock, seconds(0.5));
  engine.retain(new Map([[identityOf(target), target]]));
  driver.setTargets(new Map([[target.name, target]]));
  const scheduler = createScheduler(
    clock,
    (each) => void asker.scheduled(each).catch(() => {}),
    (each) => asker.firstDelay(each),
  );
  scheduler.setTargets([target]);
  return {
    mode: () => driver.state(target.name)?.mode ?? "none",
    async stop() {
      scheduler.stop();
      driver.stop();
      await engine.shutdown();
    },
  };
}

const STEP = 0.25;

interface Life {
  readonly phases: readonly Phase[];
  readonly interval: number;
  readonly timeout: number | undefined;
  readonly threshold: number;
  readonly costly: boolean;
  /** Seconds between restarts. */
  readonly restartEvery: number;
}

/** Lives through the phases and returns each stretch of failure that lasted longer than it may without a fallback. */
async function lateFallbacks({
  phases,
  interval,
  timeout,
  threshold,
  costly,
  restartEvery,
}: Life): Promise<string[]> {
  const clock = manualClock();
  const memory = createMemory();
  let phase: Phase = { lasting: 0, answer: "ok" };
  const prober = targetAt(() => phase.answer, clock, costly);
  const module = moduleOf(prober, timeout === undefined ? {} : { timeout: seconds(timeout) });
  const target = targetOf(module, {
    schedule: "interval",
    interval: seconds(interval),
    minInterval: seconds(costly ? 0.9 * interval : 0),
    thresholds: {
      failures: threshold,
      successes: 2,
      minDwell: seconds(0),
      ignoreReasons: new Set(["bad_request"]),
      ignoreUntilSuccess: true,
    },
    failover,
  });
  let parts = startParts(clock, memory, target);
  const ownTimeout = timeout ?? Math.min(10, interval);
  const late: string[] = [];
  let failingSince: number | undefined;
  let aborted = 0;
  let restartAt = restartEvery;
  // The first success proves the configuration; before it a refused request is our own mistake.
  for (const next of [{ lasting: 2 * interval, answer: "ok" } as const, ...phases]) {
    phase = next;
    if (FAILING.has(phase.answer)) failingSince ??= clock.monotonic();
    else [failingSince, aborted] = [undefined, 0];
    for (let passed = 0; passed < phase.lasting; passed += STEP) {
      if (clock.monotonic() >= restartAt) {
        // oxlint-disable-next-line no-await-in-loop -- one step after the other is the test
        await parts.stop();
        parts = startParts(clock, memory, target);
        restartAt += restartEvery;
        // A restart aborts the probe in flight, which then says nothing, and the next one waits for its turn.
        aborted += 1;
      }
      clock.advance(seconds(STEP));
      // oxlint-disable-next-line no-await-in-loop -- promises of the probes that ended
      await settle();
      const longest = threshold * interval + ownTimeout + aborted * (interval + ownTimeout);
      const lasted = failingSince === undefined ? 0 : clock.monotonic() - failingSince;
      if (lasted > longest + STEP && parts.mode() !== "fallback")
        late.push(`${phase.answer} for ${lasted} s, want fallback within ${longest} s`);
    }
  }
  await parts.stop();
  return [...new Set(late)];
}

describe("the time from the first failed moment to fallback", () => {
  it.each<{ name: string; phase: Phase["answer"]; interval: number; timeout?: number }>([
    {
      name: "a target that hangs, with a timeout as long as the interval",
      phase: "hang",
      interval: 2,
      timeout: 2,
    },
    { name: "a target that hangs, without a timeout", phase: "hang", interval: 5 },
    {
      name: "a target that asks to be left alone for a day",
      phase: "retry_after_a_day",
      interval: 10,
      timeout: 5,
    },
    { name: "a target that refuses what it accepted before", phase: "bad_request", interval: 10, timeout: 5 },
  ])("never exceeds threshold x interval + timeout for $name", async ({ phase, interval, timeout }) => {
    const life = { interval, timeout, threshold: 3, restartEvery: 1e9 };
    const phases: Phase[] = [{ lasting: 8 * interval, answer: phase }];
    expect(await lateFallbacks({ ...life, phases, costly: true })).toEqual([]);
    expect(await lateFallbacks({ ...life, phases, costly: false })).toEqual([]);
  });

  it("never exceeds it in any life with hangs, refusals and restarts", async () => {
    const phase = fc.record({
      lasting: fc.integer({ min: 1, max: 60 }),
      answer: fc.constantFrom<Phase["answer"]>(
        "ok",
        "ok",
        "wrong",
        "hang",
        "slow",
        "bad_request",
        "retry_after_a_day",
        "retry_after_10s",
      ),
    });
    const life = fc.record({
      phases: fc.array(phase, { minLength: 1, maxLength: 8 }),
      interval: fc.integer({ min: 2, max: 8 }),
      timeout: fc.option(fc.constant(2), { nil: undefined }),
      threshold: fc.integer({ min: 1, max: 4 }),
      costly: fc.boolean(),
      restartEvery: fc.constantFrom(40, 90, 1e9),
    });
    await fc.assert(
      fc.asyncProperty(life, async (each) => {
        expect(await lateFallbacks(each)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
