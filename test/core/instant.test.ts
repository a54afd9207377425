import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadConfigText } from "../../src/config/load.ts";
import { parseInstant } from "../../src/core/instant.ts";
import { readMicroTime } from "../../src/core/lease.ts";
import { readNotification } from "../../src/notify/notification.ts";
import { deps } from "../config/stand-ins.ts";

const BASE = Date.UTC(2026, 0, 31, 22) / 1000;

describe("a date and time", () => {
  test.each([
    ["2026-01-31T22:00:00Z", BASE],
    ["2026-01-31T22:00Z", BASE],
    ["2026-01-31t22:00:00z", BASE],
    ["2026-01-31 22:00:00Z", BASE],
    ["2026-01-31T22:00:00.5Z", BASE + 0.5],
    ["2026-01-31T22:00:00.123456Z", BASE + 0.123456],
    ["2026-01-31T22:00:00.123456789Z", BASE + 0.123456789],
    ["2026-01-31T23:00:00+01:00", BASE],
    ["2026-01-31T23:30:00.25+01:30", BASE + 0.25],
    ["2026-01-31T17:00:00.000-05:00", BASE],
    ["2026-02-01T21:59:00+23:59", BASE],
    ["2026-01-31T22:00:00-00:00", BASE],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29) / 1000],
    ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1) / 1000],
    ["0001-01-01T00:00:00Z", -62_135_596_800],
  ])("is %s", (text, at) => {
    expect(parseInstant(text)).toBeCloseTo(at, 6);
  });

  test.each([
    "",
    "tomorrow",
    "2026-01-31",
    "2026-01-31T22:00:00",
    "2026-01-31T22Z",
    "2026-02-30T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-31T24:00:00Z",
    "2026-01-31T22:60:00Z",
    "2026-01-31T22:00:61Z",
    "2026-01-31T22:00:00.Z",
    "2026-01-31T22:00.5Z",
    "2026-01-31T22:00:00+0100",
    "2026-01-31T22:00:00+24:00",
    "2026-01-31T22:00:00+01:60",
    "2026-01-31T22:00:00 Z",
    " 2026-01-31T22:00:00Z",
    "26-01-31T22:00:00Z",
    "Sat, 31 Jan 2026 22:00:00 GMT",
    "1769896800",
  ])("is not %j", (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  test("is the same for every offset and every number of digits", () => {
    const date = fc.date({
      min: new Date("0001-01-02T00:00:00Z"),
      max: new Date("9999-12-30T00:00:00Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, fc.integer({ min: -1439, max: 1439 }), fc.nat({ max: 6 }), (at, minutes, zeros) => {
        const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const digits = (n: number): string => String(n).padStart(2, "0");
        const size = Math.abs(minutes);
        const zone = `${minutes < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
        expect(parseInstant(`${local}${"0".repeat(zeros)}${zone}`)).toBeCloseTo(at.getTime() / 1000, 3);
      }),
    );
  });
});

describe("the same times are read", () => {
  const TIMES = ["2026-01-31T22:00:00.5Z", "2026-01-31T23:00:00.500+01:00", "2026-01-31T22:00:00.500000000Z"];

  test.each(TIMES)("in maintenance windows: %s", (from) => {
    const yaml = `modules: { a: { prober: http } }
maintenance: [{ name: m, targets: ["*"], once: { from: ${from}, to: 2026-02-01T00:00:00.123456+00:30 } }]`;
    const { maintenance } = loadConfigText(yaml, "exporter.yml", {}, deps);
    const to = Date.UTC(2026, 0, 31, 23, 30) / 1000 + 0.123456;
    expect(maintenance).toMatchObject([{ times: { kind: "once", from: BASE + 0.5, to } }]);
  });

  test.each(TIMES)("in notifications of Alertmanager: %s", (startsAt) => {
    const alert = { status: "firing", labels: {}, startsAt, fingerprint: "a" };
    const body = Buffer.from(JSON.stringify({ version: "4", alerts: [alert] }));
    expect(readNotification(body)).toMatchObject({ group: { alerts: [{ startsAt: BASE + 0.5 }] } });
  });

  test.each(TIMES)("in Leases: %s", (text) => {
    expect(readMicroTime(text)).toBe(BASE + 0.5);
  });
});

test("a notification with a time in another form is refused", () => {
  const alert = { status: "firing", labels: {}, startsAt: "31 Jan 2026", fingerprint: "a" };
  const body = Buffer.from(JSON.stringify({ version: "4", alerts: [alert] }));
  expect(readNotification(body)).toMatchObject({
    kind: "problem",
    text: expect.stringContaining("startsAt"),
  });
});
