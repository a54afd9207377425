import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { History, PastResult } from "../../src/core/history.ts";
import { type Seconds, seconds, timestamp } from "../../src/core/units.ts";
import { createMemoryHistory } from "../../src/store/memory-history.ts";
import { manualClock } from "../helpers/clock.ts";
import { waitUntil } from "../helpers/process.ts";
import { BOUNDS, openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const HOUR = 3600;
const DAY = 86_400;
/** Half past one in the afternoon in UTC. */
const NOW = 1_757_943_000;

/** A history in a file whose clock shows `NOW`, with the results of every hour that has ended in its totals. */
async function rolledHistory(results: readonly PastResult[], retention: Seconds = seconds(100 * DAY)) {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const path = join(folder.path, "s.db");
  const clock = manualClock(NOW);
  const { store } = resources.use(await openTestStore(path, { clock, bounds: { ...BOUNDS, retention } }));
  for (const result of results) store.history.append(result);
  const rolled = (): unknown => {
    const db = new DatabaseSync(path, { readOnly: true });
    const hour = db.prepare("select hour from rolled").get()?.["hour"];
    db.close();
    return hour;
  };
  const roll = async (): Promise<void> => {
    const hour = Math.floor((clock.now() - 300) / HOUR);
    store.setBounds({ ...BOUNDS, retention });
    await waitUntil("the results to be totalled", async () => {
      await store.memory.flush();
      return rolled() === hour ? true : undefined;
    });
  };
  await roll();
  const owned = resources.move();
  return { history: store.history, clock, roll, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function memoryHistory(results: readonly PastResult[]): History {
  const history = createMemoryHistory(manualClock(NOW), seconds(100 * DAY));
  for (const result of results) history.append(result);
  return history;
}

const resultArbitrary = fc
  .record({
    target: fc.constantFrom("one", "two"),
    module: fc.constantFrom("web", "chat"),
    age: fc.oneof(fc.integer({ min: 0, max: 3 * HOUR }), fc.integer({ min: 0, max: 40 * DAY })),
    duration: fc.integer({ min: 1, max: 5000 }),
    reason: fc.constantFrom(undefined, undefined, "timeout" as const, "dns" as const),
  })
  .map(
    ({ age, duration, reason, ...rest }): PastResult => ({
      ...rest,
      startedAt: timestamp(NOW - age),
      duration: seconds(duration / 1000),
      ...(reason === undefined ? {} : { reason }),
    }),
  );

/** Of two probes of a target that start at the same time, one is ignored in the file. */
const resultsArbitrary = fc.uniqueArray(resultArbitrary, {
  selector: ({ target, module, startedAt }) => `${target} ${module} ${startedAt}`,
  maxLength: 60,
});

describe("totals of a file", () => {
  it("answer like the results themselves", async () => {
    await fc.assert(
      fc.asyncProperty(resultsArbitrary, async (results) => {
        await using file = await rolledHistory(results);
        const memory = memoryHistory(results);
        const now = timestamp(NOW);
        const trends = { targets: ["two", "gone", "one"], now, results: 5, hours: 24, days: 45 };
        expect(rounded(await file.history.trends(trends))).toEqual(rounded(await memory.trends(trends)));
        // Whole hours and days, so that the totals can be exact.
        const windows = [HOUR, NOW % DAY, (NOW % DAY) + 3 * DAY, (NOW % DAY) + 40 * DAY].map(seconds);
        const counts = { targets: ["one", "two"], now, windows };
        expect(await file.history.counts(counts)).toEqual(await memory.counts(counts));
        const window = { from: timestamp(NOW - 20 * DAY), to: timestamp(NOW + 1), target: "one" };
        expect(await file.history.reasons(window)).toEqual(await memory.reasons(window));
        const chart = {
          from: timestamp(NOW - (NOW % DAY) - 29 * DAY),
          to: timestamp(NOW - (NOW % DAY) + DAY),
          buckets: 240,
          hourly: true,
          target: "one",
        };
        expect(rounded(await file.history.chart(chart))).toEqual(rounded(await memory.chart(chart)));
      }),
      { numRuns: 15 },
    );
  });

  it("outlive the results", async () => {
    const results = Array.from(
      { length: 80 },
      (_, day): PastResult => ({
        target: "one",
        module: "web",
        startedAt: timestamp(NOW - day * DAY),
        duration: seconds(0.1),
        ...(day === 50 ? { reason: "dns" } : {}),
      }),
    );
    await using file = await rolledHistory(results, seconds(7 * DAY));
    const all = { from: timestamp(0), to: timestamp(NOW + 1), target: "one" };
    await waitUntil("old results to be removed", async () =>
      (await file.history.summaries(all))[0]?.probes === 8 ? true : undefined,
    );
    const now = timestamp(NOW);
    const [trend] = await file.history.trends({ targets: ["one"], now, results: 3, hours: 2, days: 90 });
    expect(trend?.days.slice(0, 10)).toEqual(Array.from({ length: 10 }));
    expect(trend?.days.slice(10).map((day) => day?.successes)).toEqual(
      Array.from({ length: 80 }, (_, i) => (79 - i === 50 ? 0 : 1)),
    );
    const windows = [seconds(30 * DAY), seconds(90 * DAY)];
    expect((await file.history.counts({ targets: ["one"], now, windows }))[0]?.windows).toEqual([
      { probes: 30, successes: 30 },
      { probes: 80, successes: 79 },
    ]);
  });

  it("count an hour once, also when it is totalled in the middle of a day and again later", async () => {
    const before = Array.from(
      { length: 48 },
      (_, i): PastResult => ({
        target: "one",
        module: "web",
        startedAt: timestamp(NOW - i * HOUR),
        duration: seconds(0.1),
      }),
    );
    await using file = await rolledHistory(before);
    for (let hour = 1; hour <= 30; hour += 1) {
      file.clock.advance(seconds(HOUR));
      file.history.append({
        target: "one",
        module: "web",
        startedAt: timestamp(NOW + hour * HOUR),
        duration: seconds(0.1),
      });
      if (hour % 7 === 0) await file.roll();
    }
    await file.roll();
    const now = file.clock.now();
    const [trend] = await file.history.trends({ targets: ["one"], now, results: 1, hours: 78, days: 4 });
    expect(trend?.hours.map((hour) => hour?.probes)).toEqual(Array.from({ length: 78 }, () => 1));
    // From 14:30 two days before to 19:30.
    expect(trend?.days.map((day) => day?.probes)).toEqual([10, 24, 24, 20]);
  });
});

describe("phases", () => {
  const results = [1, 2, 3].map(
    (i): PastResult => ({
      target: "one",
      module: "web",
      startedAt: timestamp(NOW - 2 * DAY + i),
      duration: seconds(1),
      ...(i === 3 ? { reason: "dns" } : { firstToken: seconds(i), tokensPerSecond: 10 * i }),
      phases: { resolve: seconds(i / 10), ...(i === 2 ? { processing: seconds(0.5) } : {}) },
    }),
  );

  it.each([false, true])("are means of successful probes in a chart, by the hour: %s", async (hourly) => {
    await using file = await rolledHistory(results);
    const from = timestamp(NOW - (NOW % DAY) - 3 * DAY);
    const chart = { from, to: timestamp(from + 4 * DAY), buckets: 4, target: "one", hourly };
    const want = [
      expect.objectContaining({
        probes: 3,
        successes: 2,
        firstToken: 1.5,
        tokensPerSecond: 15,
        phases: { resolve: expect.closeTo(0.15, 6), processing: 0.5 },
      }),
    ];
    expect(await file.history.chart(chart)).toEqual(want);
    expect(await memoryHistory(results).chart(chart)).toEqual(want);
  });
});

/** Rounds numbers to the microsecond: means of totals are sums in another order. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      typeof part === "number" ? Math.round(part * 1e5) / 1e5 : part,
    ),
  );
