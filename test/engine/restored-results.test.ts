import { describe, expect, it } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { gauge, sample } from "../../src/core/metric.ts";
import { failed, succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createRestoredResults } from "../../src/engine/restored-results.ts";
import { readBack } from "../helpers/read-back.ts";

const length = gauge("probe_queue_length", "Messages in the queue", ["queue"]);
const age = gauge("probe_queue_age_seconds", "Age of the oldest message");
const removed = gauge("probe_queue_removed", "A metric that a newer version of the prober does not have");

const result: Result = {
  id: 7,
  startedAt: timestamp(100),
  endedAt: timestamp(101.5),
  duration: seconds(1.5),
  timeout: seconds(10),
  outcome: succeeded,
  samples: [sample(length, 3, { queue: "mail" }), sample(age, 0), sample(removed, 1)],
  facts: {
    answer: "what the target said",
    firstToken: seconds(0.25),
    interToken: seconds(0.01),
    tokens: { input: 14, output: 6 },
    model: "gpt-4o-mini-2024-07-18",
  },
  answered: true,
  retryAfter: seconds(60),
  coldStart: false,
  log: [{ at: seconds(0), message: "asking" }],
};

/** Keeps `kept`, and reads it as another process would. */
function restore(kept: Result): Result | undefined {
  const store = createMemory().namespace("test");
  createRestoredResults(store).keep("key", kept);
  return createRestoredResults(readBack(store)).recall("key", { metrics: [length, age] });
}

const STORED = { startedAt: 100, endedAt: 101.5, duration: 1.5, timeout: 10 };

/** Reads a stored result that has these fields instead. */
function recall(fields: Readonly<Record<string, unknown>>): Result | undefined {
  const store = createMemory().namespace("test");
  store.put("key", { ...STORED, ...fields });
  return createRestoredResults(store).recall("key", { metrics: [length, age] });
}

describe("createRestoredResults", () => {
  it("restores a result without its log, its number, its answer, and samples of metrics that no longer exist", () => {
    const { answer: _answer, ...facts } = result.facts ?? {};
    const samples = result.samples.slice(0, 2);
    expect(restore(result)).toEqual({ ...result, id: 0, log: [], facts, samples });
  });

  it("restores a result without facts", () => {
    const { facts: _facts, ...plain } = result;
    expect(restore(plain)).toMatchObject({ id: 0, startedAt: 100, outcome: succeeded });
    expect(restore(plain)).not.toHaveProperty("facts");
  });

  it("restores the reason of a failure without its detail", () => {
    const restored = restore({ ...result, outcome: failed("empty", "what the target said") });
    expect(restored?.outcome).toEqual(failed("empty", "as it was before the exporter restarted"));
  });

  it("restores why a target is degraded without the detail, if the reason is known", () => {
    const degraded = { reason: "threshold", detail: "what the target said" } as const;
    expect(restore({ ...result, degraded })?.degraded).toEqual({
      reason: "threshold",
      detail: "as it was before the exporter restarted",
    });
    const store = createMemory().namespace("test");
    store.put("key", { startedAt: 1, endedAt: 1, duration: 1, timeout: 1, degraded: "whatever" });
    expect(createRestoredResults(store).recall("key", { metrics: [] })).not.toHaveProperty("degraded");
  });

  it.each([
    ["a text", "x"],
    ["null", null],
    ["a list", []],
    ["nothing", undefined],
  ])("restores nothing from %s", (_title, value) => {
    const store = createMemory().namespace("test");
    store.put("key", value);
    expect(createRestoredResults(store).recall("key", { metrics: [length] })).toBeUndefined();
  });

  it.each([
    { startedAt: undefined },
    { startedAt: "100" },
    { startedAt: 1e300 },
    { endedAt: undefined },
    { endedAt: "101.5" },
    { duration: undefined },
    { duration: "1.5" },
    { duration: Infinity },
    { timeout: undefined },
    { timeout: null },
    { reason: "whatever" },
    { reason: null },
  ])("restores nothing from a result with %o", (fields) => {
    expect(recall({})).toBeDefined();
    expect(recall(fields)).toBeUndefined();
  });

  it.each([
    { answered: "true" },
    { answered: 1 },
    { retryAfter: "60" },
    { retryAfter: null },
    { coldStart: "false" },
    { coldStart: 0 },
    { degraded: "whatever" },
    { facts: "x" },
  ])("leaves out what it cannot read: %o", (fields) => {
    expect(recall(fields)).toStrictEqual(recall({}));
  });

  it.each([
    { what: "no list", samples: "x", restored: [] },
    { what: "a number", samples: [7, ["probe_queue_age_seconds", 1]], restored: [sample(age, 1)] },
    { what: "an object", samples: [{}], restored: [] },
    { what: "a metric without a name", samples: [[undefined, 1]], restored: [] },
    { what: "a text for a value", samples: [["probe_queue_age_seconds", "1"]], restored: [] },
    { what: "no value", samples: [["probe_queue_age_seconds"]], restored: [] },
    {
      what: "no labels",
      samples: [["probe_queue_length", 1, {}]],
      restored: [{ metric: length, value: 1, labels: {} }],
    },
    { what: "a text for labels", samples: [["probe_queue_length", 1, "mail"]], restored: [] },
    { what: "a list of labels", samples: [["probe_queue_length", 1, ["mail"]]], restored: [] },
    { what: "null for labels", samples: [["probe_queue_length", 1, null]], restored: [] },
    {
      what: "a number in a label",
      samples: [["probe_queue_length", 1, { queue: "a", more: 1 }]],
      restored: [],
    },
  ])("restores the samples that it can read from $what", ({ samples, restored }) => {
    expect(recall({ samples })?.samples).toEqual(restored);
  });

  it("forgets the results of all keys but those that are retained", () => {
    const store = createMemory().namespace("test");
    const results = createRestoredResults(store);
    for (const key of ["a", "b"]) results.keep(key, result);
    results.retain(new Set(["b"]));
    expect(["a", "b"].map((key) => results.recall(key, { metrics: [] }) !== undefined)).toEqual([
      false,
      true,
    ]);
  });

  it("drops stored facts of a wrong type", () => {
    const store = createMemory().namespace("test");
    store.put("key", {
      startedAt: 1,
      endedAt: 1,
      duration: 1,
      timeout: 1,
      facts: { firstToken: "0.1", interToken: -1, tokens: { input: 3, output: "x", other: 1 }, model: 7 },
    });
    expect(createRestoredResults(store).recall("key", { metrics: [] })?.facts).toEqual({
      tokens: { input: 3 },
    });
  });
});
