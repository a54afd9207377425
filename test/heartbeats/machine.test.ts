import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import { deadline, statusAt, step } from "../../src/heartbeats/machine.ts";
import {
  initialState,
  MAX_STARTS,
  type PingKind,
  type PushEffect,
  type PushEvent,
  type PushState,
  type PushStatus,
} from "../../src/heartbeats/push-state.ts";

const POLICY = { timeout: seconds(20), startTimeout: seconds(8) };
/** How far the wall clock is ahead of the steady clock. */
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

describe("properties", () => {
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

  /** The documented definition of the status, computed from the whole history. */
  function expectedStatus(events: readonly PushEvent[], now: number): PushStatus {
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

  it("the status matches the documented definition after every event", () => {
    fc.assert(
      fc.property(arbitraryEvents, (events) => {
        let state = initialState(timestamp(0));
        for (const [i, event] of events.entries()) {
          state = step(state, event, POLICY).next;
          expect(state.status).toBe(expectedStatus(events.slice(0, i + 1), event.at));
        }
      }),
      { numRuns: 2000 },
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
      fc.property(arbitraryEvents, (events) => {
        const { state } = run(events);
        const now = events.at(-1)?.at ?? 0;
        const due = deadline(state, POLICY);
        const later = (at: number): PushStatus => statusAt(state, POLICY, timestamp(at)).status;
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
