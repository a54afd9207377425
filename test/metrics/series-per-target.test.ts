import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resultMetrics } from "../../src/catalogue/results.ts";
import { targetMetrics } from "../../src/catalogue/targets.ts";
import type { Metric } from "../../src/core/metric.ts";
import { httpProber } from "../../src/probers/http/prober.ts";
import { llmProber } from "../../src/probers/llm/prober.ts";
import { parseExposition, type Series } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import {
  FAILING_ANSWERS,
  FAILING_PAGES,
  type FullestTargets,
  startFullestTargets,
} from "./fullest-targets.ts";

/** Most series of a target on `/metrics` by default, as docs/metrics.md promises. */
const MOST = { http: 40, llm: 80 };

let fullest: FullestTargets;
beforeAll(async () => {
  fullest = await startFullestTargets();
});
afterAll(() => fullest[Symbol.asyncDispose]());

const scrape = async (): Promise<readonly Series[]> =>
  parseExposition(await fullest.exporter.get("/metrics")).series;

const seriesOf = async (target: string): Promise<readonly Series[]> =>
  (await scrape()).filter(({ labels }) => labels["target"] === target);

/** Returns the reasons that a target has failed for, now or before. */
const reasonsOf = (series: readonly Series[]): readonly string[] =>
  series
    .filter(({ name, value }) => name === "heartbeat_failures_total" && value > 0)
    .map(({ labels }) => labels["reason"] ?? "");

/** Waits until every target has a result, and the tiers have. */
const settled = (): Promise<readonly Series[]> =>
  waitUntil("results of all targets", async () => {
    const series = await scrape();
    const count = (wanted: string): number => series.filter(({ name }) => name === wanted).length;
    return count("probe_success") === 10 && count("probe_llm_tier") === 6 ? series : undefined;
  });

test("targets with every option have few series, whatever their result", async () => {
  const series = await settled();
  const count = (target: string): number => series.filter(({ labels }) => labels["target"] === target).length;
  for (const http of ["page", "closed", "untrusted"]) expect(count(http)).toBeLessThanOrEqual(MOST.http);
  for (const llm of ["model", "away", "broke"]) expect(count(llm)).toBeLessThanOrEqual(MOST.llm);
  // As docs/metrics.md says.
  expect(count("minimal")).toBe(22);
  expect(count("simple")).toBeLessThanOrEqual(60);
  expect(count("detailed") - count("page")).toBe(23);
  expect(count("examined") - count("model")).toBeLessThanOrEqual(28);
});

test.each([
  { target: "page", most: MOST.http, answers: FAILING_PAGES },
  { target: "model", most: MOST.llm, answers: FAILING_ANSWERS },
])(
  "$target keeps few series while it fails for one reason after the other",
  async ({ target, most, answers }) => {
    await settled();
    for (const [reason, answer] of Object.entries(answers)) {
      await fullest.probe(target, answer);
      const failing = await seriesOf(target);
      expect(failing.find(({ name }) => name === "probe_failure_reason")?.labels["reason"]).toBe(reason);
      expect(failing.length).toBeLessThanOrEqual(most);
      await fullest.probe(target);
      expect((await seriesOf(target)).length).toBeLessThanOrEqual(most);
    }
    expect(reasonsOf(await seriesOf(target)).toSorted()).toEqual(Object.keys(answers).toSorted());
  },
);

test("a degraded answer adds one series", async () => {
  await settled();
  const before = (await seriesOf("untrusted")).length;
  await fullest.probe("page", (response) => void response.end('"slow"'));
  const degraded = await seriesOf("page");
  expect(degraded.map(({ name }) => name)).toContain("probe_degraded_reason");
  expect(degraded.length).toBeLessThanOrEqual(MOST.http);
  expect((await seriesOf("untrusted")).length).toBe(before);
});

/** Metrics that a busy machine may leave out: the exporter stood still, or read all pieces of an answer at once. */
const UNSTEADY = new Set(
  llmProber.metrics
    .filter(({ when = "" }: Metric) => /the exporter stood still|more than one piece/.test(when))
    .map(({ name }) => name),
);

test.each(["page", "model"])("/probe shows the details of %s that /metrics leaves out", async (target) => {
  await settled();
  await fullest.probe(target);
  const names = async (path: string): Promise<ReadonlySet<string>> =>
    new Set(parseExposition(await fullest.exporter.get(path)).series.map(({ name }) => name));
  const onProbe = await names(`/probe?target=${target}`);
  const detailed = target === "page" ? "detailed" : "examined";
  const onMetrics = new Set((await seriesOf(detailed)).map(({ name }) => name));
  expect([...onProbe].filter((name) => !onMetrics.has(name) && !UNSTEADY.has(name))).toEqual([]);
  const shown = new Set((await seriesOf(target)).map(({ name }) => name));
  const details = [resultMetrics, ...[httpProber, llmProber].map(({ metrics }) => metrics)]
    .flatMap((metrics): readonly Metric[] => Object.values(metrics))
    .filter(({ detail }) => detail === true);
  expect(details.filter(({ name }) => shown.has(name))).toEqual([]);
  expect(details.filter(({ name }) => onProbe.has(name)).length).toBeGreaterThan(5);
});

/** A target, and which of the conditions for series it meets besides those that depend on its prober. */
interface Scenario {
  readonly target: string;
  readonly kind: "http" | "llm";
  readonly met: readonly Condition[];
}

type Condition =
  | "answered"
  | "failed"
  | "failover"
  | "expected"
  | "maintenance"
  | "llm"
  | "priced"
  | "tokens"
  | "dollars"
  | "tiers"
  | "cold start"
  | "cel"
  | "details"
  | "tls"
  | "trusted"
  | "client certificate"
  | "warm"
  | "skipped";

/** What each condition in docs/metrics.md depends on: it is met if the target meets all of these. */
const CONDITIONS: Readonly<Record<string, readonly Condition[]>> = {
  always: [],
  "after a failure": ["failed"],
  "while probes are skipped": ["skipped"],
  "with `cold_start`": ["cold start"],
  "with `fail_if_body_json_...`": ["cel"],
  "for the phases that the probe reached": [],
  "of `http` always, of others once the target is connected to": [],
  "if the response has Last-Modified": ["answered"],
  "once the host name was looked up": [],
  "after a TLS handshake": ["tls"],
  "after a TLS handshake whose certificate was accepted": ["tls", "trusted"],
  "with a client certificate": ["client certificate"],
  "after a streamed answer, unless the exporter stood still meanwhile": ["answered"],
  "after a streamed answer in more than one piece, unless the exporter stood still meanwhile": ["answered"],
  "after a streamed answer in more than one piece": ["answered"],
  "for the types that the API counts": ["answered"],
  "after an answer": ["answered"],
  "if the API says why it stopped": ["answered"],
  "if the API names the model": ["answered"],
  "if a gateway reports it": ["answered"],
  "if the API reports it": ["answered"],
  "for `llm`, once the model answered or did not, until the result is stale": ["llm"],
  "once the status is known, until the last result is stale": [],
  "with `failover`": ["failover"],
  "with `probe_details: true`": ["details"],
  "after the first probe": [],
  "after the first success": ["answered"],
  "after the first failure": ["failed"],
  "for `llm`, for the types that the API counts, from the first answer on": ["llm", "answered"],
  "with `prices` of the model": ["priced"],
  "with a `budget` of tokens": ["tokens"],
  "with a `budget` of dollars": ["dollars"],
  "with `tiers`, after the first check of each": ["tiers"],
  "with `histograms: [first_token]`, from the first streamed answer on that is no cold start": ["warm"],
  "with `expected_duration`": ["expected"],
  "with a maintenance window": ["maintenance"],
  "with `histograms: [duration]` for status success, `[failed_duration]` for status failure": ["llm"],
  "rate_limited, prober_unavailable, queue_timeout, internal from 0 on, if the prober can give them; other reasons from their first failure on":
    [],
};

/** Conditions that no target here meets. */
const NOT_MET = new Set([
  "for each of `alert_thresholds` that the target or its module sets",
  "after a degraded answer",
  "if the API reports it (ollama)",
  "with `histograms: [inter_token]`, from the first streamed answer on that is no cold start",
]);

const GOOD = ["answered", "tls", "trusted"] as const;
const FULL = ["failover", "expected", "maintenance", "client certificate"] as const;
const PAID = ["llm", "priced", "tokens", "dollars", "tiers", "cold start"] as const;
const SCENARIOS: readonly Scenario[] = [
  { target: "minimal", kind: "http", met: GOOD },
  { target: "detailed", kind: "http", met: [...GOOD, ...FULL, "cel", "details"] },
  { target: "closed", kind: "http", met: ["failed", "failover", "client certificate"] },
  { target: "untrusted", kind: "http", met: ["failed", "tls", "expected"] },
  { target: "simple", kind: "llm", met: [...GOOD, "llm", "priced", "warm"] },
  { target: "examined", kind: "llm", met: [...GOOD, ...FULL, ...PAID, "details", "warm"] },
  { target: "away", kind: "llm", met: ["failed", "llm", "priced", "tokens", "cold start"] },
  { target: "broke", kind: "llm", met: [...GOOD, ...FULL, ...PAID, "skipped"] },
];

describe("the conditions in docs/metrics.md hold", () => {
  // The first probe of each model is a cold start.
  beforeAll(async () => {
    await settled();
    for (const target of ["examined", "simple"])
      await waitUntil("an answer whose times are known", async () => {
        await fullest.probe(target);
        const series = await seriesOf(target);
        return series.find(({ name }) => name.startsWith("heartbeat_llm_time_to_first_token_seconds"));
      });
  });

  test.each(SCENARIOS)("for $target", async ({ target, kind, met }) => {
    const series = await settled();
    const prober = kind === "http" ? httpProber : llmProber;
    const metrics: readonly Metric[] = [
      ...Object.values(resultMetrics),
      ...Object.values(targetMetrics),
      ...prober.metrics,
    ];
    const isExpected = ({ when = "always", detail = false }: Metric): boolean => {
      const needed = CONDITIONS[when];
      if (needed === undefined && !NOT_MET.has(when)) throw new Error(`unknown condition: ${when}`);
      return needed?.every((one) => met.includes(one)) === true && (!detail || met.includes("details"));
    };
    const names = new Set(
      series
        .filter(({ labels }) => labels["target"] === target)
        .map(({ name }) => name.replace(/_(bucket|sum|count)$/, "")),
    );
    const steady = metrics.filter(({ name }) => !UNSTEADY.has(name));
    expect(steady.filter(({ name }) => names.has(name)).map(({ name }) => name)).toEqual(
      steady.filter(isExpected).map(({ name }) => name),
    );
    const unexpected = metrics.filter((metric) => UNSTEADY.has(metric.name) && !isExpected(metric));
    expect(unexpected.filter(({ name }) => names.has(name))).toEqual([]);
  });
});
