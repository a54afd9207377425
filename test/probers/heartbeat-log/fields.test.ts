import { writeFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { flatten } from "../../../src/probers/heartbeat-log/flatten.ts";
import { timeOf } from "../../../src/probers/heartbeat-log/times.ts";
import { manualClock } from "../../helpers/clock.ts";
import { parseExposition } from "../../helpers/exposition.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { beat, NOW, start } from "./support.ts";

describe("the time of a heartbeat", () => {
  test.each([
    ["seconds", 1757943000.5, 1757943000.5],
    ["milliseconds", 1757943000500, 1757943000.5],
    ["microseconds as text", "1757943000500000", 1757943000.5],
    ["nanoseconds", 1757943000500000000, 1757943000.5],
    ["RFC 3339", "2025-09-15T13:30:00.5Z", 1757943000.5],
    ["with an offset", "2025-09-15T15:30:00+02:00", 1757943000],
    ["without a colon", "2025-09-15T08:00:00-0530", 1757943000],
    ["Python's logging", "2025-09-15 13:30:00,500", 1757943000.5],
    ["nine digits", "2025-09-15T13:30:00.500000000Z", 1757943000.5],
    ["a duration", 5.2, undefined],
    ["a word", "yesterday", undefined],
    ["month 13", "2025-13-15T13:30:00Z", undefined],
    ["null", null, undefined],
  ])("%s", (_, value, wanted) => {
    expect(timeOf(value, "utc")).toBe(wanted);
  });

  test("without a zone is in the configured zone, by default the exporter's", () => {
    const local = new Date(2025, 8, 15, 13, 30, 0).getTime() / 1000;
    expect(timeOf("2025-09-15 13:30:00", "local")).toBe(local);
  });

  test.each([
    ["is taken from its own field", { timestamp: NOW - 10, time: NOW - 20 }, "", NOW - 10],
    [
      "is taken from another time field",
      { timestamp: undefined, asctime: "2025-09-15T13:29:50Z" },
      "",
      NOW - 10,
    ],
    ["is taken from the text before it", { timestamp: undefined }, "2025-09-15T13:29:50Z INFO ", NOW - 10],
    ["is at most the exporter's time", { timestamp: NOW + 3600 }, "", NOW],
  ])("%s", async (_, fields, prefix, wanted) => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", prefix + beat(1, fields));
    const { probe } = start({ paths: [folder.path] });
    const probed = await probe(file);
    expect(probed.value("last_seen_timestamp_seconds")).toBe(wanted);
    expect(probed.log.some((message) => message.includes("ahead of"))).toBe(wanted === NOW);
  });

  test("is not in the future, so that a wrong clock cannot keep a dead service alive", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", beat(1, { timestamp: NOW + 1e6 }));
    const clock = manualClock(NOW);
    const { probe } = start({ paths: [folder.path] }, { clock });
    expect((await probe(file)).verdict).toBe("ok");
    clock.advance(seconds(150));
    expect((await probe(file)).verdict).toBe("stale");
  });

  test("without any time is at most the modification time of the file, and the time of reading", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", beat(1, { timestamp: undefined }));
    const { utimes } = await import("node:fs/promises");
    await utimes(file, NOW - 100, NOW - 100);
    const { probe } = start({ paths: [folder.path] });
    expect((await probe(file)).value("last_seen_timestamp_seconds")).toBe(NOW - 100);
    // The file was modified now, years after the time of the test's clock.
    await writeFile(file, beat(1, { timestamp: undefined }) + beat(2, { timestamp: undefined }));
    expect((await probe(file)).value("last_seen_timestamp_seconds")).toBe(NOW);
  });

  test("is taken from timestamp_field", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", beat(1, { when: "2025-09-15 13:29:00" }));
    const { probe } = start({ paths: [folder.path], timestamp_field: "when", timezone: "utc" });
    expect((await probe(file)).value("last_seen_timestamp_seconds")).toBe(NOW - 60);
  });
});

test("a field that is missing from the newest heartbeat has no series", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1, { queue: 3 }));
  const { probe } = start({ paths: [folder.path] });
  expect((await probe(file)).value("log_queue")).toBe(3);
  await writeFile(file, beat(1, { queue: 3 }) + beat(2));
  expect((await probe(file)).value("log_queue")).toBeUndefined();
});

test("the number of fields and their lengths are limited", () => {
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field_${i}`, i]));
  expect(flatten(many).size).toBe(100);
  expect(flatten({ ["x".repeat(101)]: 1, text: "y".repeat(5000) })).toEqual(
    new Map([["text", "y".repeat(200)]]),
  );
});

test("Prometheus can read the series of any fields", async () => {
  await using folder = await temporaryFolder();
  const { probe } = start({ paths: [folder.path] });
  let i = 0;
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (fields) => {
      const file = await folder.write(`${(i += 1)}.log`, beat(1, fields));
      const { text } = await probe(file);
      const { series, types } = parseExposition(text);
      const names = series.map(({ name, labels }) => JSON.stringify([name, labels]));
      expect(new Set(names).size).toBe(names.length);
      for (const [name, type] of types) expect(name.endsWith("_total")).toBe(type === "counter");
    }),
    { numRuns: 100 },
  );
});

describe("other formats", () => {
  test("logfmt, with a marker and rules for fields", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write(
      "app.log",
      [
        "2025-09-15T13:29:50Z level=info msg=started",
        '2025-09-15T13:29:55Z level=info msg="still alive" state=Degraded queue=7 took_ms=1500 done=12 ok=true',
        "",
      ].join("\n"),
    );
    const { probe } = start({
      paths: [folder.path],
      format: "logfmt",
      marker: "still alive",
      fields: {
        queue: { name: "queue_length", help: "Waiting" },
        done: { name: "jobs_total", type: "counter" },
        state: { name: "mood", type: "state", states: ["fine", "degraded"] },
      },
    });
    const probed = await probe(file);
    expect(probed.verdict).toBe("ok");
    expect(probed.value("last_seen_timestamp_seconds")).toBe(NOW - 5);
    expect(probed.value("log_queue_length")).toBe(7);
    expect(probed.value("log_took_seconds")).toBe(1.5);
    expect(probed.value("log_jobs_total")).toBe(12);
    expect(probed.value("log_ok")).toBe(1);
    expect(probed.value("log_mood", { state: "degraded" })).toBe(1);
    expect(probed.value("log_mood", { state: "fine" })).toBe(0);
    expect(probed.text).toContain("# HELP heartbeat_log_queue_length Waiting\n");
  });

  test("an expression, with scale and type", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write(
      "app.log",
      "[2025-09-15 13:29:50] beat #3: 5 MB, up since 1757900000\n[x] beat\n",
    );
    const { probe } = start({
      paths: [folder.path],
      format: "regex",
      marker: "beat",
      timezone: "utc",
      expression: String.raw`beat #(?P<n>\d+): (?P<size>\d+) MB, up since (?P<since>\d+)`,
      fields: {
        n: { name: "heartbeat_count" },
        size: { name: "memory_bytes", scale: 1_048_576 },
        since: { name: "start_timestamp_seconds", type: "timestamp" },
      },
    });
    const probed = await probe(file);
    expect(probed.value("last_seen_timestamp_seconds")).toBe(NOW - 10);
    expect(probed.value("log_heartbeat_count")).toBe(3);
    expect(probed.value("log_memory_bytes")).toBe(5_242_880);
    expect(probed.value("log_start_timestamp_seconds")).toBe(1757900000);
    expect(probed.value("log_parse_failures_total", { reason: "malformed" })).toBe(1);
  });
});

test("gaps are detected in a renamed heartbeat_count", async () => {
  await using folder = await temporaryFolder();
  const line = (n: number): string => `alive seq=${n}\n`;
  const file = await folder.write("app.log", line(1) + line(4));
  const fields = { seq: { name: "heartbeat_count" } };
  const { probe } = start({ paths: [folder.path], format: "logfmt", marker: "alive", fields });
  expect((await probe(file)).value("log_missed_total")).toBe(2);
  expect(timestamp(NOW)).toBe(NOW);
});
