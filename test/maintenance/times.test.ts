import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAYS, type WindowTimes } from "../../src/core/maintenance.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { compileTimes } from "../../src/maintenance/times.ts";

const at = (text: string) => timestamp(Date.parse(text) / 1000);
const rfc = (time: number): string => new Date(time * 1000).toISOString().slice(0, 16);

/** Returns when a window opens and closes between `from` and `to`, to five minutes. */
function changes(times: WindowTimes, from: string, to: string): string[] {
  const stateAt = compileTimes(times);
  const found: string[] = [];
  let before = stateAt(at(from)).open;
  for (let now: number = at(from); now < at(to); now += 300) {
    const { open, until } = stateAt(timestamp(now));
    if (open !== before) found.push(`${open ? "open" : "closed"} ${rfc(now)}`);
    // The next change is always in the future.
    expect(until === undefined || until > now).toBe(true);
    before = open;
  }
  return found;
}

const berlin = (days: (typeof DAYS)[number][], from: string, to: string): WindowTimes => ({
  kind: "weekly",
  days,
  from,
  to,
  timeZone: "Europe/Berlin",
});

describe("a window", () => {
  test("that occurs once is open from `from`, included, to `to`, excluded", () => {
    const stateAt = compileTimes({ kind: "once", from: timestamp(100), to: timestamp(200) });
    expect([99.9, 100, 199.9, 200].map((now) => stateAt(timestamp(now)))).toEqual([
      { open: false, until: 100 },
      { open: true, until: 200 },
      { open: true, until: 200 },
      { open: false, ended: 200 },
    ]);
  });

  // 2026-01-10 is a Saturday; 22:15 in Berlin is 21:15 UTC.
  test.each<{ kind: string; times: WindowTimes; opens: string; closes: string; past: string; next: string }>([
    {
      kind: "weekly",
      times: berlin(["sat"], "22:15", "02:45"),
      past: "2026-01-04T01:45Z",
      opens: "2026-01-10T21:15Z",
      closes: "2026-01-11T01:45Z",
      next: "2026-01-17T21:15Z",
    },
    {
      kind: "by cron",
      times: { kind: "cron", cron: "30 */6 * * *", duration: seconds(1800), timeZone: "UTC" },
      past: "2026-01-10T13:00Z",
      opens: "2026-01-10T18:30Z",
      closes: "2026-01-10T19:00Z",
      next: "2026-01-11T00:30Z",
    },
  ])(
    "that recurs $kind knows its changes, and when it was last open",
    ({ times, opens, closes, past, next }) => {
      const stateAt = compileTimes(times);
      const around = (change: string) =>
        [-1, -0.5, 0, 0.5].map((offset) => stateAt(timestamp(at(change) + offset)));
      const before = { open: false, until: at(opens), ended: at(past) };
      const during = { open: true, until: at(closes) };
      const after = { open: false, until: at(next), ended: at(closes) };
      expect(around(opens)).toEqual([before, before, during, during]);
      expect(around(closes)).toEqual([during, during, after, after]);
    },
  );

  test("by cron on a day that never comes is never open", () => {
    const never = { kind: "cron", cron: "0 0 30 2 *", duration: seconds(3600), timeZone: "UTC" } as const;
    expect(compileTimes(never)(at("2026-03-02T00:00Z"))).toEqual({ open: false });
  });

  test("that recurs weekly may span midnight", () => {
    expect(changes(berlin(["sat"], "22:00", "02:00"), "2026-01-08T00:00Z", "2026-01-19T00:00Z")).toEqual([
      "open 2026-01-10T21:00",
      "closed 2026-01-11T01:00",
      "open 2026-01-17T21:00",
      "closed 2026-01-18T01:00",
    ]);
  });

  test("of 24 hours on every day is always open", () => {
    expect(changes(berlin([...DAYS], "10:00", "10:00"), "2026-03-20T00:00Z", "2026-04-05T00:00Z")).toEqual(
      [],
    );
  });

  // In Berlin 02:00 becomes 03:00 on 2026-03-29, and 03:00 becomes 02:00 on 2026-10-25, both at 01:00 UTC.
  test.each([
    {
      when: "that spans the night in which the clock is set forward",
      day: "sat",
      from: "22:00",
      to: "04:00",
      opens: "2026-03-28T21:00",
      closes: "2026-03-29T02:00",
    },
    {
      when: "that starts at a skipped time",
      day: "sun",
      from: "02:30",
      to: "04:00",
      opens: "2026-03-29T01:00",
      closes: "2026-03-29T02:00",
    },
    {
      when: "that ends at a skipped time",
      day: "sat",
      from: "22:00",
      to: "02:30",
      opens: "2026-03-28T21:00",
      closes: "2026-03-29T01:00",
    },
    {
      when: "that spans the night in which the clock is set back",
      day: "sat",
      from: "22:00",
      to: "04:00",
      opens: "2026-10-24T20:00",
      closes: "2026-10-25T03:00",
    },
    {
      when: "that starts at a repeated time",
      day: "sun",
      from: "02:30",
      to: "04:00",
      opens: "2026-10-25T00:30",
      closes: "2026-10-25T03:00",
    },
    {
      when: "that ends at a repeated time",
      day: "sat",
      from: "22:00",
      to: "02:30",
      opens: "2026-10-24T20:00",
      closes: "2026-10-25T00:30",
    },
  ] as const)("$when", ({ day, from, to, opens, closes }) => {
    const start = `${opens.slice(0, 10)}T00:00Z`;
    const end = rfc(at(start) + 3 * 86_400);
    expect(changes(berlin([day], from, to), start, `${end}Z`)).toEqual([`open ${opens}`, `closed ${closes}`]);
  });

  test("by cron lasts exactly its duration, also across changes of the clock", () => {
    const times = {
      kind: "cron",
      cron: "30 2 * * *",
      duration: seconds(3600),
      timeZone: "Europe/Berlin",
    } as const;
    expect(changes(times, "2026-10-24T12:00Z", "2026-10-26T12:00Z")).toEqual([
      "open 2026-10-25T00:30",
      "closed 2026-10-25T01:30",
      "open 2026-10-26T01:30",
      "closed 2026-10-26T02:30",
    ]);
    expect(changes(times, "2026-03-28T12:00Z", "2026-03-30T12:00Z")).toEqual([
      "open 2026-03-29T01:00",
      "closed 2026-03-29T02:00",
      "open 2026-03-30T00:30",
      "closed 2026-03-30T01:30",
    ]);
  });

  test("by cron stays open if it starts again while open", () => {
    const times = { kind: "cron", cron: "*/5 * * * *", duration: seconds(600), timeZone: "UTC" } as const;
    expect(changes(times, "2026-01-01T00:00Z", "2026-01-01T06:00Z")).toEqual([]);
    expect(compileTimes(times)(at("2026-01-01T00:00Z")).open).toBe(true);
  });

  test("by cron is open exactly when the last start is less than its duration ago", () => {
    const duration = seconds(1800);
    const stateAt = compileTimes({ kind: "cron", cron: "0 */2 * * *", duration, timeZone: "UTC" });
    const property = fc.property(
      fc.double({ min: 1.7e9, max: 1.8e9, noNaN: true }),
      (now) => stateAt(timestamp(now)).open === now % 7200 < duration,
    );
    expect(fc.check(property)).toMatchObject({ failed: false });
  });
});
