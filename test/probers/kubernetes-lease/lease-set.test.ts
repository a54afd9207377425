import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { microTime } from "../../../src/core/lease.ts";
import { type Seconds, seconds, timestamp } from "../../../src/core/units.ts";
import type { LeaseChange, LeaseFacts, LeaseList } from "../../../src/probers/kubernetes-lease/collection.ts";
import { createLeaseSet, type LeaseSet } from "../../../src/probers/kubernetes-lease/lease-set.ts";

/** Leases as those of kubelets: a timeout of 40 s, renewed each 10 s. */
const TIMEOUT = seconds(40);
const RENEWAL = 10;
/** Time between two probes. */
const INTERVAL = 10;
/** Time after which a call that hangs fails. */
const CALL_TIMEOUT = 10;

const lease = (name: string, renewedAt: number): LeaseFacts => ({
  name,
  holder: name,
  duration: TIMEOUT,
  renewTime: microTime(timestamp(1_757_943_000 + renewedAt)),
});
const list = (leases: readonly LeaseFacts[], omitted = 0): LeaseList => ({
  kind: "list",
  version: "1",
  leases,
  omitted,
});
const change = (kind: "added" | "modified", facts: LeaseFacts): LeaseChange => ({
  kind,
  lease: facts,
  version: "2",
});
const gone = (name: string): LeaseChange => ({ kind: "deleted", name, version: "3" });
const certain = (set: LeaseSet, name: string, at: number): number | undefined => {
  const one = set.leases().get(name);
  return one === undefined ? undefined : set.silence(one.since, TIMEOUT, seconds(at)).certain;
};

describe("a set of leases", () => {
  test("counts those beyond its limit, and gives them the room that others leave", () => {
    const set = createLeaseSet(2, seconds(0));
    set.listed(list([lease("a", 0), lease("b", 0)], 2), seconds(0), seconds(0));
    set.changed(change("added", lease("e", 1)), seconds(1));
    expect([[...set.leases().keys()], set.omitted(), set.lacks()]).toEqual([["a", "b"], 3, false]);
    set.changed(gone("e"), seconds(2));
    set.changed(gone("a"), seconds(3));
    expect([set.omitted(), set.lacks()]).toEqual([2, true]);
    set.changed(change("modified", lease("c", 4)), seconds(4));
    expect([[...set.leases().keys()], set.omitted(), set.lacks()]).toEqual([["b", "c"], 1, false]);
  });

  test("is certain of a silence only by a list that was sent after it", () => {
    const set = createLeaseSet(10, seconds(0));
    set.listed(list([lease("a", 0), lease("b", 0)]), seconds(0), seconds(0));
    for (let at = 1; at <= 50; at += 1) set.changed(change("modified", lease("b", at)), seconds(at));
    expect(certain(set, "a", 50)).toBe(0);
    set.listed(list([lease("a", 0), lease("b", 50)]), seconds(50), seconds(58));
    expect(certain(set, "a", 60)).toBe(50);
  });

  test("does not count time in which the process stood still as silence", () => {
    const set = createLeaseSet(10, seconds(0));
    set.listed(list([lease("a", 0)]), seconds(0), seconds(0));
    set.listed(list([lease("a", 0)]), seconds(600), seconds(600));
    expect(certain(set, "a", 600)).toBeLessThan(TIMEOUT);
  });
});

describe("after an outage of the API server", () => {
  /** Lists a Lease each 5 s, with calls that fail in between. */
  function outage(
    from: number,
    to: number,
  ): { readonly set: LeaseSet; readonly silenceAt: (at: number) => number | undefined } {
    const set = createLeaseSet(10, seconds(0));
    const read = (at: number): void => set.listed(list([lease("a", 0)]), seconds(at), seconds(at));
    for (let at = 0; at <= from; at += 5) read(at);
    for (let at = from; at <= to; at += 5) set.failed(seconds(at), false);
    return {
      set,
      silenceAt(until) {
        for (let at = to; at <= until; at += 5) read(at);
        return certain(set, "a", until);
      },
    };
  }

  test("a lease has its whole timeout again if it was long", () => {
    expect(outage(30, 600).silenceAt(600)).toBe(0);
    expect(outage(30, 600).silenceAt(635)).toBe(35);
    expect(outage(30, 40).silenceAt(45)).toBe(35);
  });

  test("a lease that had expired before stays expired", () => {
    expect(outage(45, 600).silenceAt(600)).toBe(45);
  });

  test("a lease has its whole timeout again only once", () => {
    const { set, silenceAt } = outage(30, 600);
    expect(silenceAt(630)).toBe(30);
    set.failed(seconds(630), false);
    set.failed(seconds(1200), false);
    set.listed(list([lease("a", 0)]), seconds(1205), seconds(1205));
    expect(certain(set, "a", 1205)).toBe(35);
  });

  test("silence grows even if each stretch of reading ends with a failure", () => {
    const set = createLeaseSet(10, seconds(0));
    for (let at = 0; at < 600; at += 10) {
      set.listed(list([lease("a", 0)]), seconds(at), seconds(at));
      set.failed(seconds(at), false);
    }
    expect(certain(set, "a", 600)).toBeGreaterThan(TIMEOUT);
  });
});

/**
 * The state of the world: the API server refuses calls, or does not answer; the watch is open but silent, or was closed; the
 * exporter is stopped, or the whole machine with the API server and its holders.
 */
type Phase = "works" | "refuses" | "hangs" | "watch-hangs" | "watch-ends" | "exporter-stops" | "all-stop";

interface Period {
  readonly phase: Phase;
  readonly lasting: number;
}

const periods = fc.array(
  fc.record({
    phase: fc.constantFrom<Phase>(
      "works",
      "works",
      "refuses",
      "hangs",
      "watch-hangs",
      "watch-ends",
      "exporter-stops",
      "all-stop",
    ),
    lasting: fc.integer({ min: 1, max: 120 }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** The phases in which no holder can renew its lease. */
const STOPS_HOLDERS: ReadonlySet<Phase> = new Set(["refuses", "hangs", "all-stop"]);
const STOPS_EXPORTER: ReadonlySet<Phase> = new Set(["exporter-stops", "all-stop"]);

/** An event of the watch that has not arrived. */
type Pending = LeaseChange;

/**
 * Runs a set through periods, second by second, with what the reflector would tell it. `renews` says whether the holder of a
 * Lease, who reaches the API server, renews it now.
 * @returns the times at which a probe found each Lease stale, and the seconds for which the API server answered the exporter
 */
function run(
  written: readonly Period[],
  names: readonly string[],
  renews: (name: string, at: number, last: number, sinceReturn: number, outage: number) => boolean,
  { offset = 0 } = {},
): { readonly stale: Map<string, number[]>; readonly readable: number } {
  const clock = (at: number): Seconds => seconds(offset + at);
  const set = createLeaseSet(1000, clock(0));
  const stale = new Map<string, number[]>(names.map((name) => [name, []]));
  const stored = new Map(names.map((name) => [name, 0]));
  let pending: Pending[] = [];
  let isWatching = false;
  let hungSince: number | undefined;
  let readable = 0;
  let at = 0;
  let sinceReturn = 0;
  let outage = 0;
  /** Sends a list; returns true if it succeeded. */
  const relist = (phase: Phase): boolean => {
    isWatching = false;
    if (phase === "refuses") {
      set.failed(clock(at), false);
      return false;
    }
    if (phase === "hangs") {
      hungSince ??= at;
      if (at - hungSince < CALL_TIMEOUT) return false;
      hungSince = undefined;
      set.failed(clock(at), true);
      return false;
    }
    hungSince = undefined;
    pending = [];
    set.listed(list([...stored].map(([name, renewed]) => lease(name, renewed))), clock(at), clock(at));
    set.opened(clock(at));
    isWatching = true;
    return true;
  };
  const second = (phase: Phase, isFirst: boolean, wasStopped: boolean): void => {
    const isServed = !STOPS_HOLDERS.has(phase);
    if (!isServed) outage = sinceReturn > 0 ? 1 : outage + 1;
    sinceReturn = isServed ? sinceReturn + 1 : 0;
    for (const [name, last] of stored) {
      if (!isServed || !renews(name, at, last, sinceReturn, outage)) continue;
      stored.set(name, at);
      pending.push(change("modified", lease(name, at)));
    }
    if (phase === "exporter-stops" || phase === "all-stop") {
      at += 1;
      return;
    }
    // The first probe afterwards may come before the events that wait.
    if (wasStopped) probe(phase);
    if (phase === "refuses" || (phase === "watch-ends" && isFirst)) isWatching = false;
    if (isWatching && (phase === "works" || phase === "watch-ends")) {
      for (const event of pending) set.changed(event, clock(at));
      pending = [];
    }
    const sign = set.lastSign();
    const isQuiet = sign === undefined || clock(at) - sign > set.quietAfter();
    if (!isWatching || isQuiet) relist(phase);
    if (at % INTERVAL === 0) probe(phase);
    if (isServed) readable += 1;
    at += 1;
  };
  const probe = (phase: Phase): void => {
    const silences = (): [string, number, number][] =>
      [...set.leases()].map(([name, { since }]) => {
        const { certain: sure, likely } = set.silence(since, TIMEOUT, clock(at));
        return [name, sure, likely];
      });
    if (set.lastSign() === undefined) return;
    const isDue = silences().some(([, sure, likely]) => likely >= TIMEOUT && sure < TIMEOUT);
    if (isDue && !relist(phase)) return;
    for (const [name, sure] of silences()) if (sure >= TIMEOUT) stale.get(name)?.push(at);
  };
  let before: Phase = "works";
  for (const { phase, lasting } of written) {
    for (let passed = 0; passed < lasting; passed += 1)
      second(phase, passed === 0, passed === 0 && STOPS_EXPORTER.has(before));
    before = phase;
  }
  return { stale, readable };
}

/** An outage that is long for sure: the exporter may see only a part of it. */
const LONG = TIMEOUT / 2 + 2 * INTERVAL;

/** Time for which the API server serves its holders between two outages. */
const RECOVERY = TIMEOUT + 2 * INTERVAL;
const isOutage = ({ phase }: Period): boolean => STOPS_HOLDERS.has(phase);

test("no living holder is stale, whatever the watch and the API server do", () => {
  fc.assert(
    fc.property(
      periods,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 9 }),
      (written, delay, phase) => {
        // A holder that had no chance to renew between two outages is spared only once.
        const apart = written.flatMap((period) =>
          isOutage(period) ? [period, { phase: "works", lasting: RECOVERY } as const] : [period],
        );
        const names = ["a", "b", "c"];
        const { stale } = run(apart, names, (_, at, last, sinceReturn, outage) => {
          if (at - last < RENEWAL) return false;
          // A holder tries again every few seconds during a short outage; after a long one, it may have to be started again.
          if (outage >= LONG && sinceReturn < 0.6 * TIMEOUT) return false;
          return sinceReturn >= delay || (at + phase) % RENEWAL === 0;
        });
        expect([...stale].filter(([, found]) => found.length > 0)).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

test("a dead holder becomes stale within its timeout and the delays of probes, quiet watches and calls", () => {
  fc.assert(
    fc.property(periods, fc.integer({ min: 0, max: 60 }), fc.boolean(), (before, diesAt, isAlone) => {
      const works = { phase: "works", lasting: 3 * TIMEOUT } as const;
      const death = before.reduce((sum, { lasting }) => sum + lasting, 0) + diesAt;
      const names = isAlone ? ["dead"] : ["dead", "living"];
      const { stale } = run([...before, works, works], names, (name, at, last) => {
        if (name === "dead" && at >= death) return false;
        return at - last >= RENEWAL;
      });
      const first = stale.get("dead")?.find((at) => at >= death);
      // The last outage may have given the holder its whole timeout again.
      expect(first ?? Infinity).toBeLessThanOrEqual(death + TIMEOUT + 2 * INTERVAL + CALL_TIMEOUT);
      const later = stale.get("dead")?.filter((at) => at >= (first ?? 0)) ?? [];
      expect(later.length).toBeGreaterThanOrEqual(
        Math.floor((6 * TIMEOUT + death - diesAt - (first ?? 0)) / INTERVAL) - 1,
      );
    }),
    { numRuns: 300 },
  );
});

test("a dead holder becomes stale however often the API server fails", () => {
  fc.assert(
    fc.property(periods, (written) => {
      const often = Array.from({ length: 40 }, () => written).flat();
      const { stale, readable } = run(often, ["dead"], () => false);
      const isLong = readable > 20 * TIMEOUT;
      expect({ isLong, found: (stale.get("dead") ?? []).length > 0 }).not.toEqual({
        isLong: true,
        found: false,
      });
    }),
    { numRuns: 100 },
  );
});

test("the zero of the clock does not matter", () => {
  fc.assert(
    fc.property(periods, fc.integer({ min: 0, max: 1_000_000 }), (written, offset) => {
      const renews = (name: string, at: number, last: number): boolean =>
        name !== "dead" && at - last >= RENEWAL;
      const names = ["dead", "living"];
      expect(run(written, names, renews, { offset }).stale).toEqual(run(written, names, renews).stale);
    }),
    { numRuns: 50 },
  );
});
