import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LeaseRecord, type LeaseSpec, microTime } from "../../src/core/lease.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import {
  type LeaseEvent,
  type LeasePolicy,
  type LeaseState,
  leadsAt,
  release,
  step,
} from "../../src/leadership/machine.ts";
import { simulate } from "./simulation.ts";

const NOW = 1_757_943_000;
const policy: LeasePolicy = { identity: "me", duration: seconds(30), renewInterval: seconds(10) };
const at = (moment: number) => ({ at: seconds(moment), now: timestamp(NOW + moment) });
const time = (moment: number): string => microTime(timestamp(NOW + moment));

const record = (spec: Partial<LeaseSpec> & { version?: string } = {}): LeaseRecord => ({
  holder: "other",
  duration: seconds(30),
  acquireTime: time(-100),
  renewTime: time(-5),
  transitions: 4,
  version: "7",
  object: {},
  ...spec,
});

/** Applies events in turn; returns the last step. */
function run(events: readonly LeaseEvent[], state: LeaseState = {}) {
  let last: ReturnType<typeof step> | undefined;
  for (const event of events) last = step(last?.next ?? state, event, policy);
  if (last === undefined) throw new Error("no events");
  return last;
}

const FIRST = { holder: "me", duration: 30, acquireTime: time(0), renewTime: time(0), transitions: 0 };
/** Found no lease at 0 s, created one, and got the response at 1 s. */
const leading = run([
  { kind: "due", ...at(0) },
  { kind: "absent", ...at(0) },
  { kind: "written", record: record({ ...FIRST, duration: seconds(30), version: "1" }), ...at(1) },
]).next;

describe("one replica", () => {
  it("creates a missing lease and leads for two thirds of the duration from when it sent the request", () => {
    expect(run([{ kind: "absent", ...at(0) }]).effect).toEqual({ kind: "create", spec: FIRST });
    expect([0.5, 19.9, 20].map((moment) => leadsAt(leading, seconds(moment)))).toEqual([true, true, false]);
  });

  it("does not lead by a write that came back changed, as by an admission webhook, and reads it again", () => {
    const changed = record({ ...FIRST, duration: seconds(30), renewTime: time(3), version: "1" });
    const { next, effect } = run([
      { kind: "absent", ...at(0) },
      { kind: "written", record: changed, ...at(1) },
    ]);
    expect(leadsAt(next, seconds(1))).toBe(false);
    expect(effect).toMatchObject({ kind: "wait" });
    if (effect.kind !== "wait") throw new Error("no wait");
    expect(effect.lasting).toBeGreaterThan(0);
    expect(step(next, { kind: "due", ...at(1 + effect.lasting) }, policy).effect).toEqual({ kind: "read" });
  });

  it("does not lead before its write is confirmed", () => {
    const { next } = run([{ kind: "absent", ...at(0) }]);
    expect(leadsAt(next, seconds(0.1))).toBe(false);
  });

  it("renews on top of its own version, a third of the duration after it sent the last write", () => {
    const waits = run([
      { kind: "absent", ...at(0) },
      { kind: "written", record: record({ ...FIRST, duration: seconds(30) }), ...at(2) },
    ]);
    expect(waits.effect).toEqual({ kind: "wait", lasting: 8, jitter: false });
    const slow = run([
      { kind: "absent", ...at(0) },
      { kind: "written", record: record({ ...FIRST, duration: seconds(30) }), ...at(12) },
    ]);
    expect(slow.effect).toEqual({ kind: "wait", lasting: 0, jitter: false });
    const { effect } = run([{ kind: "due", ...at(10) }], leading);
    expect(effect).toMatchObject({
      kind: "update",
      record: { version: "1" },
      spec: { holder: "me", acquireTime: time(0), renewTime: time(10), transitions: 0 },
    });
  });

  it("keeps leading after a failed renewal, and reads before the next one because it may have arrived", () => {
    const failed = run(
      [
        { kind: "due", ...at(10) },
        { kind: "failed", ...at(12) },
      ],
      leading,
    );
    expect(leadsAt(failed.next, seconds(19))).toBe(true);
    expect(failed.effect).toEqual({ kind: "wait", lasting: 10 / 3, jitter: true });
    const again = run([{ kind: "due", ...at(14) }], failed.next);
    expect(again.effect).toEqual({ kind: "read" });
    const arrived = { ...FIRST, duration: seconds(30), renewTime: time(10), version: "2" };
    const found = run([{ kind: "found", record: record(arrived), ...at(15) }], again.next);
    expect(found.effect).toMatchObject({ kind: "update", record: { version: "2" } });
    expect([29.9, 30].map((moment) => leadsAt(found.next, seconds(moment)))).toEqual([true, false]);
    const lost = run(
      [{ kind: "found", record: record({ ...FIRST, duration: seconds(30), version: "1" }), ...at(15) }],
      again.next,
    );
    expect(lost.effect).toMatchObject({ kind: "update", record: { version: "1" } });
    expect([19.9, 20].map((moment) => leadsAt(lost.next, seconds(moment)))).toEqual([true, false]);
  });

  it("stops leading at once when another replica holds the lease", () => {
    const { next, effect } = run([{ kind: "found", record: record(), ...at(5) }], leading);
    expect(leadsAt(next, seconds(5))).toBe(false);
    expect(effect).toEqual({ kind: "wait", lasting: 10, jitter: true });
  });

  it("reads the lease before it writes again when its leadership has ended", () => {
    expect(run([{ kind: "due", ...at(19.9) }], leading).effect.kind).toBe("update");
    expect(run([{ kind: "due", ...at(20) }], leading).effect).toEqual({ kind: "read" });
  });

  it("does not take a write of another replica at the same time for its own", () => {
    const same = record({ ...FIRST, holder: "other", duration: seconds(30) });
    const { next, effect } = run([{ kind: "found", record: same, ...at(5) }], leading);
    expect([leadsAt(next, seconds(5)), effect.kind]).toEqual([false, "wait"]);
  });

  it("does not lead by a write that a later one has replaced, as after a restore of the API server's data", () => {
    const renewed = record({ ...FIRST, duration: seconds(30), renewTime: time(10), version: "2" });
    const { next } = run(
      [
        { kind: "due", ...at(10) },
        { kind: "written", record: renewed, ...at(10) },
      ],
      leading,
    );
    const first = record({ ...FIRST, duration: seconds(30), version: "1" });
    const found = run([{ kind: "found", record: first, ...at(11) }], next);
    expect([leadsAt(found.next, seconds(11)), found.effect.kind]).toEqual([false, "wait"]);
  });

  it("waits for the holder's duration from when it saw the last renewal, whatever the holder's clock says", () => {
    const future = record({ renewTime: time(86_400), duration: seconds(60) });
    const seen = run([{ kind: "found", record: future, ...at(0) }]).next;
    const before = run([{ kind: "found", record: { ...future, version: "8" }, ...at(59) }], seen);
    expect(before.effect).toEqual({ kind: "wait", lasting: 1, jitter: false });
    const { effect } = run([{ kind: "found", record: future, ...at(60) }], seen);
    expect(effect).toMatchObject({
      kind: "update",
      spec: { holder: "me", acquireTime: time(60), renewTime: time(60), transitions: 5, duration: 30 },
    });
  });

  it("waits for its own duration if the holder wrote none", () => {
    const { duration: _none, ...endless } = record();
    const seen = run([{ kind: "found", record: endless, ...at(0) }]).next;
    expect(run([{ kind: "found", record: endless, ...at(29) }], seen).effect.kind).toBe("wait");
    expect(run([{ kind: "found", record: endless, ...at(30) }], seen).effect.kind).toBe("update");
  });

  it.each([
    { what: "a renewal", more: { renewTime: time(15) } },
    { what: "a renewal with an earlier time", more: { renewTime: time(-900) } },
    { what: "another holder", more: { holder: "third" } },
    { what: "another time of acquisition", more: { acquireTime: time(14) } },
    { what: "another duration", more: { duration: seconds(31) } },
    { what: "another number of transitions", more: { transitions: 5 } },
  ])("waits for the whole duration again after $what", ({ more }) => {
    const changed = record(more);
    const { next } = run([
      { kind: "found", record: record(), ...at(0) },
      { kind: "found", record: changed, ...at(15) },
    ]);
    expect(run([{ kind: "found", record: changed, ...at(44) }], next).effect.kind).toBe("wait");
    expect(run([{ kind: "found", record: changed, ...at(46) }], next).effect.kind).toBe("update");
  });

  it("does not wait longer because the labels of the lease changed", () => {
    const labelled = record({ version: "8" });
    const { next } = run([
      { kind: "found", record: record(), ...at(0) },
      { kind: "found", record: labelled, ...at(15) },
    ]);
    expect(run([{ kind: "found", record: labelled, ...at(30) }], next).effect.kind).toBe("update");
  });

  it("reads at the next interval, or when the lease expires if that is before", () => {
    const seen = run([{ kind: "found", record: record(), ...at(0) }]).next;
    const waits = [19, 20, 21].map(
      (moment) => run([{ kind: "found", record: record(), ...at(moment) }], seen).effect,
    );
    expect(waits).toEqual([
      { kind: "wait", lasting: 10, jitter: true },
      { kind: "wait", lasting: 10, jitter: true },
      { kind: "wait", lasting: 9, jitter: false },
    ]);
  });

  it("acquires a released lease at once", () => {
    const { effect } = run([
      { kind: "found", record: record({ holder: "", duration: seconds(1) }), ...at(0) },
    ]);
    expect(effect).toMatchObject({ kind: "update", spec: { transitions: 5 } });
  });

  it("waits for a holder with its own identity as for any other, and does not count a transition", () => {
    const twin = record({ holder: "me" });
    const seen = run([{ kind: "found", record: twin, ...at(0) }]);
    expect(seen.effect.kind).toBe("wait");
    expect(leadsAt(seen.next, seconds(0))).toBe(false);
    const { effect } = run([{ kind: "found", record: twin, ...at(30) }], seen.next);
    expect(effect).toMatchObject({ kind: "update", spec: { holder: "me", transitions: 4 } });
  });

  it("recreates a deleted lease only after its holder has stopped leading", () => {
    const seen = run([{ kind: "found", record: record(), ...at(0) }]).next;
    expect(run([{ kind: "absent", ...at(10) }], seen).effect).toEqual({
      kind: "wait",
      lasting: 20,
      jitter: false,
    });
    expect(run([{ kind: "absent", ...at(29) }], seen).effect).toMatchObject({ kind: "wait", lasting: 1 });
    expect(run([{ kind: "absent", ...at(30) }], seen).effect.kind).toBe("create");
    expect(run([{ kind: "absent", ...at(10) }], leading).effect.kind).toBe("create");
    const released = record({ holder: "", duration: seconds(30) });
    const free = run([{ kind: "found", record: released, ...at(0) }]).next;
    expect(run([{ kind: "absent", ...at(1) }], free).effect.kind).toBe("create");
  });

  it("reads once after a conflict, and waits after a second one", () => {
    const first = run(
      [
        { kind: "due", ...at(10) },
        { kind: "conflict", ...at(10) },
      ],
      leading,
    );
    expect(first.effect).toEqual({ kind: "read" });
    expect(run([{ kind: "conflict", ...at(11) }], first.next).effect.kind).toBe("wait");
  });

  it("releases only its own lease, with an empty holder and the shortest duration", () => {
    expect(release(leading, at(25), policy)).toMatchObject({
      record: { version: "1" },
      spec: { holder: "", duration: 1, renewTime: time(25), transitions: 0 },
    });
    const following = run([{ kind: "found", record: record(), ...at(0) }]).next;
    expect(release(following, at(1), policy)).toBeUndefined();
    expect(release({}, at(1), policy)).toBeUndefined();
  });

  it("remembers its newest eight writes; one before them counts as another replica's", () => {
    const lapsed = record({ ...FIRST, duration: seconds(30), version: "1" });
    let state = leading;
    const effects: string[] = [];
    for (let moment = 1; moment <= 10; moment += 1) {
      const found = run([{ kind: "found", record: lapsed, ...at(moment) }], state);
      effects.push(found.effect.kind);
      state = run([{ kind: "failed", ...at(moment) }], found.next).next;
    }
    expect(effects).toEqual([...Array.from({ length: 8 }, () => "update"), "wait", "wait"]);
    expect(leadsAt(state, seconds(10))).toBe(false);
  });
});

const replica = (identities: fc.Arbitrary<string>) =>
  fc.record(
    {
      identity: identities,
      // The limit set by two thirds: the fastest clock runs less than one and a half times as fast as the slowest.
      rate: fc.double({ min: 0.83, max: 1.22, noNaN: true }),
      skew: fc.double({ min: -86_400, max: 86_400, noNaN: true }),
      startsAt: fc.double({ min: 0, max: 60, noNaN: true }),
      crashesAt: fc.double({ min: 0, max: 400, noNaN: true }),
      diesAt: fc.double({ min: 50, max: 500, noNaN: true }),
    },
    { requiredKeys: ["identity", "rate", "skew", "startsAt"] },
  );

/** Creates a pseudo-random generator of numbers from 0 to 1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns two intervals of different replicas that overlap, if there are any. */
function overlap(intervals: readonly { replica: number; from: number; to: number }[]) {
  const sorted = intervals.filter(({ from, to }) => to > from).toSorted((a, b) => a.from - b.from);
  for (const [i, one] of sorted.entries()) {
    const other = sorted.slice(i + 1).find((later) => later.replica !== one.replica && later.from < one.to);
    if (other !== undefined) return [one, other];
  }
  return undefined;
}

describe("several replicas, with skewed and drifting clocks, lost and late messages, and crashes", () => {
  const cluster = fc.array(replica(fc.constantFrom("a", "b", "c", "d")), { minLength: 2, maxLength: 4 });

  it("never have two leaders at the same time, even with the same identity", () => {
    fc.assert(
      fc.property(cluster, fc.integer(), (replicas, seed) => {
        const { intervals } = simulate({
          duration: 30,
          replicas,
          random: numbers(seed),
          badUntil: 500,
          until: 600,
        });
        expect(overlap(intervals)).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
  });

  it("have a leader once the network is reliable again, as long as one replica lives", () => {
    fc.assert(
      fc.property(cluster, fc.integer(), (replicas, seed) => {
        const immortal = replicas.map(({ diesAt: _never, ...one }, i) =>
          i === 0 ? one : { ...one, diesAt: 300 },
        );
        const { intervals } = simulate({
          duration: 30,
          replicas: immortal,
          random: numbers(seed),
          badUntil: 300,
          until: 600,
        });
        expect(intervals.some(({ replica, to }) => replica === 0 && to > 590)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
