import { Cron } from "croner";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUp } from "../../src/core/heartbeat.ts";
import type { PushHeartbeat, PushSchedule } from "../../src/core/push-heartbeat.ts";
import { rfc3339, seconds, type Timestamp, timestamp } from "../../src/core/units.ts";
import { deadline, statusAt, step } from "../../src/heartbeats/machine.ts";
import {
  initialState,
  type PingKind,
  type PushEffect,
  type PushEvent,
  type PushState,
} from "../../src/heartbeats/push-state.ts";
import { policyOf } from "../../src/heartbeats/schedule.ts";
import { viewOf } from "../../src/heartbeats/view.ts";

const at = (text: string): Timestamp => timestamp(Date.parse(text) / 1000);

/** A heartbeat whose steady clock shows the time of the wall clock until the test moves one of them. */
function scheduled(schedule: PushSchedule, created: Timestamp, startTimeout = schedule.grace) {
  const timeout = schedule.kind === "every" ? seconds(schedule.every + schedule.grace) : schedule.grace;
  const heartbeat: PushHeartbeat = {
    name: "job",
    kind: "job",
    timeout,
    startTimeout,
    schedule,
    labels: {},
    critical: false,
  };
  const policy = policyOf(heartbeat);
  let state: PushState = initialState(created);
  let ahead = 0;
  const effects: PushEffect[] = [];
  const apply = (event: PushEvent): void => {
    const done = step(state, event, policy);
    state = done.next;
    effects.push(...done.effects);
  };
  const steady = (wall: Timestamp): Timestamp => timestamp(wall - ahead);
  const rescheduled = (wall: Timestamp, reset = false): void =>
    apply({ kind: "rescheduled", at: steady(wall), seen: wall, reset });
  rescheduled(created);
  return {
    ping: (wall: Timestamp, ping: PingKind = "success", rid?: string) =>
      apply({ kind: "ping", ping, at: steady(wall), seen: wall, ...(rid === undefined ? {} : { rid }) }),
    tick: (wall: Timestamp) => apply({ kind: "tick", at: steady(wall) }),
    /** The exporter does not run until `wall`. */
    absent(wall: Timestamp, length: number) {
      ahead += length;
      rescheduled(wall);
      apply({ kind: "resumed", at: steady(wall), absence: seconds(length) });
    },
    restart: (wall: Timestamp, downFor: number) => {
      apply({ kind: "restored", at: steady(wall), downFor: seconds(downFor) });
      rescheduled(wall);
    },
    setClock(wall: Timestamp, by: number) {
      ahead += by;
      rescheduled(wall, true);
    },
    isLate: (wall: Timestamp) => statusAt(state, policy, steady(wall)).status === "offline",
    /** Returns the time of the wall clock at which it goes offline without another ping. */
    late: () => {
      const due = deadline(state, policy);
      return due === undefined ? undefined : rfc3339(timestamp(due + ahead));
    },
    view: (wall: Timestamp) =>
      viewOf({ id: 1, heartbeat, registered: false, state }, steady(wall), seconds(ahead)),
    effects,
  };
}

const nightly: PushSchedule = {
  kind: "cron",
  cron: "0 3 * * 1-5",
  timeZone: "Europe/Berlin",
  grace: seconds(3600),
};
const hourly: PushSchedule = { kind: "every", every: seconds(3600), grace: seconds(600) };

describe("a heartbeat with a cron schedule", () => {
  // 2026-11-27 is a Friday; 03:00 in Berlin is 02:00 UTC.
  const friday = "2026-11-27T02:10:00Z";

  it("is late when its grace has passed, and not on other days", () => {
    const job = scheduled(nightly, at("2026-11-26T12:00:00Z"));
    job.ping(at(friday));
    const { nextExpected } = job.view(at("2026-11-28T12:00:00Z"));
    expect(nextExpected === undefined ? undefined : rfc3339(nextExpected)).toBe("2026-11-30T02:00:00Z");
    expect(job.late()).toBe("2026-11-30T03:00:00Z");
    job.tick(at("2026-11-30T03:00:00Z"));
    expect(job.effects).toMatchObject([{ kind: "offline", cause: "timeout", lastSeen: at(friday) }]);
    job.ping(at("2026-11-30T03:30:00Z"));
    expect(job.effects).toMatchObject([{ kind: "offline" }, { kind: "online" }]);
    expect(job.late()).toBe("2026-12-01T03:00:00Z");
  });

  it("is late also if it never pinged, and unknown before", () => {
    const job = scheduled(nightly, at("2026-11-26T12:00:00Z"));
    expect(job.view(at("2026-11-27T02:59:59Z")).status).toBe("unknown");
    expect(job.view(at("2026-11-27T03:00:00Z"))).toMatchObject({ status: "offline", cause: "timeout" });
  });

  it.each([
    ["a start in time", ["2026-11-30T02:00:05Z"], "2026-11-30T03:00:05Z"],
    ["a start within the grace", ["2026-11-30T02:50:00Z"], "2026-11-30T03:50:00Z"],
    [
      "a second start, as after a crash",
      ["2026-11-30T02:00:05Z", "2026-11-30T02:50:00Z"],
      "2026-11-30T03:50:00Z",
    ],
    ["a start long before", ["2026-11-30T01:30:00Z"], "2026-11-30T02:30:00Z"],
  ])("has until the end of the run after %s", (_name, starts, late) => {
    const job = scheduled(nightly, at("2026-11-26T12:00:00Z"));
    job.ping(at(friday));
    for (const start of starts) job.ping(at(start), "start");
    expect(job.late()).toBe(late);
    job.tick(at(late));
    expect(job.effects).toMatchObject([{ kind: "offline", cause: "start_overdue" }]);
  });

  it("has until the start timeout, if there is one", () => {
    const job = scheduled(nightly, at("2026-11-26T12:00:00Z"), seconds(6 * 3600));
    job.ping(at(friday));
    job.ping(at("2026-11-30T02:00:00Z"), "start");
    expect(job.late()).toBe("2026-11-30T08:00:00Z");
    job.ping(at("2026-11-30T07:59:00Z"));
    expect([job.late(), job.effects]).toEqual(["2026-12-01T03:00:00Z", []]);
  });

  it("is late although it starts again and again", () => {
    const minutely = scheduled(
      { kind: "cron", cron: "* * * * *", timeZone: "UTC", grace: seconds(300) },
      at("2026-11-30T01:59:30Z"),
    );
    for (let minute = 0; minute < 30; minute += 1) {
      minutely.ping(timestamp(at("2026-11-30T02:00:00Z") + minute * 60), "start");
    }
    expect(minutely.effects).toMatchObject([{ kind: "offline", at: at("2026-11-30T02:06:00Z") }]);
  });

  it("takes a ping up to a second early for the run, unless it knows the start", () => {
    const job = scheduled(nightly, at("2026-11-26T12:00:00Z"));
    job.ping(at("2026-11-27T01:59:59Z"));
    expect(job.late()).toBe("2026-11-30T03:00:00Z");
    const other = scheduled(nightly, at("2026-11-26T12:00:00Z"));
    other.ping(at("2026-11-27T01:30:00Z"), "start");
    other.ping(at("2026-11-27T01:59:59Z"));
    expect(other.late()).toBe("2026-11-27T03:00:00Z");
  });

  it.each([
    ["before the run", "2026-11-30T01:00:00Z", 2 * 3600, "2026-11-30T03:00:00Z"],
    ["over the run: its grace begins afterwards", "2026-11-30T02:30:00Z", 3600, "2026-11-30T03:30:00Z"],
    ["over all of it", "2026-11-30T08:00:00Z", 8 * 3600, "2026-11-30T09:00:00Z"],
    ["within the grace", "2026-11-30T02:50:00Z", 600, "2026-11-30T03:10:00Z"],
  ])("does not count an absence of the exporter %s", (_name, back, length, late) => {
    for (const kind of ["absent", "restart"] as const) {
      const job = scheduled(nightly, at("2026-11-26T12:00:00Z"));
      job.ping(at(friday));
      job[kind](at(back), length);
      expect([kind, job.late()]).toEqual([kind, late]);
    }
  });

  it.each([
    [
      "forward over the run",
      "2026-11-28T12:00:00Z",
      3 * 86_400,
      "2026-12-01T12:00:00Z",
      "2026-12-02T03:00:00Z",
    ],
    ["back over a run", "2026-11-28T12:00:00Z", -2 * 86_400, "2026-11-26T12:00:00Z", "2026-11-27T03:00:00Z"],
  ])("awaits the next run by the new time when the clock is set %s", (_name, _when, by, now, late) => {
    const job = scheduled(nightly, at("2026-11-26T12:00:00Z"));
    job.ping(at(friday));
    job.setClock(at(now), by);
    expect(job.late()).toBe(late);
  });

  it("is up by its exposed times exactly as long as it is online", () => {
    const job = scheduled(nightly, at("2026-11-26T12:00:00Z"));
    job.ping(at(friday));
    for (const text of ["2026-11-28T00:00:00Z", "2026-11-30T02:59:59Z", "2026-11-30T03:00:00Z"]) {
      const view = job.view(at(text));
      expect(isUp(view.beat, at(text))).toBe(view.status === "online");
    }
  });
});

describe("a heartbeat that is expected every hour", () => {
  it("is late an hour and its grace after its last ping", () => {
    const job = scheduled(hourly, at("2026-11-30T00:00:00Z"));
    expect(job.late()).toBeUndefined();
    job.ping(at("2026-11-30T02:00:00Z"));
    expect([job.late(), job.view(at("2026-11-30T02:30:00Z")).nextExpected]).toEqual([
      "2026-11-30T03:10:00Z",
      at("2026-11-30T03:00:00Z"),
    ]);
  });

  it("has until the end of a run that started", () => {
    const job = scheduled(hourly, at("2026-11-30T00:00:00Z"));
    job.ping(at("2026-11-30T02:00:00Z"));
    job.ping(at("2026-11-30T03:05:00Z"), "start");
    expect(job.late()).toBe("2026-11-30T03:15:00Z");
    const view = job.view(at("2026-11-30T03:14:59Z"));
    expect([view.status, isUp(view.beat, at("2026-11-30T03:14:59Z"))]).toEqual(["online", true]);
  });

  it("is late although it starts again and again", () => {
    const job = scheduled(hourly, at("2026-11-30T00:00:00Z"));
    job.ping(at("2026-11-30T02:00:00Z"));
    for (let start = 0; start < 60; start += 1)
      job.ping(timestamp(at("2026-11-30T02:05:00Z") + start * 300), "start");
    expect(job.effects).toMatchObject([{ kind: "offline", at: at("2026-11-30T04:10:00Z") }]);
  });
});

describe("any cron schedule", () => {
  const ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Pacific/Apia",
  ];
  const CRONS = [
    "0 3 * * 1-5",
    "30 2 * * *",
    "15 1,2,3 * * *",
    "*/20 * * * *",
    "0 */4 * * 0",
    "45 1 * * 7",
    "0 0 1 * *",
    "59 23 * * *",
  ];
  /** Changes of the clocks in 2026 in these zones, and an ordinary day. */
  const MOMENTS = [
    "2026-03-08",
    "2026-03-29",
    "2026-04-04",
    "2026-10-03",
    "2026-10-25",
    "2026-11-01",
    "2026-07-15",
  ];

  /** Returns the first run after a time that does not decrease, by croner's own enumeration. */
  function enumeration(cron: string, timeZone: string, from: number): (after: number) => number {
    const all = new Cron(cron, { timezone: timeZone });
    const next = (after: number): number =>
      (all.nextRun(new Date(after * 1000))?.getTime() ?? Infinity) / 1000;
    let run = next(from);
    return (after) => {
      while (run <= after) run = next(run);
      return run;
    };
  }

  it("makes it late exactly when a run and its grace have passed without a ping since", () => {
    const minutes = (max: number) => fc.integer({ min: 1, max });
    const event = fc.record({ wait: minutes(1440), ping: fc.boolean() });
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.constantFrom(...CRONS),
        fc.constantFrom(...MOMENTS),
        minutes(1440),
        minutes(180),
        fc.array(event, { maxLength: 6 }),
        (timeZone, cron, day, offset, graceMinutes, events) => {
          const grace = seconds(graceMinutes * 60);
          const created = at(`${day}T00:00:07Z`) - 43_200 + offset * 60;
          const job = scheduled({ kind: "cron", cron, timeZone, grace }, timestamp(created));
          const firstAfter = enumeration(cron, timeZone, created);
          let heard = created;
          let now = created;
          for (const { wait, ping } of events) {
            const awaited = firstAfter(heard);
            const due = awaited + grace;
            now += wait * 60;
            expect(job.isLate(timestamp(now))).toBe(now >= due);
            if (due > heard + 0.001 && due < now) {
              expect(job.isLate(timestamp(due - 0.001))).toBe(false);
              expect(job.isLate(timestamp(due))).toBe(true);
            }
            expect(job.view(timestamp(now)).nextExpected).toBe(awaited);
            if (!ping) continue;
            job.ping(timestamp(now));
            // Pings are 7 s after a minute, so that none is early for a run.
            heard = now;
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
