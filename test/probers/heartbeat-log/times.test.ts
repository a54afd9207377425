import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { findTime, timeOf } from "../../../src/probers/heartbeat-log/times.ts";
import { manualClock } from "../../helpers/clock.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { beat, start } from "./support.ts";

const at = (text: string): number => Date.parse(text) / 1000;

/** Half a minute after the times in the table. */
const NOON = timestamp(at("2026-11-29T13:45:30Z"));

describe("forms of times, before other text", () => {
  test.each([
    ["RFC 3339", "2026-11-29T13:45:00Z", 0],
    ["RFC 3339 with an offset and nanoseconds", "2026-11-29T19:15:00.123456789+05:30", 0.123456789],
    ["RFC 3339 without seconds", "2026-11-29T13:45Z", 0],
    ["RFC 5424", "<165>1 2026-11-29T13:45:00.250Z host app 1234 ID47 -", 0.25],
    ["Python's logging", "2026-11-29 13:45:00,123 INFO worker:", 0.123],
    ["ISO 8601 without punctuation", "20261129T134500Z", 0],
    ["Go's log", "2026/11/29 13:45:00", 0],
    ["Go's log with microseconds", "2026/11/29 13:45:00.123456 main.go:7:", 0.123456],
    ["Go's time.String", "2026-11-29 15:45:00.5 +0200 EET m=+0.000012", 0.5],
    ["klog", "I1129 13:45:00.123456    7 main.go:7]", 0.123456],
    ["glog with a year", "W20261129 13:45:00.123456 7 main.cc:7]", 0.123456],
    ["the common log format", '127.0.0.1 - - [29/Nov/2026:13:45:00 +0000] "GET /', 0],
    ["the common log format, elsewhere", "::1 - - [29/Nov/2026:08:45:00 -0500]", 0],
    ["nginx' error log", "2026/11/29 13:45:00 [error] 7#7: *1", 0],
    ["RFC 3164", "Nov 29 13:45:00 host app[7]:", 0],
    ["RFC 3164 with a priority", "<34>Nov 29 13:45:00 host su:", 0],
    ["asctime", "Sun Nov 29 13:45:00 2026", 0],
    ["Apache's error log", "[Sun Nov 29 13:45:00.123456 2026] [core:notice] [pid 7]", 0.123456],
    ["date(1)", "Sun Nov 29 14:45:00 CET 2026", 0],
    ["date(1) in a zone without an entry", "Sun Nov 29 13:45:00 WIB 2026", 0],
    ["JavaScript's Date", "Sun Nov 29 2026 14:45:00 GMT+0100 (CET)", 0],
    ["RFC 1123", "Sun, 29 Nov 2026 13:45:00 GMT", 0],
    ["RFC 2822", "Sun, 29 Nov 2026 08:45:00 -0500", 0],
    ["RFC 850", "Sunday, 29-Nov-26 13:45:00 GMT", 0],
    ["Redis", "7:M 29 Nov 2026 13:45:00.500 *", 0.5],
    ["Tomcat", "29-Nov-2026 13:45:00.500 INFO [main]", 0.5],
    ["Java's logging", "Nov 29, 2026 1:45:00 PM com.example.Main main", 0],
    ["Postgres", "2026-11-29 13:45:00.123 UTC [7] LOG:", 0.123],
    ["with dots", "29.11.2026 13:45:00", 0],
    ["Unix seconds", "1795959900.5 INFO", 0.5],
    ["Unix milliseconds in brackets", "[1795959900500] INFO", 0.5],
    ["after an address and a number", "10.0.0.1:8080 pid 1234567890123 2026-11-29T13:45:00Z", 0],
  ])("%s", (_, text, fraction) => {
    const wanted = at("2026-11-29T13:45:00Z") + fraction;
    expect(findTime(text, "utc", NOON)).toBeCloseTo(wanted, 6);
    expect(findTime(`${text} {"event":"x"}`, "utc", NOON)).toBeCloseTo(wanted, 6);
    expect(timeOf(text, "utc", NOON)).toBeCloseTo(wanted, 6);
  });
});

describe("Unix times in fields", () => {
  test.each([
    ["seconds", 1795959900, 0],
    ["seconds as zap writes them", JSON.parse("1.7959599005E9") as number, 0.5],
    ["milliseconds", 1795959900500, 0.5],
    ["microseconds", 1795959900500000, 0.5],
    ["nanoseconds", 1795959900500000000, 0.5],
    ["seconds as text", " 1795959900.5 ", 0.5],
    ["an exponent as text", "1.7959599005e9", 0.5],
    ["milliseconds as text", "1795959900500", 0.5],
    ["microseconds as text", "1795959900500000", 0.5],
    ["nanoseconds as text", "1795959900500000000", 0.5],
  ])("%s", (_, value, fraction) => {
    expect(timeOf(value, "utc", NOON)).toBeCloseTo(1795959900 + fraction, 6);
  });
});

test.each([
  "yesterday",
  "13:45:00.123 INFO",
  "2026-02-30T13:45:00Z",
  "2026-11-29T24:45:00Z",
  "2026-13-29 13:45:00",
  "Nov 31 13:45:00",
  "13/29/2026 13:45:00",
  "I1329 13:45:00.000000",
  "Nov 29, 2026 13:45:00 PM",
  "0000000005 x",
  "1234567890.1.2",
  "20261129134500",
  "",
])("no time is read from %j", (text) => {
  expect(findTime(text, "utc", NOON)).toBeUndefined();
});

describe("a time without a year is the nearest that is not ahead", () => {
  test.each([
    ["this year", "Nov 29 13:45:00", "2026-11-29T13:45:30Z", "utc", "2026-11-29T13:45:00Z"],
    ["last year", "Dec 31 23:59:30", "2027-01-01T00:00:10Z", "utc", "2026-12-31T23:59:30Z"],
    ["a year ago", "Nov 30 00:00:00", "2026-11-29T13:45:30Z", "utc", "2025-11-30T00:00:00Z"],
    [
      "next year in its zone",
      "Jan  1 08:59:30",
      "2026-12-31T23:59:40Z",
      "Asia/Tokyo",
      "2026-12-31T23:59:30Z",
    ],
    ["a clock ahead", "Nov 29 13:47:00", "2026-11-29T13:45:30Z", "utc", "2026-11-29T13:47:00Z"],
    ["a leap day", "Feb 29 12:00:00", "2026-11-29T00:00:00Z", "utc", "2024-02-29T12:00:00Z"],
    ["a leap day after 1900", "Feb 29 12:00:00", "1903-11-29T00:00:00Z", "utc", "1896-02-29T12:00:00Z"],
    ["klog", "E1231 23:59:30.000000 7 x.go:1]", "2027-01-01T00:00:10Z", "utc", "2026-12-31T23:59:30Z"],
  ])("%s", (_, text, latest, zone, wanted) => {
    expect(findTime(text, zone, timestamp(at(latest)))).toBe(at(wanted));
  });
});

describe("a time of day that comes twice", () => {
  // Clocks in Berlin go back from 03:00 to 02:00 at 01:00 UTC.
  test.each([
    ["before it came again", "2026-10-25 02:30:00", "2026-10-25T00:30:01Z", "2026-10-25T00:30:00Z"],
    ["just before it comes again", "2026-10-25 02:30:00", "2026-10-25T01:29:00Z", "2026-10-25T00:30:00Z"],
    ["when it came again", "2026-10-25 02:30:00", "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z"],
    [
      "by a clock that is a second ahead",
      "2026-10-25 02:30:01",
      "2026-10-25T01:30:00Z",
      "2026-10-25T01:30:01Z",
    ],
    ["with its zone", "Sun Oct 25 02:30:00 CEST 2026", "2026-10-25T03:00:00Z", "2026-10-25T00:30:00Z"],
    ["with its offset", "2026-10-25 02:30:00+02:00", "2026-10-25T03:00:00Z", "2026-10-25T00:30:00Z"],
    ["the hour after", "2026-10-25 03:00:00", "2026-10-25T02:00:01Z", "2026-10-25T02:00:00Z"],
    // They skip from 02:00 to 03:00 at 01:00 UTC. A clock that shows 02:30 was not set.
    ["that was skipped", "2026-03-29 02:30:00", "2026-03-29T01:30:01Z", "2026-03-29T01:30:00Z"],
  ])("is read %s", (_, text, latest, wanted) => {
    expect(findTime(text, "Europe/Berlin", timestamp(at(latest)))).toBe(at(wanted));
  });
});

test.each([
  ["utc", "2026-11-29T13:45:00Z"],
  ["+02:00", "2026-11-29T11:45:00Z"],
  ["-0530", "2026-11-29T19:15:00Z"],
  ["Asia/Kathmandu", "2026-11-29T08:00:00Z"],
  ["america/new_york", "2026-11-29T18:45:00Z"],
])("timezone: %s", (zone, wanted) => {
  expect(findTime("2026-11-29 13:45:00", zone, timestamp(at("2027-01-01T00:00:00Z")))).toBe(at(wanted));
});

describe("the heartbeat of a log that is followed", () => {
  const options = (folder: string) => ({ paths: [folder], timezone: "Europe/Berlin" });

  test("is fresh throughout the hour that comes twice, and stale once it stops", async () => {
    await using folder = await temporaryFolder();
    const clock = manualClock(at("2026-10-25T00:00:00Z"));
    const { probe } = start(options(folder.path), { clock });
    const wall = new Intl.DateTimeFormat("sv", {
      timeZone: "Europe/Berlin",
      dateStyle: "short",
      timeStyle: "medium",
    });
    let content = "";
    for (let minute = 0; minute < 150; minute += 1) {
      content += beat(minute + 1, { timestamp: wall.format(clock.now() * 1000) });
      const file = await folder.write("app.log", content);
      clock.advance(seconds(1));
      const probed = await probe(file);
      expect([minute, probed.verdict]).toEqual([minute, "ok"]);
      expect(probed.value("last_seen_timestamp_seconds")).toBe(clock.now() - 1);
      clock.advance(seconds(59));
    }
    clock.advance(seconds(120));
    expect((await probe(join(folder.path, "app.log"))).verdict).toBe("stale");
  });

  test("of a log that was last written before that hour came again is not taken for a new one", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", beat(1, { timestamp: "2026-10-25 02:30:00" }));
    const died = at("2026-10-25T00:30:00Z");
    await utimes(file, died, died);
    const clock = manualClock(at("2026-10-25T01:30:10Z"));
    const probed = await start(options(folder.path), { clock }).probe(file);
    expect(probed.verdict).toBe("stale");
    expect(probed.value("last_seen_timestamp_seconds")).toBe(died);
  });
});

describe("a heartbeat whose time is unknown", () => {
  const BEGIN = at("2026-11-29T12:00:00Z");
  const unknown = (count: number, time: string) => beat(count, { timestamp: time });

  test("has the modification time of the file at most, after each start of the exporter", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", unknown(1, "the 3rd day"));
    await utimes(file, BEGIN - 86_400, BEGIN - 86_400);
    for (let starts = 0; starts < 3; starts += 1) {
      const probed = await start({ paths: [folder.path] }, { clock: manualClock(BEGIN) }).probe(file);
      expect(probed.verdict).toBe("stale");
      expect(probed.value("last_seen_timestamp_seconds")).toBe(BEGIN - 86_400);
    }
  });

  test("is new if it arrives while the log is followed, even if the clock of the file server is behind", async () => {
    await using folder = await temporaryFolder();
    const clock = manualClock(BEGIN);
    const { probe } = start({ paths: [folder.path] }, { clock });
    const behind = async (content: string): Promise<string> => {
      const file = await folder.write("app.log", content);
      await utimes(file, clock.now() - 3600, clock.now() - 3600);
      return file;
    };
    const file = await behind(unknown(1, "first"));
    expect((await probe(file)).verdict).toBe("stale");
    clock.advance(seconds(15));
    await behind(unknown(1, "first") + unknown(2, "second"));
    const probed = await probe(file);
    expect(probed.verdict).toBe("ok");
    expect(probed.value("last_seen_timestamp_seconds")).toBe(BEGIN);
  });

  test("that is ahead does not make a log fresh that was modified a day ago", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", beat(1, { timestamp: BEGIN + 3600 }));
    await utimes(file, BEGIN - 86_400, BEGIN - 86_400);
    const probed = await start({ paths: [folder.path] }, { clock: manualClock(BEGIN) }).probe(file);
    expect(probed.verdict).toBe("stale");
  });

  test.each([
    ["a text in a field", beat(1, { timestamp: "the 3rd day" }), 'the time "the 3rd day" of its heartbeats'],
    ["a number in a field", beat(1, { timestamp: 42 }), 'the time "42" of its heartbeats'],
    [
      "a text before the fields",
      `13:45:00.1 [main] ${beat(1, { timestamp: undefined })}`,
      '"13:45:00.1 [main]"',
    ],
    ["a long text", beat(1, { timestamp: "ü".repeat(500) }), `"${"ü".repeat(80)}"`],
    ["nothing that looks like a time", beat(1, { timestamp: undefined }), undefined],
    ["a known time", beat(1, { timestamp: BEGIN }), undefined],
    ["another known time", `2026-11-29T12:00:00Z ${beat(1, { timestamp: "soon" })}`, undefined],
  ])("is said with its text: %s", async (_, content, text) => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", content);
    const { result } = await start({ paths: [folder.path] }, { clock: manualClock(BEGIN) }).probe(file);
    const warnings = (result.warnings ?? []).map(({ message }) => message);
    expect(warnings.length).toBe(text === undefined ? 0 : 1);
    expect(warnings.join("\n")).toContain(text ?? "");
  });
});
