import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { History, PastEvent, PastResult } from "../../src/core/history.ts";
import type { FailureReason } from "../../src/core/reasons.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createMemoryHistory } from "../../src/store/memory-history.ts";
import { readHistory } from "../../src/store/reader.ts";
import { type ManualClock, manualClock } from "../helpers/clock.ts";
import { BOUNDS, openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const START = 1_757_943_000;
const at = (passed: number) => timestamp(START + passed);

const result = (passed: number, more: Partial<PastResult> = {}): PastResult => ({
  target: "one",
  module: "web",
  startedAt: at(passed),
  duration: seconds(0.25),
  ...more,
});
const failure = (passed: number, reason: FailureReason = "timeout", more: Partial<PastResult> = {}) =>
  result(passed, { reason, ...more });

/** Both kinds of history. */
const KINDS = {
  "in memory": async (clock: ManualClock) => ({
    history: createMemoryHistory(clock, seconds(BOUNDS.retention)),
    end: async () => {},
  }),
  "in a file": async (clock: ManualClock) => {
    const folder = await temporaryFolder();
    const { store } = await openTestStore(join(folder.path, "s.db"), { clock });
    return {
      history: store.history,
      end: async () => {
        await store.close();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
};

describe.each(Object.entries(KINDS))("history %s", (_kind, create) => {
  let clock: ManualClock;
  let history: History;
  let end: () => Promise<void>;
  beforeEach(async () => {
    clock = manualClock(START);
    ({ history, end } = await create(clock));
  });
  afterEach(() => end());

  const all = { from: at(0), to: at(10_000) };
  const append = (...results: readonly PastResult[]): void => {
    for (const one of results) history.append(one);
  };

  it("summarizes each target and module, ordered by name", async () => {
    append(
      result(0, { target: "two" }),
      ...Array.from({ length: 19 }, (_, i) => result(i, { duration: seconds((i + 1) / 100) })),
      result(19, { duration: seconds(9) }),
      failure(20, "timeout", { duration: seconds(30) }),
      failure(21, "connect"),
      failure(22, "timeout"),
      result(3, { module: "chat", firstToken: seconds(0.1), tokens: 20, dollars: 0.0000057 }),
      result(4, { module: "chat", tokens: 22, dollars: 0.0000063 }),
      failure(1, "dns", { target: "zero" }),
    );
    expect(await history.summaries(all)).toEqual([
      {
        target: "one",
        module: "chat",
        probes: 2,
        successes: 2,
        uptime: 1,
        failures: {},
        duration: { average: 0.25, p95: 0.25, max: 0.25 },
        firstProbe: at(3),
        lastProbe: at(4),
        lastSuccess: at(4),
        tokens: 42,
        dollars: expect.closeTo(0.000012, 12),
      },
      {
        target: "one",
        module: "web",
        probes: 23,
        successes: 20,
        uptime: 20 / 23,
        failures: { timeout: 2, connect: 1 },
        duration: { average: expect.closeTo((1.9 + 9) / 20, 9), p95: 0.19, max: 9 },
        firstProbe: at(0),
        lastProbe: at(22),
        lastSuccess: at(19),
      },
      expect.objectContaining({ target: "two", probes: 1 }),
      {
        target: "zero",
        module: "web",
        probes: 1,
        successes: 0,
        uptime: 0,
        failures: { dns: 1 },
        firstProbe: at(1),
        lastProbe: at(1),
      },
    ]);
  });

  it("considers only its target and its window, whose end is excluded", async () => {
    append(result(0), result(10), result(20), result(10, { target: "two" }));
    const [one, more] = await history.summaries({ from: at(0), to: at(20), target: "one" });
    expect([one?.probes, one?.lastProbe, more]).toEqual([2, at(10), undefined]);
    expect(await history.summaries({ from: at(30), to: at(40) })).toEqual([]);
    expect(await history.summaries({ ...all, target: "unknown" })).toEqual([]);
  });

  it("finds outages and their ends", async () => {
    append(
      failure(0, "connect"),
      failure(10, "timeout"),
      result(20),
      failure(30),
      result(40),
      failure(50, "budget_exhausted"),
      failure(60, "bad_request"),
      failure(70, "dns"),
      failure(35, "tls", { target: "two" }),
    );
    const about = { target: "one", module: "web" };
    expect(await history.outages(all)).toEqual([
      { ...about, from: at(0), to: at(20), probes: 2, reason: "connect" },
      { ...about, from: at(30), to: at(40), probes: 1, reason: "timeout" },
      { ...about, from: at(50), probes: 3, reason: "budget_exhausted" },
      { target: "two", module: "web", from: at(35), probes: 1, reason: "tls" },
    ]);
    const query = { ...all, target: "one", failures: 2 };
    expect(await history.outages({ ...query, ignoreReasons: ["budget_exhausted", "bad_request"] })).toEqual([
      { ...about, from: at(0), to: at(20), probes: 2, reason: "connect" },
    ]);
    expect(await history.outages({ from: at(5), to: at(20) })).toEqual([
      { ...about, from: at(10), probes: 1, reason: "timeout" },
    ]);
  });

  it("returns chart buckets, without empty ones", async () => {
    append(
      result(0, { duration: seconds(1) }),
      failure(9, "timeout", { duration: seconds(3) }),
      result(99.5, { module: "other", duration: seconds(0.5) }),
      result(50, { target: "two" }),
    );
    expect(await history.chart({ from: at(0), to: at(100), target: "one", buckets: 10 })).toEqual([
      { from: at(0), to: at(10), probes: 2, successes: 1, average: 2, max: 3, phases: {} },
      { from: at(90), to: at(100), probes: 1, successes: 1, average: 0.5, max: 0.5, phases: {} },
    ]);
  });

  it("assigns event ids, notifies subscribers and answers queries", async () => {
    const notified: PastEvent[] = [];
    const stop = history.subscribe((event) => notified.push(event));
    const first = history.record({
      kind: "mode",
      at: at(0),
      subject: "one",
      from: "primary",
      to: "fallback",
      cause: "threshold",
    });
    const second = history.record({
      kind: "heartbeat",
      at: at(1),
      subject: "prod",
      source: "push",
      to: "down",
    });
    clock.advance(seconds(5));
    const third = history.record({ kind: "forced", at: at(5), subject: "one", to: "primary", until: at(60) });
    stop();
    const fourth = history.record({ kind: "force_ended", at: at(60), subject: "one" });
    expect(notified).toEqual([first, second, third]);
    expect(second.id).toBeGreaterThan(first.id);
    expect(third.id).toBe((START + 5) * 1000);

    expect(await history.events({})).toEqual([first, second, third, fourth]);
    expect(await history.events({ limit: 2 })).toEqual([third, fourth]);
    expect(await history.events({ after: first.id, limit: 2 })).toEqual([second, third]);
    expect(await history.events({ after: fourth.id })).toEqual([]);
    expect(await history.events({ from: at(1), to: at(60) })).toEqual([second, third]);
    expect(await history.events({ subject: "one", kinds: ["mode", "forced"] })).toEqual([first, third]);
  });

  it("keeps event ids rising when the clock is set back", () => {
    const event = { kind: "overdue", at: at(0), subject: "one" } as const;
    clock.advance(seconds(100));
    const first = history.record(event);
    const later = Array.from({ length: 3 }, () => history.record(event).id);
    expect(later).toEqual([first.id + 1, first.id + 2, first.id + 3]);
  });
});

describe("a file in use by an exporter", () => {
  it("can be read at the same time", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    await using open = await openTestStore(path, { clock: manualClock(START) });
    const read = readHistory(path);
    const window = { from: at(0), to: at(100), target: "one" };
    open.store.history.append(result(0));
    open.store.history.append(failure(10));
    const event = open.store.history.record({ kind: "overdue", at: at(10), subject: "one" });
    await open.store.memory.flush();
    expect(await read.summaries(window)).toEqual(await open.store.history.summaries(window));
    expect(await read.outages(window)).toHaveLength(1);
    expect(await read.chart({ ...window, buckets: 1 })).toHaveLength(1);
    expect(await read.events({})).toEqual([event]);
    await expect(readHistory(`${path}.none`).events({})).rejects.toThrow("unable to open database file");
  });
});

describe("both kinds of history", () => {
  it("give the same answers for any history", async () => {
    const some = fc.record({
      passed: fc.integer({ min: 0, max: 500 }),
      target: fc.constantFrom("one", "two"),
      module: fc.constantFrom("web", "chat"),
      reason: fc.option(fc.constantFrom<FailureReason>("timeout", "connect", "bad_request"), {
        nil: undefined,
      }),
      duration: fc.integer({ min: 0, max: 3_000_000 }),
    });
    const cases = fc.uniqueArray(some, {
      selector: ({ passed, target, module }) => `${passed} ${target} ${module}`,
      maxLength: 60,
    });
    const window = fc.record({
      from: fc.integer({ min: 0, max: 500 }),
      length: fc.integer({ min: 1, max: 500 }),
      target: fc.option(fc.constantFrom("one", "two", "three"), { nil: undefined }),
      failures: fc.integer({ min: 1, max: 3 }),
      buckets: fc.integer({ min: 1, max: 20 }),
    });
    const clock = manualClock(START);
    const memory = await KINDS["in memory"](clock);
    const file = await KINDS["in a file"](clock);
    // Each case has its own time range, so that all can share one file.
    let base = 0;
    await fc.assert(
      fc.asyncProperty(cases, window, async (cases, { from, length, target, failures, buckets }) => {
        base += 1000;
        for (const { passed, target, module, reason, duration } of cases) {
          const one = result(base + passed, {
            target,
            module,
            duration: seconds(duration / 1e6),
            ...(reason === undefined ? {} : { reason }),
          });
          memory.history.append(one);
          file.history.append(one);
        }
        const query = {
          from: at(base + from),
          to: at(base + Math.min(from + length, 999)),
          ...(target === undefined ? {} : { target }),
        };
        const answers = ({ history }: typeof memory) =>
          Promise.all([
            history.summaries(query),
            history.outages({ ...query, failures, ignoreReasons: ["bad_request"] }),
            history.chart({ ...query, target: target ?? "one", buckets }),
          ]);
        expect(rounded(await answers(file))).toEqual(rounded(await answers(memory)));
      }),
    );
    await file.end();
  });
});

/** Rounds all numbers, because sums added up in a different order differ in their last bits. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      typeof part === "number" ? Number(part.toFixed(9)) : part,
    ),
  );
