import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import {
  deadline,
  initialState,
  MOST_STARTS,
  type PingKind,
  type PushEffect,
  type PushEvent,
  type PushState,
  type PushStatus,
  standing,
  step,
} from "../../src/heartbeats/machine.ts";

const POLICY = { timeout: seconds(20), startTimeout: seconds(8) };
/** The wall clock is this far ahead of the other one. */
const AHEAD = 1000;

const ping = (kind: PingKind, at: number, rid?: string): PushEvent => ({
  kind: "ping",
  ping: kind,
  at: timestamp(at),
  seen: timestamp(at + AHEAD),
  ...(rid === undefined ? {} : { rid }),
});
const tick = (at: number): PushEvent => ({ kind: "tick", at: timestamp(at) });

function run(events: readonly PushEvent[], from: PushState = initialState(timestamp(0))) {
  let state = from;
  const effects: PushEffect[] = [];
  for (const event of events) {
    const done = step(state, event, POLICY);
    state = done.next;
    effects.push(...done.effects);
  }
  return { state, effects, said: effects.map((one) => `${one.kind} at ${one.at}`) };
}

describe("a heartbeat", () => {
  it("is offline exactly when it was silent for its timeout, and no earlier", () => {
    expect(run([ping("success", 0), tick(19.999)]).said).toEqual([]);
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
    expect(run(events).said).toEqual(["offline at 20", "online at 60"]);
  });

  it("is announced even when somebody looks too late", () => {
    expect(run([ping("success", 0), ping("success", 100)]).said).toEqual(["offline at 100", "online at 100"]);
  });

  it("is down at once when it says so, whatever the timeout", () => {
    const { effects, state } = run([ping("success", 0), ping("fail", 1)]);
    expect(effects).toEqual([{ kind: "offline", cause: "fail", at: 1, lastSeen: AHEAD + 1 }]);
    expect(run([ping("log", 2), ping("start", 3), tick(100), ping("success", 101)], state).said).toEqual([
      "online at 101",
    ]);
  });

  it("that never ended anything is unknown, and neither online nor offline", () => {
    const { state, said } = run([ping("log", 5), tick(1000)]);
    expect(standing(state, POLICY, timestamp(1000))).toEqual({ status: "unknown" });
    expect(said).toEqual([]);
    expect(run([ping("success", 1001)], state).said).toEqual([]);
  });

  it("is not changed by a log, but for its counter and that it was heard", () => {
    const { state } = run([ping("success", 0)]);
    const after = run([ping("log", 5)], state).state;
    expect(after).toEqual({ ...state, heardAt: 5, pings: { ...state.pings, log: 1 } });
  });

  it("is not seen by a start", () => {
    expect(run([ping("success", 0), ping("start", 19), tick(20)]).said).toEqual(["offline at 20"]);
  });

  it("misses when it starts and does not end", () => {
    const { effects, state } = run([ping("success", 0), ping("start", 2), tick(9), tick(10)]);
    expect(effects).toMatchObject([{ kind: "offline", cause: "start_overdue", at: 10 }]);
    // Another start is no end.
    expect(run([ping("start", 11), tick(12)], state).said).toEqual([]);
    expect(run([ping("start", 11), ping("success", 12)], state).said).toEqual(["online at 12"]);
  });

  it("that only ever starts goes offline after its timeout, however often it starts", () => {
    const starts = Array.from({ length: 10 }, (_, i) => ping("start", i * 4));
    expect(run(starts).effects).toMatchObject([{ kind: "offline", cause: "timeout", at: 20 }]);
  });

  it("measures runs by their rid, also side by side", () => {
    const events = [ping("start", 0, "a"), ping("start", 1, "b"), ping("success", 4, "a")];
    const { state } = run(events);
    expect(state.lastDuration).toBe(4);
    expect(state.starts).toEqual([{ at: 1, rid: "b" }]);
    expect(run([ping("fail", 7, "b")], state).state.lastDuration).toBe(6);
    // An end of another run says nothing of how long this one took.
    expect(run([ping("success", 7, "c")], state).state.lastDuration).toBe(4);
  });

  it("measures a run that took too long all the same", () => {
    expect(run([ping("start", 0), tick(8), ping("success", 12)]).state.lastDuration).toBe(12);
  });

  it("keeps a bounded number of runs, those that are due first", () => {
    const starts = Array.from({ length: 3 * MOST_STARTS }, (_, i) => ping("start", i / 100, `run ${i}`));
    const { state } = run(starts);
    expect(state.starts).toHaveLength(MOST_STARTS);
    expect(state.starts[0]).toEqual({ at: 0, rid: "run 0" });
    expect(state.pings.start).toBe(3 * MOST_STARTS);
  });

  it("is never seen earlier than it was, when the wall clock is set back", () => {
    const back: PushEvent = { kind: "ping", ping: "success", at: timestamp(5), seen: timestamp(1) };
    expect(run([ping("success", 4), back]).state).toMatchObject({ lastSeen: AHEAD + 4, silentSince: 5 });
  });

  it("was not silent while nobody was there to hear", () => {
    const { state } = run([ping("success", 0), ping("start", 10), tick(15)]);
    const back = step(state, { kind: "restored", at: timestamp(115), downFor: seconds(100) }, POLICY).next;
    expect(run([tick(117.9)], back).said).toEqual([]);
    expect(run([tick(118)], back).effects).toMatchObject([{ cause: "start_overdue", lastSeen: AHEAD }]);
    expect(run([ping("success", 117), tick(136.9)], back).said).toEqual([]);
  });

  it("remembers over a restart that it is offline, and says it no second time", () => {
    const { state } = run([ping("success", 0), tick(20)]);
    const back = step(state, { kind: "restored", at: timestamp(1000), downFor: seconds(900) }, POLICY).next;
    expect(run([tick(1001), ping("success", 1002)], back).said).toEqual(["online at 1002"]);
  });

  it("that a clock ahead has written is silent from now on, and not from then", () => {
    const { state } = run([ping("success", 5000)]);
    const back = step(state, { kind: "restored", at: timestamp(100), downFor: seconds(0) }, POLICY).next;
    expect(run([tick(120)], back).said).toEqual(["offline at 120"]);
  });
});

describe("properties", () => {
  const rid = fc.constantFrom(undefined, "a", "b");
  const arbitraryEvent = fc.oneof(
    fc.record({ ping: fc.constantFrom<PingKind>("success", "start", "fail", "log"), rid }),
    fc.constant("tick" as const),
  );
  /** Events with the time since the one before, in whole seconds: ties and exact deadlines are what is interesting. */
  const arbitraryEvents = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 12 }), arbitraryEvent), { maxLength: 40 })
    .map((steps) => {
      let at = 0;
      return steps.map(([wait, event]): PushEvent => {
        at += wait;
        return event === "tick" ? tick(at) : ping(event.ping, at, event.rid);
      });
    });

  /** What the words of the documentation say, from the whole history. */
  function naive(events: readonly PushEvent[], now: number): PushStatus {
    const pings = events.flatMap((event) => (event.kind === "ping" ? [event] : []));
    const ends = pings.filter((one) => one.ping === "success" || one.ping === "fail");
    const last = ends.at(-1);
    if (last?.ping === "fail") return "offline";
    const base = last ?? pings.find((one) => one.ping === "start");
    if (base !== undefined && now >= base.at + POLICY.timeout) return "offline";
    const missed = pings.some((start, i) => {
      const due = start.at + POLICY.startTimeout;
      if (start.ping !== "start" || now < due) return false;
      const later = pings.slice(i + 1);
      const answered = later.some((one) => one.ping !== "log" && one.rid === start.rid && one.at < due);
      return !answered && !later.some((one) => one.ping === "success" && one.at >= due);
    });
    if (missed) return "offline";
    return last === undefined ? "unknown" : "online";
  }

  it("the status is what the definition says, after every event", () => {
    fc.assert(
      fc.property(arbitraryEvents, (events) => {
        let state = initialState(timestamp(0));
        for (const [i, event] of events.entries()) {
          state = step(state, event, POLICY).next;
          expect(state.status).toBe(naive(events.slice(0, i + 1), event.at));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("offline and online are announced in turns, offline first", () => {
    fc.assert(
      fc.property(arbitraryEvents, (events) => {
        const { effects } = run(events);
        for (const [i, { kind }] of effects.entries()) expect(kind).toBe(i % 2 === 0 ? "offline" : "online");
      }),
      { numRuns: 1000 },
    );
  });

  it("goes offline at the deadline, and without a ping at no other time", () => {
    fc.assert(
      fc.property(arbitraryEvents, (events) => {
        const { state } = run(events);
        const now = events.at(-1)?.at ?? 0;
        const due = deadline(state, POLICY);
        const later = (at: number): PushStatus => standing(state, POLICY, timestamp(at)).status;
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
