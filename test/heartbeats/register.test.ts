import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import { isUp } from "../../src/core/heartbeat.ts";
import type { Log } from "../../src/core/log.ts";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import { createPresence, type Presence } from "../../src/core/presence.ts";
import type { PushHeartbeat, PushSetup, Registration } from "../../src/core/push-heartbeat.ts";
import { type Seconds, seconds, timestamp } from "../../src/core/units.ts";
import { createAnnouncer } from "../../src/heartbeats/announce.ts";
import { createBodies } from "../../src/heartbeats/bodies.ts";
import { createRegister } from "../../src/heartbeats/register.ts";
import { readStored } from "../../src/heartbeats/stored.ts";
import { manualClock } from "../helpers/clock.ts";

const TIMEOUT = seconds(120);

const heartbeat = (name: string, more: Partial<PushHeartbeat> = {}): PushHeartbeat => ({
  name,
  kind: "machine",
  timeout: TIMEOUT,
  startTimeout: TIMEOUT,
  labels: {},
  critical: false,
  ...more,
});

const setupOf = (names: readonly string[], more: Partial<PushSetup> = {}): PushSetup => ({
  heartbeats: names.map((name) => heartbeat(name)),
  defaultTimeout: TIMEOUT,
  configured: true,
  ...more,
});

const REGISTRATION: Registration = {
  max: 2,
  expireAfter: seconds(7 * 86_400),
  kind: "machine",
  timeout: TIMEOUT,
  startTimeout: TIMEOUT,
  namePattern: "web-*",
};

/** A register with its log messages and a clock that the test moves. */
function build(
  memory: Memory = createMemory(),
  clock = manualClock(),
  wall: () => Clock = () => clock,
  watched: (used: Clock) => Pick<Presence, "clock" | "onGap"> = (used) => ({ clock: used, onGap: () => {} }),
) {
  const logged: string[] = [];
  const add = (_fields: object, message: string) => void logged.push(message);
  const log: Log = { debug: add, info: add, warn: add, error: add };
  const used: Clock = { ...clock, now: () => wall().now() };
  const announcer = createAnnouncer(log, used);
  const presence = watched(used);
  const register = createRegister({
    clock: used,
    presence,
    log,
    memory,
    onEffect: (push, effect) => announcer.effect(push, effect),
  });
  const up = (name: string): boolean | undefined => {
    const found = register.find(name);
    return found === undefined ? undefined : isUp(found.beat, used.now());
  };
  return { register, logged, clock, memory, up };
}

/** The same memory after a downtime of the exporter. */
const afterDown = (memory: Memory, downFor: Seconds): Memory => ({ ...memory, downFor });

describe("the register", () => {
  it("announces a heartbeat offline exactly at its timeout, and once when it comes back", () => {
    const { register, clock, logged, up } = build();
    register.configure(setupOf(["production-server"]));
    register.ping("production-server", "success");
    clock.advance(seconds(119.999));
    expect([logged, up("production-server")]).toEqual([[], true]);
    clock.advance(seconds(0.001));
    expect(logged).toEqual(["Machine 1 (production-server) went offline (last seen: 2m0s ago)"]);
    expect([register.find("production-server")?.status, up("production-server")]).toEqual(["offline", false]);
    clock.advance(seconds(1000));
    register.ping("production-server", "success");
    register.ping("production-server", "success");
    expect(logged.slice(1)).toEqual(["Machine 1 (production-server) came back online"]);
  });

  it("announces at multiples of check_interval, but shows the status at once", () => {
    const { register, clock, logged } = build();
    register.configure(setupOf(["production-server"], { checkInterval: seconds(30) }));
    clock.advance(seconds(15));
    register.ping("production-server", "success");
    clock.advance(seconds(134));
    expect([register.find("production-server")?.status, logged]).toEqual(["offline", []]);
    clock.advance(seconds(1));
    expect(logged).toEqual(["Machine 1 (production-server) went offline (last seen: 2m15s ago)"]);
  });

  it("does not show a heartbeat as up before its first success", () => {
    const { register, clock, up } = build();
    register.configure(setupOf(["new"]));
    register.ping("new", "start");
    expect([register.find("new")?.status, up("new")]).toEqual(["unknown", undefined]);
    clock.advance(TIMEOUT);
    expect([register.find("new")?.status, up("new")]).toEqual(["offline", false]);
  });

  it("is not affected by jumps of the wall clock", () => {
    const clock = manualClock();
    let jump = 0;
    const jumping: Clock = { ...clock, now: () => timestamp(clock.now() + jump) };
    const { register, logged, up } = build(createMemory(), clock, () => jumping);
    register.configure(setupOf(["a"]));
    register.ping("a", "success");
    const seen = register.find("a")?.beat.lastSeen;
    jump = 86_400;
    clock.advance(seconds(60));
    expect([register.find("a")?.status, up("a"), logged]).toEqual(["online", true, []]);
    jump = -86_400;
    clock.advance(seconds(59));
    expect([register.find("a")?.status, up("a")]).toEqual(["online", true]);
    clock.advance(seconds(1));
    expect([register.find("a")?.status, up("a"), logged.length]).toEqual(["offline", false, 1]);
    register.ping("a", "success");
    expect(register.find("a")?.beat.lastSeen).toBe(seen);
    expect(up("a")).toBe(true);
  });

  it("keeps the state of a heartbeat across a reload and applies its new timeout", () => {
    const { register, clock, logged } = build();
    register.configure(setupOf(["a", "b"]));
    register.ping("a", "success");
    clock.advance(seconds(60));
    register.configure({
      ...setupOf(["b", "c"]),
      heartbeats: [heartbeat("a", { timeout: seconds(90) }), heartbeat("c")],
    });
    expect([register.has("b"), register.find("a")?.id, register.find("c")?.id]).toEqual([false, 1, 3]);
    clock.advance(seconds(29.9));
    expect(register.find("a")?.status).toBe("online");
    clock.advance(seconds(0.1));
    expect(logged.at(-1)).toBe("Machine 1 (a) went offline (last seen: 1m30s ago)");
    // Ids are never reused.
    register.configure(setupOf(["d"]));
    expect(register.find("d")?.id).toBe(4);
  });

  it("restores everything after a restart and does not count the downtime as silence", () => {
    const first = build();
    first.register.configure(setupOf(["a", "b"]));
    first.register.ping("a", "success");
    first.register.ping("b", "fail");
    first.register.ping("a", "start", "0e8400e2-9b29-41d4-a716-446655440000");
    first.clock.advance(seconds(100));
    first.register.stop();
    const before = first.register.find("a");
    const clock = manualClock(first.clock.now() + 1000);
    const { register, logged } = build(afterDown(first.memory, seconds(1000)), clock);
    register.configure(setupOf(["b", "a"]));
    const after = register.find("a");
    expect(after).toMatchObject({ id: 1, status: "online", pings: { success: 1, start: 1 } });
    expect(after?.beat.lastSeen).toBe(before?.beat.lastSeen);
    expect(register.find("b")).toMatchObject({ id: 2, status: "offline", cause: "fail" });
    expect(logged).toEqual([]);
    clock.advance(seconds(19.9));
    expect(logged).toEqual([]);
    clock.advance(seconds(0.2));
    expect(logged).toEqual(["Machine 1 (a) went offline (last seen: 18m40s ago)"]);
    // A second restart continues from the state that the first one stored.
    const third = build(afterDown(first.memory, seconds(50)), manualClock(clock.now() + 50));
    third.register.configure(setupOf(["a"]));
    third.register.ping("a", "success");
    expect(third.logged).toEqual([
      "a heartbeat is no longer configured and was removed",
      "Machine 1 (a) came back online",
    ]);
  });

  it("starts a heartbeat from nothing if it was removed and returns, also one of before a restart", () => {
    const first = build();
    first.register.configure(setupOf(["a", "b"]));
    first.register.ping("a", "fail");
    first.register.stop();
    const { register, logged } = build(afterDown(first.memory, seconds(10)));
    register.configure(setupOf(["a", "b"]));
    register.bodies.keep("a", Buffer.from("the last words"));
    for (let round = 0; round < 2; round += 1) {
      register.configure(setupOf(["b"]));
      expect(register.find("a")).toBeUndefined();
      expect(register.bodies.get("a")).toBeUndefined();
      register.configure(setupOf(["a", "b"]));
      expect(register.find("a")).toMatchObject({ status: "unknown", pings: { success: 0, fail: 0 } });
    }
    expect(logged.filter((line) => line.includes("no longer configured"))).toHaveLength(2);
    // Of a heartbeat that was not configured any more at the restart itself, too.
    const third = build(afterDown(first.memory, seconds(10)));
    third.register.configure(setupOf(["a"]));
    third.register.configure(setupOf(["a", "b"]));
    expect(third.register.find("b")).toMatchObject({ status: "unknown" });
    expect(third.logged.filter((line) => line.includes("no longer configured"))).toHaveLength(1);
  });

  it("adds up the downtime of several restarts", () => {
    const memory = createMemory();
    const first = build(memory);
    first.register.configure(setupOf(["a"]));
    first.register.ping("a", "success");
    let now = first.clock.now() + 0;
    for (let i = 0; i < 3; i += 1) {
      now += 500;
      const next = build(afterDown(memory, seconds(500)), manualClock(now));
      next.register.configure(setupOf(["a"]));
      next.clock.advance(seconds(30));
      expect(next.register.find("a")?.status).toBe("online");
      now = next.clock.now();
    }
    const last = build(afterDown(memory, seconds(0)), manualClock(now));
    last.register.configure(setupOf(["a"]));
    last.clock.advance(seconds(30));
    expect(last.logged).toEqual(["Machine 1 (a) went offline (last seen: 27m0s ago)"]);
  });

  it("does not reuse ids after a restart", () => {
    const first = build();
    first.register.configure(setupOf(["a", "b"]));
    first.register.configure(setupOf(["a"]));
    const { register } = build(first.memory, manualClock(first.clock.now()));
    register.configure(setupOf(["a", "c"]));
    expect([register.find("a")?.id, register.find("c")?.id]).toEqual([1, 3]);
  });

  it("resets a heartbeat whose stored state is malformed, and logs it", () => {
    const memory = createMemory();
    memory.namespace("heartbeats").put("a", { id: 7, registered: false, state: { status: "up" } });
    memory.namespace("heartbeats").put("not a name\n", {});
    const { register, logged } = build(memory);
    register.configure(setupOf(["a"]));
    expect(register.find("a")).toMatchObject({ id: 1, status: "unknown" });
    expect(logged).toHaveLength(2);
  });
});

describe("an absence of the exporter", () => {
  const absent = (clock = manualClock()) => build(createMemory(), clock, () => clock, createPresence);

  it("announces no heartbeat that pings at least every half of its timeout, however long it is", () => {
    const machine = fc.record({
      period: fc.integer({ min: 1, max: 60 }),
      phase: fc.integer({ min: 0, max: 59 }),
    });
    const machines = fc.array(machine, { minLength: 1, maxLength: 5 });
    const length = fc.oneof(fc.integer({ min: 0, max: 120 }), fc.constantFrom(3600, 86_400));
    fc.assert(
      fc.property(
        machines,
        length,
        fc.integer({ min: 0, max: 99 }),
        fc.boolean(),
        (all, pause, start, isLost) => {
          const { register, clock, logged } = absent();
          const named = all.map((one, i) => ({ ...one, name: `m-${i}` }));
          register.configure({
            ...setupOf([]),
            heartbeats: named.map(({ name, period }) =>
              heartbeat(name, { timeout: seconds(2 * period + 1) }),
            ),
          });
          const pingDue = (second: number): void => {
            for (const { name, period, phase } of named)
              if (second % period === phase % period) register.ping(name, "success");
          };
          for (const { name } of named) register.ping(name, "success");
          for (let second = 0; second < 60 + start; second += 1) {
            pingDue(second);
            clock.advance(seconds(1));
          }
          clock.block(seconds(pause));
          // Timers run before the sockets are read.
          clock.advance(seconds(0));
          expect(logged).toEqual([]);
          // Each machine's last ping waits in its socket; or its client gave up, and it pings when it is due again.
          if (!isLost) for (const { name } of named) register.ping(name, "success");
          for (let second = 60 + start + pause; second < 200 + start + pause; second += 1) {
            pingDue(second);
            clock.advance(seconds(1));
          }
          expect(logged).toEqual([]);
          clock.advance(seconds(200));
          expect(logged).toHaveLength(named.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("shows none as offline meanwhile, and extends runs too", () => {
    const { register, clock, logged, up } = absent();
    register.configure({ ...setupOf(["a"]), heartbeats: [heartbeat("a", { startTimeout: seconds(30) })] });
    register.ping("a", "success");
    register.ping("a", "start");
    clock.advance(seconds(29));
    clock.block(seconds(10));
    expect([register.find("a")?.status, up("a")]).toEqual(["online", true]);
    clock.advance(seconds(19.9));
    expect(logged).toEqual([]);
    clock.advance(seconds(0.2));
    expect([register.find("a")?.status, logged.length]).toEqual(["offline", 1]);
  });

  it("is that of a suspended guest, whose wall clock alone moves", () => {
    const { register, clock, logged, up } = absent();
    register.configure(setupOf(["a"]));
    register.ping("a", "success");
    clock.advance(seconds(119));
    clock.setWall(seconds(8 * 3600));
    clock.advance(seconds(59));
    expect([register.find("a")?.status, up("a"), logged]).toEqual(["online", true, []]);
    clock.advance(seconds(2));
    expect([register.find("a")?.status, up("a"), logged.length]).toEqual(["offline", false, 1]);
  });
});

describe("registration", () => {
  it("admits matching names up to the limit and logs once when it is reached", () => {
    const { register, logged } = build();
    register.configure(setupOf([], { registration: REGISTRATION }));
    expect(register.admit("db-1")).toMatchObject({ reason: "name", wanted: "a name like web-*" });
    expect(register.admit("fail")).toMatchObject({ reason: "name" });
    expect(register.admit(`web-${"x".repeat(200)}`)).toMatchObject({ reason: "name" });
    expect([register.admit("web-1"), register.admit("web-2")]).toEqual([undefined, undefined]);
    expect(register.admit("web-3")).toMatchObject({ reason: "full" });
    register.admit("web-4");
    expect(logged).toEqual([
      "Machine 1 (web-1) registered",
      "Machine 2 (web-2) registered",
      "a heartbeat cannot register: the limit is at most 2 registered heartbeats",
    ]);
  });

  it("survives a restart, and expires after a long silence with a log line; configured heartbeats stay", () => {
    const first = build();
    first.register.configure(setupOf(["db"], { registration: REGISTRATION }));
    first.register.admit("web-1");
    for (const name of ["web-1", "db"]) first.register.ping(name, "success");
    const { register, logged, clock, memory } = build(first.memory, manualClock(first.clock.now()));
    register.configure(setupOf(["db"], { registration: REGISTRATION }));
    expect(register.find("web-1")).toMatchObject({ id: 2, registered: true, status: "online" });
    clock.advance(seconds(7 * 86_400 - 1));
    register.ping("web-1", "log");
    clock.advance(seconds(7 * 86_400 - 1));
    expect(register.has("web-1")).toBe(true);
    clock.advance(seconds(1));
    expect(logged.slice(2)).toEqual(["Machine 2 (web-1) expired: no ping for 168h0m0s"]);
    expect([register.has("web-1"), register.has("db")]).toEqual([false, true]);
    expect([...memory.namespace("heartbeats").entries()].map(([name]) => name)).toEqual(["db"]);
  });

  it("never expires configured heartbeats", () => {
    const { register, clock } = build();
    const patient = heartbeat("db", { timeout: seconds(30 * 86_400) });
    register.configure({ ...setupOf([], { registration: REGISTRATION }), heartbeats: [patient] });
    register.ping("db", "success");
    clock.advance(seconds(30 * 86_400));
    expect(register.find("db")?.status).toBe("offline");
  });

  it("keeps its state when the heartbeat becomes configured", () => {
    const { register, clock, memory } = build();
    register.configure(setupOf([], { registration: REGISTRATION }));
    register.admit("web-1");
    register.ping("web-1", "success");
    register.configure(setupOf(["web-1"], { registration: REGISTRATION }));
    expect(register.find("web-1")).toMatchObject({ id: 1, registered: false, status: "online" });
    expect(memory.namespace("heartbeats").get("web-1")).toMatchObject({ registered: false });
    expect([register.admit("web-2"), register.admit("web-3")]).toEqual([undefined, undefined]);
    clock.advance(seconds(30 * 86_400));
    expect([register.has("web-1"), register.has("web-2")]).toEqual([true, false]);
  });
});

describe("10,000 heartbeats", () => {
  it("are each announced once, at their own deadlines", () => {
    const { register, clock, logged } = build();
    const names = Array.from({ length: 10_000 }, (_, i) => `machine-${i}`);
    register.configure(setupOf(names));
    for (const [i, name] of names.entries()) {
      if (i % 100 === 0) clock.advance(seconds(0.1));
      register.ping(name, "success");
    }
    clock.advance(seconds(TIMEOUT - 9.85));
    expect(logged.length).toBe(100);
    clock.advance(seconds(5));
    expect(logged.length).toBe(5_100);
    clock.advance(seconds(5));
    expect(new Set(logged).size).toBe(10_000);
    expect([...register.list()].every(({ status }) => status === "offline")).toBe(true);
  });
});

describe("parts", () => {
  it("bodies stay within their total size; the oldest are evicted", () => {
    const bodies = createBodies(10);
    for (const name of ["a", "b", "a", "c"]) bodies.keep(name, Buffer.from("1234"));
    expect(["a", "b", "c"].map((name) => bodies.get(name)?.toString())).toEqual(["1234", undefined, "1234"]);
    bodies.delete("a");
    bodies.keep("d", Buffer.from("12345"));
    expect(bodies.get("c")?.toString()).toBe("1234");
  });

  const STATE = {
    status: "online",
    lastSeen: 5,
    silentSince: 5,
    heardAt: 6,
    failed: false,
    missed: false,
    starts: [{ at: 6, rid: "0e8400e2-9b29-41d4-a716-446655440000" }],
    lastDuration: 1,
    pings: { success: 1, start: 1, fail: 0, log: 0 },
  };

  it("a stored heartbeat is read back", () => {
    const stored = { id: 1, registered: true, state: STATE };
    expect(readStored(JSON.parse(JSON.stringify(stored)))).toEqual(stored);
  });

  it.each([
    ["status", "up"],
    ["lastSeen", "yesterday"],
    ["silentSince", Number.NaN],
    ["silentSince", -1],
    ["heardAt", undefined],
    ["failed", 0],
    ["missed", null],
    ["starts", Array.from({ length: 17 }, () => ({ at: 1 }))],
    ["starts", [{ at: 1, rid: "x" }]],
    ["starts", [{ rid: "0e8400e2-9b29-41d4-a716-446655440000" }]],
    ["lastDuration", Number.POSITIVE_INFINITY],
    ["pings", { success: 1 }],
    ["pings", { success: 1, start: 1, fail: 0.5, log: 0 }],
  ])("a stored state whose %s is %o is rejected", (key, value) => {
    expect(readStored({ id: 1, registered: true, state: { ...STATE, [key]: value } })).toBeUndefined();
  });

  it("arbitrary values are rejected", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(readStored(value)).toBeUndefined();
      }),
    );
  });
});
