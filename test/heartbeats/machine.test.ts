import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import { deadline, statusAt, step } from "../../src/heartbeats/machine.ts";
import {
  type AwaitedRun,
  type CronCadence,
  initialState,
  MAX_STARTS,
  type PingKind,
  type Policy,
  type PushEffect,
  type PushEvent,
  type PushState,
} from "../../src/heartbeats/push-state.ts";

const POLICY: Policy = { timeout: seconds(20), startTimeout: seconds(8) };
/** How far the wall clock is ahead of the steady clock. */
const AHEAD = 1003;

/** A policy whose runs come each time the wall clock shows a multiple of 10 s. */
const cronPolicy = (more: Partial<CronCadence> = {}): Policy => ({
  ...POLICY,
  cadence: {
    kind: "cron",
    id: "cron",
    grace: seconds(4),
    next: (after) => timestamp((Math.floor(after / 10) + 1) * 10),
    ...more,
  },
});
const POLICIES: Readonly<Record<string, Policy>> = {
  timeout: POLICY,
  every: { ...POLICY, cadence: { kind: "every", every: seconds(14) } },
  cron: cronPolicy(),
};

/** The state of a heartbeat created at 0. */
const created = (policy: Policy): PushState =>
  step(
    initialState(timestamp(0)),
    { kind: "rescheduled", at: timestamp(0), seen: timestamp(AHEAD), reset: false },
    policy,
  ).next;

const ping = (kind: PingKind, at: number, rid?: string): PushEvent => ({
  kind: "ping",
  ping: kind,
  at: timestamp(at),
  seen: timestamp(at + AHEAD),
  ...(rid === undefined ? {} : { rid }),
});
const tick = (at: number): PushEvent => ({ kind: "tick", at: timestamp(at) });

function run(events: readonly PushEvent[], from: PushState = initialState(timestamp(0)), policy = POLICY) {
  let state = from;
  const effects: PushEffect[] = [];
  for (const event of events) {
    const done = step(state, event, policy);
    state = done.next;
    effects.push(...done.effects);
  }
  return { state, effects, changes: effects.map((one) => `${one.kind} at ${one.at}`) };
}

describe("a heartbeat", () => {
  it("goes offline exactly when its timeout expires", () => {
    expect(run([ping("success", 0), tick(19.999)]).changes).toEqual([]);
    expect(run([ping("success", 0), tick(20)]).effects).toEqual([
      { kind: "offline", cause: "timeout", at: 20, lastSeen: AHEAD },
    ]);
  });

  it("is announced offline once and online once", () => {
    const events = [
      ping("success", 0),
      tick(20),
      tick(50),
      ping("success", 60),
      ping("success", 61),
      tick(80),
    ];
    expect(run(events).changes).toEqual(["offline at 20", "online at 60"]);
  });

  it("is announced offline even if no tick came at the deadline", () => {
    expect(run([ping("success", 0), ping("success", 100)]).changes).toEqual([
      "offline at 100",
      "online at 100",
    ]);
  });

  it("goes offline at once on a fail, whatever the timeout", () => {
    const { effects, state } = run([ping("success", 0), ping("fail", 1)]);
    expect(effects).toEqual([{ kind: "offline", cause: "fail", at: 1, lastSeen: AHEAD + 1 }]);
    expect(run([ping("log", 2), ping("start", 3), tick(100), ping("success", 101)], state).changes).toEqual([
      "online at 101",
    ]);
  });

  it("is unknown until its first success or fail", () => {
    const { state, changes } = run([ping("log", 5), tick(1000)]);
    expect(statusAt(state, POLICY, timestamp(1000))).toEqual({ status: "unknown" });
    expect(changes).toEqual([]);
    expect(run([ping("success", 1001)], state).changes).toEqual([]);
  });

  it("changes nothing on a log ping except the counter and the time of the last ping", () => {
    const { state } = run([ping("success", 0)]);
    const after = run([ping("log", 5)], state).state;
    expect(after).toEqual({ ...state, heardAt: 5, pings: { ...state.pings, log: 1 } });
  });

  it("keeps the time of a start, and takes the first for the begin of its silence", () => {
    const { state } = run([ping("start", 3), ping("start", 5, "a")]);
    expect(state).toStrictEqual({
      ...initialState(timestamp(0)),
      heardAt: 5,
      silentSince: 3,
      starts: [{ at: 3 }, { at: 5, rid: "a" }],
      pings: { success: 0, start: 2, fail: 0, log: 0 },
    });
  });

  it("keeps its state as it is while nothing happens", () => {
    const { state } = run([ping("success", 0), ping("start", 1)]);
    expect(run([tick(2)], state).state).toBe(state);
    const offline = run([tick(9)], state).state;
    expect(run([tick(10)], offline).state).toBe(offline);
  });

  it("tells in its announcements when it was last seen, if it ever was", () => {
    const { effects } = run([ping("start", 0), tick(8), ping("success", 9)]);
    expect(effects).toStrictEqual([
      { kind: "offline", cause: "start_overdue", at: 8 },
      { kind: "online", at: 9, lastSeen: AHEAD + 9 },
    ]);
  });

  it("stays offline by a run that exceeded its time while it was silent, if its timeout is raised", () => {
    const { state } = run([ping("success", 0), ping("start", 13), tick(20), tick(21), ping("start", 22)]);
    const patient = { ...POLICY, timeout: seconds(1000) };
    expect(statusAt(state, patient, timestamp(23))).toEqual({ status: "offline", cause: "start_overdue" });
  });

  it("does not count a start as a sign of life", () => {
    expect(run([ping("success", 0), ping("start", 19), tick(20)]).changes).toEqual(["offline at 20"]);
  });

  it("goes offline when a run does not end in time", () => {
    const { effects, state } = run([ping("success", 0), ping("start", 2), tick(9), tick(10)]);
    expect(effects).toMatchObject([{ kind: "offline", cause: "start_overdue", at: 10 }]);
    // Another start does not end the overdue run.
    expect(run([ping("start", 11), tick(12)], state).changes).toEqual([]);
    expect(run([ping("start", 11), ping("success", 12)], state).changes).toEqual(["online at 12"]);
  });

  it("goes offline after its timeout if it only ever starts, however often", () => {
    const starts = Array.from({ length: 10 }, (_, i) => ping("start", i * 4));
    expect(run(starts).effects).toMatchObject([{ kind: "offline", cause: "timeout", at: 20 }]);
  });

  it("measures overlapping runs by their rid", () => {
    const events = [ping("start", 0, "a"), ping("start", 1, "b"), ping("success", 4, "a")];
    const { state } = run(events);
    expect(state.lastDuration).toBe(4);
    expect(state.starts).toEqual([{ at: 1, rid: "b" }]);
    expect(run([ping("fail", 7, "b")], state).state.lastDuration).toBe(6);
    // The end of an unknown run does not change the last duration.
    expect(run([ping("success", 7, "c")], state).state.lastDuration).toBe(4);
    expect(run([ping("start", 8, "c"), ping("success", 8, "c")], state).state.lastDuration).toBe(0);
  });

  it("measures a run that exceeded its start timeout", () => {
    expect(run([ping("start", 0), tick(8), ping("success", 12)]).state.lastDuration).toBe(12);
  });

  it("tracks a limited number of runs, keeping those with the earliest deadlines", () => {
    const starts = Array.from({ length: 3 * MAX_STARTS }, (_, i) => ping("start", i / 100, `run ${i}`));
    const { state } = run(starts);
    expect(state.starts).toHaveLength(MAX_STARTS);
    expect(state.starts[0]).toEqual({ at: 0, rid: "run 0" });
    expect(state.pings.start).toBe(3 * MAX_STARTS);
  });

  it("does not move lastSeen back when the wall clock is set back", () => {
    const back: PushEvent = { kind: "ping", ping: "success", at: timestamp(5), seen: timestamp(1) };
    expect(run([ping("success", 4), back]).state).toMatchObject({ lastSeen: AHEAD + 4, silentSince: 5 });
  });

  it("does not count the exporter's downtime as silence", () => {
    const { state } = run([ping("success", 0), ping("start", 10), tick(15)]);
    const back = step(state, { kind: "restored", at: timestamp(115), downFor: seconds(100) }, POLICY).next;
    expect(run([tick(117.9)], back).changes).toEqual([]);
    expect(run([tick(118)], back).effects).toMatchObject([{ cause: "start_overdue", lastSeen: AHEAD }]);
    expect(run([ping("success", 117), tick(136.9)], back).changes).toEqual([]);
  });

  it("stays offline across a restart without being announced again", () => {
    const { state } = run([ping("success", 0), tick(20)]);
    const back = step(state, { kind: "restored", at: timestamp(1000), downFor: seconds(900) }, POLICY).next;
    expect(run([tick(1001), ping("success", 1002)], back).changes).toEqual(["online at 1002"]);
  });

  it.each([
    // [absence, what is left of the timeout of 20 s after 19 s of silence]
    [0.2, 1],
    [1.5, 3],
    [5, 10],
    [60, 20],
    [86_400, 20],
  ])("has time to report after an absence of %i s: %i s", (absence, left) => {
    const { state } = run([ping("success", 0), tick(19)]);
    const back = step(state, { kind: "resumed", at: timestamp(19), absence: seconds(absence) }, POLICY).next;
    expect(run([tick(19 + left - 0.001)], back).changes).toEqual([]);
    expect(run([tick(19 + left)], back).effects).toMatchObject([{ cause: "timeout", lastSeen: AHEAD }]);
  });

  it("keeps more time than that if it has more, also for a run", () => {
    const { state } = run([ping("success", 0), ping("start", 1)]);
    const back = step(state, { kind: "resumed", at: timestamp(1), absence: seconds(3) }, POLICY).next;
    expect(back).toBe(state);
    const late = step(
      run([tick(8)], state).state,
      { kind: "resumed", at: timestamp(8), absence: seconds(1.5) },
      POLICY,
    );
    expect(run([tick(10.9)], late.next).changes).toEqual([]);
    expect(run([tick(11)], late.next).effects).toMatchObject([{ cause: "start_overdue" }]);
  });

  it("gains nothing by an absence after its timeout", () => {
    const { state } = run([ping("success", 0)]);
    const back = step(state, { kind: "resumed", at: timestamp(20), absence: seconds(60) }, POLICY).next;
    expect(run([tick(20)], back).changes).toEqual(["offline at 20"]);
  });

  it("counts silence from the restart if its stored time is in the future", () => {
    const { state } = run([ping("success", 5000)]);
    const back = step(state, { kind: "restored", at: timestamp(100), downFor: seconds(0) }, POLICY).next;
    expect(run([tick(120)], back).changes).toEqual(["offline at 120"]);
  });
});

describe("a schedule", () => {
  /** At 100 by the steady clock. The next run is at 107. */
  const now = {
    kind: "rescheduled",
    at: timestamp(100),
    seen: timestamp(AHEAD + 100),
    reset: false,
  } as const;
  const awaited = (run: number, at: number, id = "cron"): AwaitedRun => ({
    id,
    run: timestamp(run),
    at: timestamp(at),
  });
  const NEXT = awaited(1110, 107);
  const at = (seen: number, reset = false) => ({
    ...now,
    at: timestamp(seen - AHEAD),
    seen: timestamp(seen),
    reset,
  });
  /** A schedule with one run. */
  const until = (last: number): Policy =>
    cronPolicy({ next: (after) => (after < last ? timestamp(last) : undefined) });

  it.each<{
    name: string;
    before?: AwaitedRun;
    event?: Extract<PushEvent, { kind: "rescheduled" }>;
    policy?: Policy;
    after?: AwaitedRun | undefined;
  }>([
    { name: "takes the next run if none is awaited" },
    { name: "takes a run only after its time", event: at(1110), after: awaited(1120, 117) },
    { name: "takes a run that comes in a second", event: at(1109) },
    {
      name: "takes the next run if the awaited one is of another schedule",
      before: awaited(1200, 197, "old"),
    },
    { name: "awaits none if there is none any more", before: NEXT, policy: until(1100), after: undefined },
    { name: "awaits none without a schedule of runs", before: NEXT, policy: POLICY, after: undefined },
    { name: "keeps the awaited run", before: NEXT },
    {
      name: "keeps a far run after an early ping",
      before: awaited(1120, 117),
      event: at(1109.5),
      after: awaited(1120, 117),
    },
    {
      name: "keeps the last run of all in its last second",
      before: NEXT,
      event: at(1109.5),
      policy: until(1110),
    },
    {
      name: "moves the run as the wall clock has moved against the steady clock",
      before: awaited(1110, 110),
    },
    {
      name: "takes a run whose time has passed by the wall clock alone for one of now",
      before: awaited(1100, 105),
      after: awaited(1100, 100),
    },
    {
      name: "takes the last run of all if the wall clock went back",
      before: awaited(1120, 117),
      event: at(1109.5),
      policy: until(1110),
    },
    { name: "takes the next run if the wall clock went back", before: awaited(1130, 105) },
    {
      name: "takes the next run if the wall clock was set",
      before: awaited(1100, 105),
      event: at(1103, true),
    },
    { name: "keeps a late run", before: awaited(1090, 90), after: awaited(1090, 90) },
    {
      name: "keeps a late run if the wall clock was set",
      before: awaited(1090, 90),
      event: at(1103, true),
      after: awaited(1090, 90),
    },
    {
      name: "keeps a run whose time has just come if the wall clock was set",
      before: awaited(1090, 100),
      event: at(1103, true),
      after: awaited(1090, 100),
    },
  ])("$name", ({ before, event = now, policy = cronPolicy(), ...expected }) => {
    const state = { ...initialState(timestamp(0)), ...(before === undefined ? {} : { awaited: before }) };
    const wanted = "after" in expected ? expected.after : NEXT;
    expect(step(state, event, policy)).toStrictEqual({
      next: { ...initialState(timestamp(0)), ...(wanted === undefined ? {} : { awaited: wanted }) },
      effects: [],
    });
  });

  it("that is not known yet leaves a run its own time", () => {
    const { state } = run([ping("start", 1)], undefined, cronPolicy());
    expect(deadline(state, cronPolicy())).toBe(9);
    expect(run([tick(8.9)], state, cronPolicy()).effects).toEqual([]);
    expect(run([tick(9)], state, cronPolicy()).effects).toMatchObject([{ cause: "start_overdue" }]);
  });

  it("whose last run has begun leaves it the time of its first start, and expects nothing afterwards", () => {
    const policy = until(1010);
    const { state } = run([ping("success", 0), ping("start", 7), ping("start", 12)], created(policy), policy);
    expect(deadline(state, policy)).toBe(15);
    const done = run([ping("success", 14)], state, policy).state;
    expect([done.awaited, deadline(done, policy)]).toEqual([undefined, undefined]);
    expect(statusAt(done, policy, timestamp(1e6))).toEqual({ status: "online" });
  });
});

describe("properties", () => {
  const anyPolicy = fc.constantFrom(...Object.keys(POLICIES)).map((name) => POLICIES[name] ?? POLICY);
  const rid = fc.constantFrom(undefined, "a", "b");
  const arbitraryEvent = fc.oneof(
    fc.record({ ping: fc.constantFrom<PingKind>("success", "start", "fail", "log"), rid }),
    fc.constant("tick" as const),
  );
  /** Events a whole number of seconds apart, so that ties and exact deadlines occur often. */
  const arbitraryEvents = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 12 }), arbitraryEvent), { maxLength: 40 })
    .map((steps) => {
      let at = 0;
      return steps.map(([wait, event]): PushEvent => {
        at += wait;
        return event === "tick" ? tick(at) : ping(event.ping, at, event.rid);
      });
    });

  type Ping = Extract<PushEvent, { kind: "ping" }>;
  const isEnd = ({ ping }: Ping): boolean => ping === "success" || ping === "fail";

  /** Reports whether the last of the pings ends a run whose start came. */
  function endsKnownRun(pings: readonly Ping[]): boolean {
    const { rid } = pings.at(-1) ?? {};
    const before = pings.slice(0, -1);
    const start = before.findLastIndex((one) => one.ping === "start" && one.rid === rid);
    const overdueAt = (before[start]?.at ?? 0) + POLICY.startTimeout;
    const ends = before.slice(start + 1).filter(isEnd);
    return start >= 0 && !ends.some((end) => end.rid === rid || end.at >= overdueAt);
  }

  /** The documented time from which silence makes it late, computed from the whole history. */
  function expectedDue(
    pings: readonly Ping[],
    { timeout, startTimeout, cadence }: Policy,
  ): number | undefined {
    const last = pings.findLastIndex(isEnd);
    const [first, ...more] = pings.slice(last + 1).filter((one) => one.ping === "start");
    const since = (pings[last] ?? first)?.at;
    if (cadence?.kind !== "cron" && since === undefined) return undefined;
    if (cadence === undefined) return since === undefined ? undefined : since + timeout;
    // A ping may come a second early for a run that it does not say the start of.
    const early = last >= 0 && !endsKnownRun(pings.slice(0, last + 1)) ? 1 : 0;
    const awaited = Math.floor(((pings[last]?.at ?? 0) + AHEAD + early) / 10) * 10 + 10 - AHEAD;
    const due = cadence.kind === "cron" ? awaited + cadence.grace : (since ?? 0) + timeout;
    const second = due + (cadence.kind === "cron" ? 10 : cadence.every);
    if (first === undefined) return due;
    const newest = more.at(-1) ?? first;
    // Until the newest run is late, but from the second run on only the first start counts.
    const until = Math.min(newest.at + startTimeout, Math.max(first.at + startTimeout, second));
    return Math.max(due, until);
  }

  /** The documented definition of the status, computed from the whole history. */
  function expectedStatus(events: readonly PushEvent[], now: number, policy: Policy) {
    const pings = events.flatMap((event) => (event.kind === "ping" ? [event] : []));
    const last = pings.findLast(isEnd);
    if (last?.ping === "fail") return { status: "offline", cause: "fail" };
    const missed = pings.some((start, i) => {
      const due = start.at + policy.startTimeout;
      if (start.ping !== "start" || now < due) return false;
      const later = pings.slice(i + 1);
      const answered = later.some((one) => one.ping !== "log" && one.rid === start.rid && one.at < due);
      return !answered && !later.some((one) => one.ping === "success" && one.at >= due);
    });
    const due = expectedDue(pings, policy);
    const isSilent = due !== undefined && now >= due;
    if (missed && !(isSilent && policy.cadence === undefined))
      return { status: "offline", cause: "start_overdue" };
    if (isSilent) return { status: "offline", cause: "timeout" };
    return { status: last === undefined ? "unknown" : "online" };
  }

  it("the status and its cause match the documented definition after every event", () => {
    fc.assert(
      fc.property(arbitraryEvents, anyPolicy, (events, policy) => {
        let state = created(policy);
        for (const [i, event] of events.entries()) {
          state = step(state, event, policy).next;
          const expected = expectedStatus(events.slice(0, i + 1), event.at, policy);
          expect(state.status).toBe(expected.status);
          expect(statusAt(state, policy, event.at)).toEqual(expected);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("offline and online alternate, offline first", () => {
    fc.assert(
      fc.property(arbitraryEvents, (events) => {
        const { effects } = run(events);
        for (const [i, { kind }] of effects.entries()) expect(kind).toBe(i % 2 === 0 ? "offline" : "online");
      }),
      { numRuns: 1000 },
    );
  });

  it("without a ping the status changes only at the deadline, to offline", () => {
    fc.assert(
      fc.property(arbitraryEvents, anyPolicy, (events, policy) => {
        const { state } = run(events, created(policy), policy);
        const now = events.at(-1)?.at ?? 0;
        const due = deadline(state, policy);
        const later = (at: number) => statusAt(state, policy, timestamp(at)).status;
        if (due === undefined) {
          expect(later(now + 1e6)).toBe(state.status);
          return;
        }
        expect(due).toBeGreaterThan(now);
        expect(later(due - 0.001)).toBe(state.status);
        expect(later(due)).toBe("offline");
      }),
      { numRuns: 1000 },
    );
  });
});
