import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { timestamp } from "../../../src/core/units.ts";
import { findTime } from "../../../src/probers/heartbeat-log/times.ts";
import { isZone } from "../../../src/probers/heartbeat-log/zones.ts";
import { run } from "../../helpers/process.ts";

/** Zones with changes by an hour, by half an hour, by two hours, in the south, at midnight, against the season, and none. */
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "Europe/Dublin",
  "America/New_York",
  "America/St_Johns",
  "America/Havana",
  "Australia/Lord_Howe",
  "Antarctica/Troll",
  "Pacific/Auckland",
  "Asia/Kolkata",
] as const;

const HOUR = 3_600_000;
const BEGIN = Date.UTC(2026, 0, 1);
const END = Date.UTC(2027, 0, 2);

const wallOf = (zone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("sv", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });

describe.each(ZONES)("clocks in %s", (zone) => {
  const wall = wallOf(zone);

  test("are read in every hour of a year", () => {
    const wrong: string[] = [];
    for (let ms = BEGIN; ms < END; ms += HOUR) {
      for (const at of [ms, ms + 1_750_000]) {
        const text = wall.format(at);
        if (findTime(text, zone, timestamp(at / 1000)) !== at / 1000) wrong.push(text);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("are never read as a time after the text was written, and read later only where they were set back", () => {
    fc.assert(
      fc.property(fc.integer({ min: BEGIN / 1000, max: END / 1000 }), fc.nat(86_400), (at, age) => {
        const text = wall.format(at * 1000);
        const read = findTime(text, zone, timestamp(at + age)) ?? 0;
        expect(wall.format(read * 1000)).toBe(text);
        expect(read).toBeLessThanOrEqual(at + age + 5);
        expect(read).toBeGreaterThanOrEqual(at);
      }),
      { numRuns: 300 },
    );
  });
});

test("without timezone they are read in the zone of TZ", async () => {
  const script = fileURLToPath(new URL("local-zones.ts", import.meta.url));
  // A rule of its own, which Intl does not know.
  const zones = [...ZONES, "XXX5YYY,M3.2.0,M11.1.0"];
  const { stdout, stderr } = await run([process.execPath, script, ...zones]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(Object.fromEntries(zones.map((zone) => [zone, []])));
});

test.each([
  ["local", true],
  ["utc", true],
  ["UTC", true],
  ["Europe/Berlin", true],
  ["europe/berlin", true],
  ["+02:00", true],
  ["-0530", true],
  ["Europe/Bonn", false],
  ["+25:00", false],
  ["", false],
])("%j is a zone: %s", (zone, wanted) => {
  expect(isZone(zone)).toBe(wanted);
});
