import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAYS, type WindowTimes } from "../../src/core/maintenance.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { openingOf } from "../../src/maintenance/times.ts";

const at = (text: string) => timestamp(Date.parse(text) / 1000);
const rfc = (time: number): string => new Date(time * 1000).toISOString().slice(0, 16);

/** The times, to five minutes, at which a window opens and closes between two. */
function changes(times: WindowTimes, from: string, to: string): string[] {
  const opening = openingOf(times);
  const found: string[] = [];
  let before = opening(at(from)).open;
  for (let now: number = at(from); now < at(to); now += 300) {
    const { open, until } = opening(timestamp(now));
    if (open !== before) found.push(`${open ? "open" : "closed"} ${rfc(now)}`);
    // What is said of the next change is what happens.
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
  test("once is open from its first moment to its last", () => {
    const opening = openingOf({ kind: "once", from: timestamp(100), to: timestamp(200) });
    expect([99.9, 100, 199.9, 200].map((now) => opening(timestamp(now)))).toEqual([
      { open: false, until: 100 },
      { open: true, until: 200 },
      { open: true, until: 200 },
      { open: false },
    ]);
  });

  test("each week may go past midnight", () => {
    expect(changes(berlin(["sat"], "22:00", "02:00"), "2026-01-08T00:00Z", "2026-01-19T00:00Z")).toEqual([
      "open 2026-01-10T21:00",
      "closed 2026-01-11T01:00",
      "open 2026-01-17T21:00",
      "closed 2026-01-18T01:00",
    ]);
  });

  test("of 24 hours on each day is always open", () => {
    expect(changes(berlin([...DAYS], "10:00", "10:00"), "2026-03-20T00:00Z", "2026-04-05T00:00Z")).toEqual(
      [],
    );
  });

  // In Berlin 02:00 becomes 03:00 on 2026-03-29, and 03:00 becomes 02:00 on 2026-10-25, both at 01:00 UTC.
  test.each([
    {
      when: "over the night in which the clock is set forward",
      day: "sat",
      from: "22:00",
      to: "04:00",
      opens: "2026-03-28T21:00",
      closes: "2026-03-29T02:00",
    },
    {
      when: "that begins at a time that is skipped",
      day: "sun",
      from: "02:30",
      to: "04:00",
      opens: "2026-03-29T01:00",
      closes: "2026-03-29T02:00",
    },
    {
      when: "that ends at a time that is skipped",
      day: "sat",
      from: "22:00",
      to: "02:30",
      opens: "2026-03-28T21:00",
      closes: "2026-03-29T01:00",
    },
    {
      when: "over the night in which it is set back",
      day: "sat",
      from: "22:00",
      to: "04:00",
      opens: "2026-10-24T20:00",
      closes: "2026-10-25T03:00",
    },
    {
      when: "that begins at a time that comes twice",
      day: "sun",
      from: "02:30",
      to: "04:00",
      opens: "2026-10-25T00:30",
      closes: "2026-10-25T03:00",
    },
    {
      when: "that ends at a time that comes twice",
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

  test("by cron lasts as long as it says, whatever the clock does", () => {
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

  test("by cron that begins anew while it is open stays open", () => {
    const times = { kind: "cron", cron: "*/5 * * * *", duration: seconds(600), timeZone: "UTC" } as const;
    expect(changes(times, "2026-01-01T00:00Z", "2026-01-01T06:00Z")).toEqual([]);
    expect(openingOf(times)(at("2026-01-01T00:00Z")).open).toBe(true);
  });

  test("is open at any time for which a start lies within its duration, and at no other", () => {
    const duration = seconds(1800);
    const opening = openingOf({ kind: "cron", cron: "0 */2 * * *", duration, timeZone: "UTC" });
    const property = fc.property(
      fc.double({ min: 1.7e9, max: 1.8e9, noNaN: true }),
      (now) => opening(timestamp(now)).open === now % 7200 < duration,
    );
    expect(fc.check(property)).toMatchObject({ failed: false });
  });
});
