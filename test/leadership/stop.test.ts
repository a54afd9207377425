import { describe, expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { type LeaseSettings, startLeadership } from "../../src/leadership/replica.ts";
import { manualClock } from "../helpers/clock.ts";
import { settle } from "../helpers/stand-in-prober.ts";
import { leaseCalls, recordOf } from "./lease-calls.ts";

const SETTINGS: LeaseSettings = {
  name: "heartbeat-exporter",
  identity: "me",
  duration: seconds(30),
  renewInterval: seconds(10),
  deliver: "leader",
};

/** A replica that leads, whose calls the test answers. */
async function leader() {
  const clock = manualClock();
  const { api, calls, state, last, accept, becomeLeader } = leaseCalls();
  let changes = 0;
  const logged: string[] = [];
  const add = (_fields: object, message: string) => void logged.push(message);
  const replica = startLeadership(SETTINGS, {
    clock,
    log: { debug: add, info: add, warn: add, error: add },
    api,
    random: () => 0,
    onLead: () => {},
    onLeaderChange: () => {
      changes += 1;
    },
    knowledge: { tell: () => "", learn: () => {} },
  });
  await becomeLeader();
  expect(replica.leads()).toBe(true);
  return { clock, calls, state, changes: () => changes, logged, replica, last, accept };
}

describe("a leader that stops", () => {
  it("does not lead from that moment on, before its release is answered", async () => {
    const { replica, state, clock, last, accept, logged } = await leader();
    const stopped = replica.stop();
    expect(replica.leads()).toBe(false);
    await settle();
    expect(last()).toMatchObject({ kind: "update", spec: { holder: "" } });
    expect(state.closed).toBe(0);
    await accept();
    await stopped;
    expect([replica.leads(), state.closed, clock.timers()]).toEqual([false, 1, 0]);
    expect(logged.at(-1)).toBe("the lease was released");
    await replica.stop();
    expect(state.closed).toBe(1);
  });

  it("ends a renewal in flight, whose late answer changes nothing", async () => {
    const { replica, clock, calls, last, accept, changes } = await leader();
    clock.advance(seconds(10));
    await settle();
    const renewal = last();
    expect(renewal).toMatchObject({ kind: "update", spec: { holder: "me" } });
    const stopped = replica.stop();
    expect(renewal.signal.aborted).toBe(true);
    await settle();
    await accept();
    await stopped;
    const [count, changed] = [calls.length, changes()];
    if (renewal.spec === undefined) throw new Error("no write");
    await renewal.answer(recordOf(renewal.spec));
    clock.advance(seconds(1000));
    await settle();
    expect([calls.length, clock.timers(), replica.leads(), changes()]).toEqual([count, 0, false, changed]);
  });

  it("reads once after a conflict, and gives up after a second one", async () => {
    const { replica, calls, last, logged } = await leader();
    const { spec } = last();
    const before = calls.length;
    const stopped = replica.stop();
    await settle();
    await last().answer({ kind: "conflict" });
    expect(last().kind).toBe("read");
    if (spec === undefined) throw new Error("no write");
    await last().answer(recordOf(spec));
    expect(last()).toMatchObject({ kind: "update", spec: { holder: "" } });
    await last().answer({ kind: "conflict" });
    expect(last().kind).toBe("read");
    await last().answer({ kind: "failed", reason: "connect", detail: "" });
    await stopped;
    expect(calls.length - before).toBe(4);
    expect(logged.at(-1)).toContain("the lease could not be released");
  });

  it("does not wait longer than two seconds for its release", async () => {
    const { replica, clock, last } = await leader();
    const stopped = replica.stop();
    await settle();
    expect(last().signal.aborted).toBe(false);
    clock.advance(seconds(2));
    expect(last().signal.aborted).toBe(true);
    await last().answer({ kind: "failed", reason: "timeout", detail: "" });
    await stopped;
    expect(clock.timers()).toBe(0);
  });

  it("releases nothing that another replica holds", async () => {
    const { replica, clock, calls, last, state } = await leader();
    clock.advance(seconds(10));
    await settle();
    await last().answer({ kind: "conflict" });
    expect(last().kind).toBe("read");
    await last().answer(recordOf({ holder: "other", duration: seconds(30), transitions: 1 }));
    expect(replica.leads()).toBe(false);
    const before = calls.length;
    await replica.stop();
    expect([calls.length, state.closed]).toEqual([before, 1]);
  });
});
