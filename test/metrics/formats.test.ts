import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allMetrics, catalogue } from "../../src/catalogue/index.ts";
import { type ExpositionFormat, TEXT_FORMAT } from "../../src/core/exposition-format.ts";
import { counter, gauge, sample } from "../../src/core/metric.ts";
import { failed } from "../../src/core/prober.ts";
import { HISTOGRAMS } from "../../src/core/series-choice.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { initialState } from "../../src/failover/machine.ts";
import { createExposition } from "../../src/metrics/exposition.ts";
import { writerOf } from "../../src/metrics/format.ts";
import { targetParts } from "../../src/metrics/page.ts";
import { createTotals } from "../../src/metrics/totals.ts";
import { probers } from "../../src/probers/index.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { resultOf } from "../helpers/result.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";

const OPEN: ExpositionFormat = { kind: "openmetrics", created: false };
const FORMATS = [
  ["text", TEXT_FORMAT],
  ["openmetrics", OPEN],
  ["openmetrics-created", { kind: "openmetrics", created: true }],
] as const satisfies readonly (readonly [string, ExpositionFormat])[];

describe("a page", () => {
  const one = targetOf(moduleOf(heldProber().prober), {
    labels: { team: 'a "b" \\ c\nd' },
    series: { histograms: HISTOGRAMS, details: true },
  });
  const now = timestamp(1_757_943_001);

  it.each(FORMATS)("in the format %s", async (name, format) => {
    const totals = createTotals(undefined, { now: () => timestamp(1_757_942_000.5) });
    totals.setTargets([one]);
    const facts = { firstToken: seconds(1), tokens: { output: 7 } };
    const results = [
      resultOf({ id: 11, outcome: failed("connect", ""), duration: seconds(2) }),
      resultOf({ id: 12, outcome: failed("timeout", ""), duration: seconds(500) }),
      resultOf({ id: 13, facts }),
      // Cold starts are in no histogram.
      resultOf({ id: 14, coldStart: true, duration: seconds(90) }),
    ];
    for (const result of results) totals.observe(one, result);
    const newest = results.at(-1);
    if (newest === undefined) throw new Error("no result");
    const snapshot = {
      target: one,
      newest: { result: newest, age: seconds(1) },
      state: initialState(now),
      skipped: undefined,
      remaining: {},
      tiers: new Map(),
      tally: totals.tally(one),
      inMaintenance: false,
    };
    const writer = writerOf(format);
    const parts = targetParts({ targets: [snapshot], now, recent: () => results.toReversed() }, writer);
    await expect([...parts].join("") + writer.end).toMatchFileSnapshot(`../golden/metrics/${name}.prom`);
  });

  it("keeps the time when its counters began over a restart", () => {
    const store = new Map<string, unknown>();
    const stateStore = {
      get: (key: string) => store.get(key),
      entries: () => store.entries(),
      put: (key: string, value: unknown) => void store.set(key, value),
      delete: (key: string) => void store.delete(key),
    };
    const before = createTotals(stateStore, { now: () => timestamp(100) });
    before.setTargets([one]);
    before.observe(one, resultOf({ id: 1 }));
    const after = createTotals(stateStore, { now: () => timestamp(200) });
    after.setTargets([one]);
    expect(after.tally(one)?.createdAt).toBe(100);
  });
});

describe("names in OpenMetrics", () => {
  const metrics = allMetrics(probers);
  const names = new Set(metrics.map(({ name }) => name));

  it("every counter ends in _total, and no metric has its name without it", () => {
    for (const { name } of metrics.filter(({ type }) => type === "counter")) {
      expect(name).toMatch(/_total$/);
      expect(names).not.toContain(name.replace(/_total$/, ""));
      expect(names).not.toContain(name.replace(/_total$/, "_created"));
    }
  });

  it.each([
    [
      "a counter without _total",
      [counter("beats", "Beats")],
      "# HELP beats Beats\n# TYPE beats unknown\nbeats 1\n",
    ],
    [
      "a counter beside a gauge of its name",
      [gauge("lines", "Lines now"), counter("lines_total", "Lines")],
      "# HELP lines Lines now\n# TYPE lines gauge\nlines 1\n# HELP lines_total Lines\n# TYPE lines_total unknown\nlines_total 1\n",
    ],
    [
      "help with quotes",
      [counter("lines_total", 'Lines with "x", \\ and\n')],
      '# HELP lines Lines with \\"x\\", \\\\ and\\n\n# TYPE lines counter\nlines_total 1\n',
    ],
  ])("%s keeps the names of its series", (_title, own, text) => {
    const exposition = createExposition();
    for (const metric of own) exposition.add([sample(metric, 1)]);
    expect(exposition.text(OPEN)).toBe(text);
  });
});

it.each(["bookworm", "newest"] as const)(
  "Prometheus %s reads back every sample from both formats",
  async (version) => {
    const number = gauge("number", 'A "number" \\ of\nthe test', ["name", "i"]);
    const count = counter("count_total", "A count", ["name", "i"]);
    const values = fc.sample(fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constant(1e21)), {
      seed: 7,
      numRuns: 100,
    });
    const texts = fc.sample(fc.string({ unit: "binary", minLength: 1 }), { seed: 7, numRuns: 100 });
    const exposition = createExposition();
    texts.forEach((name, i) => {
      exposition.add([sample(number, values[i] ?? 0, { name, i: String(i) })]);
      exposition.add([sample(count, Math.abs(values[i] ?? 0), { name, i: String(i) })], { module: name });
    });
    const exemplar = { traceId: 7, value: 1, at: timestamp(Date.now() / 1000) };
    await using server = createServer(({ headers, url = "" }, response) => {
      const format = url.startsWith("/text") ? TEXT_FORMAT : OPEN;
      expect(headers["accept-encoding"]).toBe("gzip");
      response.setHeader(
        "Content-Type",
        format === OPEN
          ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
          : "text/plain; version=0.0.4",
      );
      response.end(exposition.text(format, exemplar) + writerOf(format).end);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const job = (name: string): string =>
      `{ job_name: ${name}, metrics_path: /${name}, static_configs: [{ targets: ["${address}"] }] }`;
    await using prometheus = await startPrometheus({
      version,
      args: ["--enable-feature=exemplar-storage"],
      config: `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs: [${job("text")}, ${job("openmetrics")}]
`,
    });
    await prometheus.queryUntil(
      "sum(up) == 2 and on() count(number) == 200 and on() count(count_total) == 200",
    );
    for (const name of ["text", "openmetrics"]) {
      for (const metric of ["number", "count_total"]) {
        const found = await prometheus.query(`${metric}{job="${name}"}`);
        const byIndex = new Map(found.map((element) => [element.metric["i"], element]));
        texts.forEach((text, i) => {
          const value = values[i] ?? 0;
          const read = byIndex.get(String(i));
          expect(read?.metric["name"]).toBe(text.toWellFormed());
          expect(read?.value).toBe(metric === "number" ? value + 0 : Math.abs(value));
        });
      }
    }
    const exemplars = await prometheus.api("query_exemplars", {
      query: "count_total",
      start: String(Date.now() / 1000 - 60),
      end: String(Date.now() / 1000 + 60),
    });
    expect(exemplars).toHaveLength(100);
    expect(prometheus.warnings()).toEqual([]);
  },
);

it("has no exemplars on gauges", () => {
  const exposition = createExposition();
  exposition.add([sample(catalogue.probeSuccess, 1)]);
  expect(exposition.text(OPEN, { traceId: 1, value: 1, at: timestamp(1) })).not.toContain("trace_id");
});
