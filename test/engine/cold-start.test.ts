import { expect, test } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { failed, succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import { HISTOGRAMS } from "../../src/core/series-choice.ts";
import { targetStatus } from "../../src/core/status.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { requestFor, requestForAddress } from "../../src/engine/probe-request.ts";
import { resultText } from "../../src/metrics/page.ts";
import { createTotals } from "../../src/metrics/totals.ts";
import { openNetwork } from "../../src/probers/network/network.ts";
import { manualClock } from "../helpers/clock.ts";
import { valueOf } from "../helpers/exposition.ts";
import { heldProber, moduleOf, settle, targetOf } from "../helpers/stand-in-prober.ts";
import { totalsText } from "../helpers/totals-text.ts";

const timeout = seconds(600);

function setUp(coldStartAfter?: number) {
  const clock = manualClock();
  const { prober, started } = heldProber();
  const results: Result[] = [];
  const engine = createEngine({
    clock,
    memory: createMemory(),
    limits: { maxConcurrentProbes: 10 },
    network: openNetwork,
    onResult: (_subject, result) => results.push(result),
    onBug: () => {},
  });
  const module = moduleOf(
    prober,
    coldStartAfter === undefined ? {} : { coldStartAfter: seconds(coldStartAfter) },
  );
  const subject = requestFor(targetOf(module));
  /** Probes after `silence`, taking `length`. */
  const probe = async (silence: number, length = 1, fails = false): Promise<Result | undefined> => {
    clock.advance(seconds(silence));
    const asked = engine.probe(subject, { timeout });
    await settle();
    clock.advance(seconds(length));
    if (fails) started.at(-1)?.fail();
    else started.at(-1)?.succeed();
    await asked;
    return results.at(-1);
  };
  return { engine, clock, started, module, probe };
}

test("the first probe of all, and the first one after a long silence, are cold starts", async () => {
  const { probe } = setUp(300);
  const cold = [
    await probe(0),
    await probe(30),
    // The silence lasts from the end of a probe to the start of the next one.
    await probe(299, 200),
    await probe(299),
    await probe(300, 1, true),
    await probe(30),
  ].map((result) => result?.coldStart);
  expect(cold).toEqual([true, false, false, false, true, false]);
});

test("a result has no coldStart if the module does not set the silence", async () => {
  const { probe } = setUp();
  const result = await probe(0);
  if (result === undefined) throw new Error("no result");
  expect(result).not.toHaveProperty("coldStart");
  expect(valueOf(resultText({ result, age: seconds(0) }), "probe_llm_cold_start")).toBeUndefined();
});

test("cold starts are detected for addresses from requests too, which are probed each time", async () => {
  const { engine, started, module, clock } = setUp(300);
  const subject = requestForAddress({ address: "http://other", configured: false }, module);
  const cold: (boolean | undefined)[] = [];
  for (const silence of [0, 10, 400]) {
    clock.advance(seconds(silence));
    const asked = engine.probe(subject, { timeout });
    await settle();
    started.at(-1)?.succeed();
    const answer = await asked;
    cold.push(answer.kind === "result" ? answer.result.coldStart : undefined);
  }
  expect(cold).toEqual([true, false, true]);
  expect(started).toHaveLength(3);
});

const result = (coldStart: boolean, more: Partial<Result> = {}): Result => ({
  id: 1,
  startedAt: manualClock().now(),
  endedAt: manualClock().now(),
  duration: seconds(20),
  timeout,
  outcome: succeeded,
  facts: { firstToken: seconds(19), interToken: seconds(0.5), tokens: { output: 6 } },
  samples: [],
  log: [],
  coldStart,
  ...more,
});

test("a cold start is counted, but not in histograms", () => {
  const target = targetOf(moduleOf(heldProber().prober), {
    series: { histograms: HISTOGRAMS, details: false },
  });
  const totals = createTotals();
  totals.setTargets([target]);
  totals.observe(target, result(true));
  totals.observe(target, result(true, { outcome: failed("timeout", "") }));
  totals.observe(target, result(false));
  const text = totalsText(totals, [target]);
  expect(valueOf(text, "heartbeat_health_checks_total", { status: "success" })).toBe(2);
  expect(valueOf(text, "heartbeat_health_checks_total", { status: "failure" })).toBe(1);
  expect(valueOf(text, "heartbeat_failures_total", { reason: "timeout" })).toBe(1);
  expect(valueOf(text, "heartbeat_llm_tokens_total", { type: "output" })).toBe(18);
  for (const name of [
    "heartbeat_llm_time_to_first_token_seconds",
    "heartbeat_llm_inter_token_latency_seconds",
  ]) {
    expect(valueOf(text, `${name}_count`)).toBe(1);
  }
  expect(valueOf(text, "heartbeat_health_check_duration_seconds_count", { status: "success" })).toBe(1);
  expect(valueOf(text, "heartbeat_health_check_duration_seconds_count", { status: "failure" })).toBe(0);
});

test("a cold start does not degrade its target, and is marked by a gauge", () => {
  const target = targetOf(moduleOf(heldProber().prober), { expectedDuration: seconds(2) });
  const memory = { health: "healthy", lastProbeAt: timestamp(0) } as const;
  expect(targetStatus(target, memory, result(true), timestamp(1))).toBe("healthy");
  expect(targetStatus(target, memory, result(false), timestamp(1))).toBe("degraded");
  for (const cold of [true, false]) {
    const text = resultText({ result: result(cold), age: seconds(0) });
    expect(valueOf(text, "probe_llm_cold_start")).toBe(Number(cold));
  }
});
