import { describe, expect, it } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { gauge, sample } from "../../src/core/metric.ts";
import { failed, succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createRestoredResults } from "../../src/engine/restored-results.ts";
import { readBack } from "../helpers/read-back.ts";

const length = gauge("probe_queue_length", "Messages in the queue", ["queue"]);
const removed = gauge("probe_queue_removed", "A metric that a newer version of the prober does not have");

const result: Result = {
  id: 7,
  startedAt: timestamp(100),
  endedAt: timestamp(101.5),
  duration: seconds(1.5),
  timeout: seconds(10),
  outcome: succeeded,
  samples: [sample(length, 3, { queue: "mail" }), sample(removed, 1)],
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
  return createRestoredResults(readBack(store)).recall("key", { metrics: [length] });
}

describe("createRestoredResults", () => {
  it("restores a result without its log, its number, its answer, and samples of metrics that no longer exist", () => {
    const { answer: _answer, ...facts } = result.facts ?? {};
    const [first] = result.samples;
    expect(restore(result)).toEqual({ ...result, id: 0, log: [], facts, samples: [first] });
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
    ["no object", "x"],
    ["no times", {}],
    ["an unknown reason", { startedAt: 1, endedAt: 1, duration: 1, timeout: 1, reason: "whatever" }],
  ])("restores nothing from %s", (_title, value) => {
    const store = createMemory().namespace("test");
    store.put("key", value);
    expect(createRestoredResults(store).recall("key", { metrics: [length] })).toBeUndefined();
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
