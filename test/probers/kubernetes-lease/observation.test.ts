import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { microTime } from "../../../src/core/lease.ts";
import { createMemory } from "../../../src/core/memory.ts";
import { seconds } from "../../../src/core/units.ts";
import { missRead, observe, recall } from "../../../src/probers/kubernetes-lease/observation.ts";
import { manualClock } from "../../helpers/clock.ts";

const TIME = "2025-09-15T13:30:00.000000Z";

test("remembers the newest 1000 leases", () => {
  const memory = createMemory().namespace("leases");
  const clock = manualClock();
  for (let i = 0; i < 1500; i += 1) {
    observe(memory, `ns/lease-${i}`, { renewTime: TIME }, clock);
  }
  expect([...memory.entries()]).toHaveLength(1000);
  expect(recall(memory, "ns/lease-499", clock)).toBeUndefined();
  expect(recall(memory, "ns/lease-1499", clock)).toMatchObject({ silence: 0 });
});

describe("a lease that cannot be read", () => {
  const timeout = seconds(30);
  function world() {
    const memory = createMemory().namespace("leases");
    const clock = manualClock();
    const read = (renewTime = TIME): number =>
      observe(memory, "ns/one", { renewTime, timeout }, clock).silence;
    const miss = (): void => missRead(memory, "ns/one", clock);
    const wait = (by: number): void => clock.advance(seconds(by));
    return { read, miss, wait };
  }

  test("has no silence in the meantime, and its whole timeout after a long outage", () => {
    const { read, miss, wait } = world();
    read();
    wait(10);
    miss();
    wait(600);
    miss();
    wait(10);
    expect(read()).toBe(0);
    wait(29);
    expect(read()).toBe(29);
  });

  test("has its whole timeout again only once until it is renewed", () => {
    const { read, miss, wait } = world();
    read();
    for (const [silence, renewTime] of [
      [0, TIME],
      [10, TIME],
      [20, TIME],
      [30, TIME],
      [0, "2025-09-15T13:40:00.000000Z"],
      [0, "2025-09-15T13:40:00.000000Z"],
    ] as const) {
      wait(5);
      miss();
      wait(600);
      miss();
      wait(5);
      expect(read(renewTime)).toBe(silence);
    }
  });

  test("stays expired if it had expired before", () => {
    const { read, miss, wait } = world();
    read();
    wait(40);
    expect(read()).toBe(40);
    miss();
    wait(600);
    expect(read()).toBe(40);
  });

  test("loses nothing to a single failed read", () => {
    const { read, miss, wait } = world();
    read();
    for (let i = 0; i < 5; i += 1) {
      wait(3);
      miss();
      wait(3);
      read();
    }
    expect(read()).toBe(30);
  });
});

/** Probes each 6 s a lease with a timeout of 30 s, which its holder renews each 10 s. */
const INTERVAL = 6;
const TIMEOUT = 30;
const RENEWAL = 10;
/** An outage that is long for sure: probes may see only a part of it. */
const LONG = TIMEOUT / 2 + 2 * INTERVAL;

/** Lengths of the times in which the API server is reachable and not, in seconds. */
const outages = fc.array(
  fc.record({ up: fc.integer({ min: 1, max: 300 }), down: fc.integer({ min: 1, max: 300 }) }),
  { minLength: 1, maxLength: 12 },
);

/** Runs through the outages, second by second. `renews` says whether the holder, who could, renews the lease now. */
function run(
  periods: readonly { up: number; down: number }[],
  renews: (at: number, sinceReturn: number, outage: number) => boolean,
): { stale: number[]; reads: number } {
  const memory = createMemory().namespace("leases");
  const clock = manualClock();
  const stale: number[] = [];
  let renewTime = TIME;
  let reads = 0;
  let at = 0;
  let outage = 0;
  const second = (isUp: boolean, sinceReturn: number): void => {
    if (isUp && renews(at, sinceReturn, outage)) renewTime = microTime(clock.now());
    if (at % INTERVAL === 0) {
      if (isUp) {
        reads += 1;
        const { silence } = observe(memory, "ns/one", { renewTime, timeout: seconds(TIMEOUT) }, clock);
        if (silence >= TIMEOUT) stale.push(at);
      } else missRead(memory, "ns/one", clock);
    }
    clock.advance(seconds(1));
    at += 1;
  };
  for (const { up, down } of periods) {
    for (let i = 0; i < up; i += 1) second(true, i);
    for (let i = 0; i < down; i += 1) second(false, 0);
    outage = down;
  }
  return { stale, reads };
}

test("no outage of the API server makes the lease of a living holder stale", () => {
  fc.assert(
    fc.property(outages, fc.integer({ min: 0, max: 2 }), (periods, delay) => {
      // A holder that had no chance to renew between two outages is spared only once.
      fc.pre(periods.every(({ up }) => up > TIMEOUT));
      // A holder tries again every other second during a short outage; after a long one, it has to be started again.
      let last = 0;
      const { stale } = run(periods, (at, sinceReturn, outage) => {
        const isBack = sinceReturn >= (outage >= LONG ? 0.6 * TIMEOUT : delay);
        if (!isBack || at - last < RENEWAL) return false;
        last = at;
        return true;
      });
      expect(stale).toEqual([]);
    }),
  );
});

test("the lease of a dead holder becomes stale, however often the API server fails", () => {
  fc.assert(
    fc.property(outages, (periods) => {
      const { stale, reads } = run(periods, () => false);
      const isLong = reads * INTERVAL > 3 * TIMEOUT;
      expect({ isLong, found: stale.length > 0 }).not.toEqual({ isLong: true, found: false });
    }),
  );
});
