import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventFacts, PastEvent } from "../../src/core/history.ts";
import { timestamp } from "../../src/core/units.ts";
import { createIncidentLog, type IncidentLog } from "../../src/page/incidents/log.ts";
import { incidentOf, incidentWithEvents } from "../../src/page/incidents/shown.ts";

const START = 1_757_943_000;
const at = (passed: number) => timestamp(START + passed);

const event = (passed: number, more: Partial<EventFacts>): PastEvent => ({
  id: (START + passed) * 1000,
  kind: "status",
  at: at(passed),
  subject: "gpt",
  ...more,
});
const down = (passed: number, cause = "auth", from = "healthy"): PastEvent =>
  event(passed, { from, to: "unhealthy", cause });
const up = (passed: number, from = "unhealthy"): PastEvent => event(passed, { from, to: "healthy" });

function logOf(...events: readonly PastEvent[]): IncidentLog {
  const log = createIncidentLog();
  for (const one of events) log.add(one);
  return log;
}

/** The incidents in short, the newest first. */
const short = (log: IncidentLog): readonly unknown[] =>
  log
    .list()
    .map(({ name, from, to, status, reasons, flaps }) => [
      name,
      from - START,
      to === undefined ? null : to - START,
      status,
      reasons.join(),
      flaps,
    ]);

describe("incidents", () => {
  it.each([
    ["one failure", [down(0), up(60)], [["gpt", 0, 60, "unhealthy", "auth", 0]]],
    ["one that lasts", [down(0)], [["gpt", 0, null, "unhealthy", "auth", 0]]],
    [
      "a change of the reason",
      [
        event(0, { from: "healthy", to: "degraded", cause: "slow" }),
        down(60, "timeout", "degraded"),
        event(90, { from: "unhealthy", to: "degraded", cause: "slow" }),
        up(120, "degraded"),
      ],
      [["gpt", 0, 120, "unhealthy", "slow,timeout", 0]],
    ],
    [
      "flapping, which is one incident",
      [down(0), up(60), down(120), up(180), down(300, "dns"), up(400)],
      [["gpt", 0, 400, "unhealthy", "auth,dns", 2]],
    ],
    [
      "failures that are ten minutes apart",
      [down(0), up(60), down(660), up(700)],
      [
        ["gpt", 660, 700, "unhealthy", "auth", 0],
        ["gpt", 0, 60, "unhealthy", "auth", 0],
      ],
    ],
    [
      "a target that is unknown in between: it has not recovered",
      [
        down(0),
        event(60, { from: "unhealthy", to: "unknown", cause: "stale" }),
        down(1800, "auth", "unknown"),
        up(1900, "unhealthy"),
      ],
      [["gpt", 0, 1900, "unhealthy", "auth", 1]],
    ],
    [
      "a target that is unknown, which is no incident",
      [event(0, { from: "healthy", to: "unknown" }), up(60, "unknown")],
      [],
    ],
    [
      "two targets",
      [down(0), { ...down(1), id: 1 + START * 1000, subject: "shop" }, up(60)],
      [
        ["shop", 1, null, "unhealthy", "auth", 0],
        ["gpt", 0, 60, "unhealthy", "auth", 0],
      ],
    ],
    [
      "a heartbeat",
      [
        event(0, {
          kind: "heartbeat",
          subject: "box",
          source: "push",
          from: "up",
          to: "down",
          cause: "timeout",
        }),
        event(60, { kind: "heartbeat", subject: "box", source: "push", from: "down", to: "up" }),
      ],
      [["box", 0, 60, "unhealthy", "timeout", 0]],
    ],
    [
      "a history that begins in the middle of one",
      [event(0, { kind: "mode", from: "primary", to: "fallback" }), up(600)],
      [["gpt", 0, 600, "unhealthy", "", 0]],
    ],
  ])("are derived from %s", (_name, events, want) => {
    expect(short(logOf(...events))).toEqual(want);
  });

  it("tell what else happened to a target, and only while they last", () => {
    const mode = { kind: "mode", from: "primary", to: "fallback", cause: "threshold" } as const;
    const log = logOf(
      down(0),
      event(1, mode),
      up(60),
      event(61, { ...mode, from: "fallback", to: "primary" }),
    );
    const [incident] = log.list();
    if (incident === undefined) throw new Error("no incident");
    expect(incidentWithEvents(incident, [], at(100)).events).toEqual([
      { at: "2025-09-15T13:30:00Z", kind: "status", text: "became unhealthy, was healthy (auth)" },
      { at: "2025-09-15T13:30:01Z", kind: "mode", text: "mode changed to fallback (threshold)" },
      { at: "2025-09-15T13:31:00Z", kind: "status", text: "became healthy, was unhealthy" },
    ]);
  });

  it("do not count the time in which the exporter did not run", () => {
    const [incident] = logOf(down(0), up(4000)).list();
    if (incident === undefined) throw new Error("no incident");
    const absences = [
      { from: at(1000), to: at(3000) },
      { from: at(3900), to: at(5000) },
    ];
    expect(incidentOf(incident, absences, at(9000))).toMatchObject({
      seconds: 1900,
      unobserved_seconds: 2100,
      title: "gpt was down for 31m (auth)",
    });
  });

  it("are the same whether events are read from the history, told, or both", () => {
    const arbitrary = fc.array(
      fc.record({
        gap: fc.integer({ min: 1, max: 2000 }),
        subject: fc.constantFrom("a", "b"),
        to: fc.constantFrom("healthy", "degraded", "unhealthy", "unknown"),
        kind: fc.constantFrom("status", "group", "component", "mode"),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(arbitrary, fc.nat(), (steps, cut) => {
        let passed = 0;
        const last = new Map<string, string>();
        const events = steps.map(({ gap, subject, to, kind }) => {
          passed += gap;
          const key = `${kind}/${subject}`;
          const from = last.get(key) ?? "unknown";
          last.set(key, to);
          return event(passed, { subject, from, to, kind });
        });
        const whole = logOf(...events);
        const again = logOf(...events.slice(0, cut % (events.length + 1)), ...events);
        expect(again.list()).toEqual(whole.list());
        for (const { from, to, kind, name, changes } of whole.list()) {
          expect(to ?? Number.POSITIVE_INFINITY).toBeGreaterThan(from);
          // One that is over ended by what is no failure, and one that lasts by nothing.
          const end = changes.at(-1)?.to;
          expect(["healthy", "unknown"].includes(end ?? "")).toBe(to !== undefined);
          expect(whole.of({ kind, name }).length).toBeGreaterThan(0);
        }
        // No two incidents of one subject overlap.
        for (const kind of ["target", "group", "component"] as const) {
          for (const name of ["a", "b"]) {
            const own = whole.of({ kind, name }).toReversed();
            for (const [i, one] of own.entries()) {
              const next = own[i + 1];
              if (next !== undefined) expect(one.to ?? Number.POSITIVE_INFINITY).toBeLessThan(next.from);
            }
          }
        }
      }),
    );
  });

  it("are bounded in number and length", () => {
    const log = createIncidentLog();
    for (let i = 0; i < 6000; i += 1) {
      log.add({ ...down(i * 2), subject: `t${i}`, id: i + 1 });
    }
    expect(log.list()).toHaveLength(5000);
    expect(log.of({ kind: "target", name: "t0" })).toEqual([]);
    const flapping = createIncidentLog();
    for (let i = 0; i < 3000; i += 1) flapping.add(i % 2 === 0 ? down(i) : up(i));
    expect(Math.max(...flapping.list().map(({ changes }) => changes.length))).toBeLessThan(510);
    expect(flapping.changes({ kind: "target", name: "gpt" }).length).toBeLessThanOrEqual(1100);
  });
});
