import fc from "fast-check";
import { Counter, Histogram, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { catalogue } from "../../src/catalogue/index.ts";
import { createMemory } from "../../src/core/memory.ts";
import type { Metric } from "../../src/core/metric.ts";
import { failed, type Prober, succeeded } from "../../src/core/prober.ts";
import { FAILURE_REASONS } from "../../src/core/reasons.ts";
import type { Result } from "../../src/core/result.ts";
import { HISTOGRAMS } from "../../src/core/series-choice.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createTotals } from "../../src/metrics/totals.ts";
import { parseExposition, valueOf } from "../helpers/exposition.ts";
import { readBack } from "../helpers/read-back.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";
import { totalsText } from "../helpers/totals-text.ts";

const one = targetOf(moduleOf(heldProber().prober), { series: { histograms: HISTOGRAMS, details: false } });
const labels = { target: "one", module: "held" };

interface Facts {
  readonly reason?: (typeof FAILURE_REASONS)[number] | undefined;
  readonly duration: number;
  readonly firstToken?: number | undefined;
  readonly tokens?: number | undefined;
  readonly dollars?: number | undefined;
}

const resultOf = ({ reason, duration, firstToken, tokens }: Facts): Result => ({
  id: 1,
  startedAt: timestamp(0),
  endedAt: timestamp(duration),
  duration: seconds(duration),
  timeout: seconds(600),
  outcome: reason === undefined ? succeeded : failed(reason, ""),
  facts: {
    ...(firstToken === undefined
      ? {}
      : { firstToken: seconds(firstToken), interToken: seconds(firstToken / 10) }),
    ...(tokens === undefined ? {} : { tokens: { output: tokens } }),
  },
  samples: [],
  log: [],
});

/** Counts the same with prom-client, as the reference for the text format. */
function reference(priced: boolean) {
  const registry = new Registry();
  const options = ({ name, help, labels: names }: Metric) => ({
    name,
    help,
    labelNames: [...names],
    registers: [registry],
  });
  const counter = (metric: Metric) => new Counter(options(metric));
  const histogram = (metric: Metric) =>
    new Histogram({ ...options(metric), buckets: [...(metric.buckets ?? [])] });
  const checks = counter(catalogue.healthChecks);
  const durations = histogram(catalogue.healthCheckDuration);
  const failures = counter(catalogue.failures);
  const tokens = counter(catalogue.llmTokensTotal);
  const cost = counter(catalogue.llmCost);
  const first = histogram(catalogue.llmFirstTokenHistogram);
  const inter = histogram(catalogue.llmInterTokenHistogram);
  for (const status of ["success", "failure"]) {
    checks.inc({ ...labels, status }, 0);
    durations.zero({ ...labels, status });
  }
  for (const reason of ["queue_timeout", "internal"]) failures.inc({ ...labels, reason }, 0);
  if (priced) cost.inc(labels, 0);
  return {
    count(facts: Facts) {
      const status = facts.reason === undefined ? "success" : "failure";
      checks.inc({ ...labels, status });
      durations.observe({ ...labels, status }, facts.duration);
      if (facts.reason !== undefined) failures.inc({ ...labels, reason: facts.reason });
      if (facts.tokens !== undefined) tokens.inc({ ...labels, type: "output" }, facts.tokens);
      if (facts.dollars !== undefined) cost.inc(labels, facts.dollars);
      if (facts.firstToken !== undefined) {
        first.observe(labels, facts.firstToken);
        inter.observe(labels, facts.firstToken / 10);
      }
    },
    text: () => registry.metrics(),
  };
}

/** Returns series and types in a fixed order, without metrics that have no series. */
function comparable(text: string): unknown {
  const { series, types } = parseExposition(text);
  const lines = series.map(({ name, labels, value }) =>
    JSON.stringify([name, Object.entries(labels).toSorted(byName), Number(value.toPrecision(12))]),
  );
  const used = [...types].filter(([name]) => series.some((line) => line.name.startsWith(name)));
  return { lines: lines.toSorted(), types: used.toSorted(byName) };
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : 1);

describe("createTotals", () => {
  it("renders what prom-client renders, with restarts and scrapes at any moment", async () => {
    const facts = fc.record({
      reason: fc.option(fc.constantFrom(...FAILURE_REASONS), { nil: undefined }),
      duration: fc.oneof(fc.constantFrom(0, 0.01, 0.5, 120), fc.double({ min: 0, max: 200, noNaN: true })),
      firstToken: fc.option(fc.double({ min: 0, max: 20, noNaN: true }), { nil: undefined }),
      tokens: fc.option(fc.nat(5000), { nil: undefined }),
      dollars: fc.option(
        fc.nat(1000).map((n) => n / 1e6),
        { nil: undefined },
      ),
    });
    const steps = fc.array(fc.oneof(facts, fc.constant("restart" as const), fc.constant("scrape" as const)), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (steps, priced) => {
        let store = createMemory().namespace("totals");
        let totals = createTotals(store);
        totals.setTargets([one], () => priced);
        const theirs = reference(priced);
        for (const step of steps) {
          if (step === "restart") {
            store = readBack(store);
            totals = createTotals(store);
            totals.setTargets([one], () => priced);
          } else if (step === "scrape") {
            totalsText(totals, [one]);
          } else {
            totals.observe(one, resultOf(step), step.dollars);
            theirs.count(step);
          }
        }
        expect(comparable(totalsText(totals, [one]))).toEqual(comparable(await theirs.text()));
      }),
    );
  });

  const reasonsIn = (text: string): readonly string[] =>
    parseExposition(text)
      .series.filter(({ name }) => name === "heartbeat_failures_total")
      .map(({ labels: { reason = "" } }) => reason);

  it("starts failures at 0 for the reasons that alerts read and the prober can give, and for no others", () => {
    const totals = createTotals();
    totals.setTargets([one]);
    expect(reasonsIn(totalsText(totals, [one]))).toEqual(["queue_timeout", "internal"]);
    totals.observe(one, resultOf({ reason: "connect", duration: 1 }));
    expect(reasonsIn(totalsText(totals, [one]))).toEqual(["queue_timeout", "internal", "connect"]);
    const prober: Prober = { ...heldProber().prober, reasons: ["rate_limited", "dns"] };
    const limited = targetOf(moduleOf(prober), { name: "limited" });
    totals.setTargets([limited]);
    expect(reasonsIn(totalsText(totals, [limited]))).toEqual(["rate_limited", "queue_timeout", "internal"]);
  });

  const histogramsIn = (text: string): readonly string[] =>
    parseExposition(text)
      .series.filter(({ name }) => name.endsWith("_count"))
      .map(({ name, labels: { status = "" }, value }) => `${name} ${status} ${value}`);

  it("has the histograms that a target chooses, and those of tokens after the first value", () => {
    const totals = createTotals();
    const choose = (histograms: (typeof HISTOGRAMS)[number][]) =>
      totals.setTargets([{ ...one, series: { histograms, details: false } }]);
    choose([]);
    totals.observe(one, resultOf({ duration: 1, firstToken: 0.5 }));
    expect(histogramsIn(totalsText(totals, [one]))).toEqual([]);
    choose(["duration", "first_token"]);
    expect(histogramsIn(totalsText(totals, [one]))).toEqual([
      "heartbeat_health_check_duration_seconds_count success 0",
    ]);
    totals.observe(one, resultOf({ duration: 1, firstToken: 0.5 }));
    totals.observe(one, resultOf({ duration: 1, reason: "timeout" }));
    expect(histogramsIn(totalsText(totals, [one]))).toEqual([
      "heartbeat_health_check_duration_seconds_count success 1",
      "heartbeat_llm_time_to_first_token_seconds_count  1",
    ]);
    choose(["failed_duration", "first_token"]);
    totals.observe(one, resultOf({ duration: 1, reason: "timeout" }));
    expect(histogramsIn(totalsText(totals, [one]))).toEqual([
      "heartbeat_health_check_duration_seconds_count failure 1",
      "heartbeat_llm_time_to_first_token_seconds_count  1",
    ]);
    expect(valueOf(totalsText(totals, [one]), "heartbeat_health_checks_total", { status: "success" })).toBe(
      2,
    );
  });

  it("stores no histogram that a target has not", () => {
    const store = createMemory().namespace("totals");
    const totals = createTotals(store);
    totals.setTargets([{ ...one, series: { histograms: [], details: false } }]);
    totals.observe(one, resultOf({ duration: 1, firstToken: 0.5 }));
    expect([...store.entries()].map(([, value]) => value)).toMatchObject([{ histograms: {} }]);
  });

  it("starts at 0 for the reasons of a new prober, and keeps counts, when a reload changes the module", () => {
    const totals = createTotals();
    totals.setTargets([one]);
    totals.observe(one, resultOf({ reason: "connect", duration: 1 }));
    const prober: Prober = { ...heldProber().prober, reasons: ["rate_limited"] };
    totals.setTargets([targetOf(moduleOf(prober))]);
    const text = totalsText(totals, [one]);
    expect(reasonsIn(text)).toEqual(["rate_limited", "queue_timeout", "internal", "connect"]);
    expect(valueOf(text, "heartbeat_failures_total", { reason: "connect" })).toBe(1);
  });

  it("drops zeros of other reasons that an earlier version stored, and keeps what was counted", () => {
    const store = createMemory().namespace("totals");
    const failures = {
      ...Object.fromEntries(FAILURE_REASONS.map((reason) => [reason, 0])),
      dns: 2,
      connect: 3,
    };
    store.put(JSON.stringify(["one", "held"]), { failures });
    const totals = createTotals(store);
    totals.setTargets([one]);
    const text = totalsText(totals, [one]);
    expect(reasonsIn(text)).toEqual(["queue_timeout", "internal", "dns", "connect"]);
    expect(valueOf(text, "heartbeat_failures_total", { reason: "dns" })).toBe(2);
    expect(valueOf(text, "heartbeat_failures_total", { reason: "connect" })).toBe(3);
  });

  it("drops removed targets, and starts at 0 when they come back", () => {
    const store = createMemory().namespace("totals");
    const totals = createTotals(store);
    totals.setTargets([one]);
    totals.observe(one, resultOf({ duration: 1 }));
    totals.setTargets([]);
    expect(totalsText(totals, [one])).toBe("");
    expect([...store.entries()]).toEqual([]);
    totals.observe(one, resultOf({ duration: 1 }));
    totals.setTargets([one]);
    expect(totalsText(totals, [one])).toContain(
      'heartbeat_health_checks_total{target="one",module="held",status="success"} 0\n',
    );
  });

  it.each([
    ["not an object", "x"],
    ["invalid numbers", { probes: { success: "7", failure: -1 }, histograms: [], failures: 3, tokens: "x" }],
    [
      "histograms with other buckets",
      { histograms: { duration: { buckets: [1, 2], sum: 3 }, first_token: { buckets: [7], sum: 1 } } },
    ],
    ["empty", {}],
  ])("starts at 0 if the stored tally is %s", (_title, value) => {
    const store = createMemory().namespace("totals");
    store.put(JSON.stringify(["one", "held"]), value);
    const totals = createTotals(store);
    totals.setTargets([one]);
    const fresh = createTotals();
    fresh.setTargets([one]);
    expect(totalsText(totals, [one])).toBe(totalsText(fresh, [one]));
  });
});
