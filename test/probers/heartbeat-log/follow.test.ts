import { appendFile, copyFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMemory } from "../../../src/core/memory.ts";
import { seconds } from "../../../src/core/units.ts";
import { manualClock } from "../../helpers/clock.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { beat, NOW, noise, start } from "./support.ts";

const facts = (probed: { value(name: string, labels?: Record<string, string>): number | undefined }) => ({
  lines: probed.value("log_lines_total"),
  beats: probed.value("log_heartbeats_total"),
  missed: probed.value("log_missed_total"),
  count: probed.value("log_heartbeat_count"),
  renamed: probed.value("log_rotations_total", { kind: "rename" }),
  truncated: probed.value("log_rotations_total", { kind: "truncate" }),
});

test("each probe reads what came since the one before", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", noise() + beat(1) + noise());
  const { probe } = start({ paths: [folder.path] });
  expect(facts(await probe(file))).toMatchObject({ lines: 3, beats: 1, count: 1 });
  expect(facts(await probe(file))).toMatchObject({ lines: 3, beats: 1, count: 1 });
  await appendFile(file, noise() + beat(2).slice(0, 20));
  expect(facts(await probe(file))).toMatchObject({ lines: 4, beats: 1, count: 1 });
  await appendFile(file, beat(2).slice(20));
  expect(facts(await probe(file))).toMatchObject({ lines: 5, beats: 2, count: 2, missed: 0 });
});

test("a renamed log is read to its end before the new one, also what comes after the renaming", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  const { probe } = start({ paths: [folder.path] });
  await probe(file);
  await appendFile(file, beat(2));
  await rename(file, `${file}.1`);
  await writeFile(file, "");
  expect(facts(await probe(file))).toMatchObject({ beats: 2, renamed: 1 });
  // The service has not opened the new file yet.
  await appendFile(`${file}.1`, beat(3));
  expect(facts(await probe(file))).toMatchObject({ beats: 3 });
  await appendFile(`${file}.1`, beat(4));
  await appendFile(file, beat(5));
  expect(facts(await probe(file))).toMatchObject({ beats: 5, missed: 0, renamed: 1, truncated: 0 });
  await appendFile(file, beat(6));
  expect(facts(await probe(file))).toMatchObject({ beats: 6, missed: 0, lines: 6 });
});

test("a log that some still write to after others have opened the new one loses nothing", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  const { probe } = start({ paths: [folder.path] });
  await probe(file);
  await rename(file, `${file}.1`);
  await writeFile(file, beat(2));
  expect(facts(await probe(file))).toMatchObject({ beats: 2 });
  await appendFile(`${file}.1`, beat(2));
  expect(facts(await probe(file))).toMatchObject({ beats: 3 });
});

test("what a deleted log still held is read, as it is kept open", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  const { probe } = start({ paths: [folder.path] });
  await probe(file);
  await appendFile(file, beat(2));
  await rm(file);
  await writeFile(file, beat(3));
  expect(facts(await probe(file))).toMatchObject({ beats: 3, missed: 0, count: 3 });
});

test("after a restart the rest of the log that was rotated meanwhile is read first, and what was rotated in between", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  const memory = createMemory();
  const before = start({ paths: [folder.path] }, { memory });
  await before.probe(file);
  before.dispose();
  await appendFile(file, beat(2));
  await rename(file, `${file}.2`);
  await writeFile(`${file}.1`, beat(3));
  await writeFile(file, beat(4));
  const { probe } = start({ paths: [folder.path] }, { memory });
  expect(facts(await probe(file))).toMatchObject({ beats: 4, missed: 0, count: 4, renamed: 1 });
  expect(facts(await probe(file))).toMatchObject({ beats: 4, lines: 4 });
});

test("what stands at the end of a rotated log without a newline is a line", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + beat(2).trimEnd());
  const { probe } = start({ paths: [folder.path] });
  expect(facts(await probe(file))).toMatchObject({ beats: 1 });
  await rename(file, `${file}.1`);
  await writeFile(file, beat(3));
  await probe(file);
  await probe(file);
  expect(facts(await probe(file))).toMatchObject({ beats: 3 });
});

test.each([
  ["shorter than before", beat(3)],
  ["longer than before, but another one", beat(3) + beat(4) + beat(5) + beat(6)],
])("an emptied log is read from its beginning: %s", async (_, content) => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + beat(2));
  const memory = createMemory();
  const before = start({ paths: [folder.path] }, { memory });
  await before.probe(file);
  await copyFile(file, `${file}.1`);
  await truncate(file);
  await appendFile(file, content);
  const beats = 2 + content.split("\n").length - 1;
  // A restart in between changes nothing.
  before.dispose();
  const { probe } = start({ paths: [folder.path] }, { memory });
  expect(facts(await probe(file))).toMatchObject({ beats, missed: 0, truncated: 1, renamed: 0 });
});

test("a log that was cut is read from its beginning, though that stayed the same", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + noise().repeat(100));
  const { probe } = start({ paths: [folder.path] });
  await probe(file);
  await truncate(file, Buffer.byteLength(beat(1) + noise().repeat(50)));
  await appendFile(file, beat(2));
  expect(facts(await probe(file))).toMatchObject({ beats: 3, count: 2, truncated: 1, lines: 101 + 52 });
});

test("an emptied log whose writer goes on behind a hole of zeros loses no heartbeat", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + noise().repeat(30_000));
  const { probe } = start({ paths: [folder.path] });
  await probe(file);
  await truncate(file);
  await truncate(file, 3_000_000);
  await appendFile(file, beat(2));
  expect(facts(await probe(file))).toMatchObject({ beats: 2, missed: 0, truncated: 1 });
});

test("a log that vanishes keeps its series, and goes on when it is back", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  const { probe } = start({ paths: [folder.path] });
  await probe(file);
  await rm(file);
  const gone = await probe(file);
  expect(gone).toMatchObject({ verdict: "file_missing", detail: `${file} does not exist` });
  expect(gone.value("last_seen_timestamp_seconds")).toBe(NOW);
  expect(facts(gone)).toMatchObject({ beats: 1, count: 1 });
  await writeFile(file, beat(2));
  expect(facts(await probe(file))).toMatchObject({ beats: 2, renamed: 1 });
});

test("one that was never there has nothing to show", async () => {
  await using folder = await temporaryFolder();
  const { probe } = start({ paths: [folder.path] });
  const probed = await probe(join(folder.path, "none.log"));
  expect(probed.verdict).toBe("file_missing");
  expect(probed.value("log_lines_total")).toBeUndefined();
  expect(probed.value("last_seen_timestamp_seconds")).toBeUndefined();
});

test("of a big log only the end is read at first, and a heartbeat before that is found", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + beat(2) + noise().repeat(50_000));
  const { probe } = start({ paths: [folder.path], initial_read: "1KB" });
  const probed = await probe(file);
  expect(facts(probed)).toMatchObject({ beats: 0, count: 2 });
  expect(probed.value("log_lines_total")).toBeLessThan(30);
  expect(probed.verdict).toBe("ok");
  await appendFile(file, beat(4));
  expect(facts(await probe(file))).toMatchObject({ beats: 1, count: 4, missed: 1 });
});

test("the first line after the skipped part is whole", async () => {
  await using folder = await temporaryFolder();
  const content = beat(1) + beat(2);
  const file = await folder.write("app.log", content);
  const size = Buffer.byteLength(content);
  const second = size - Buffer.byteLength(beat(1));
  const exact = start({ paths: [folder.path], initial_read: `${second}B` });
  expect(facts(await exact.probe(file))).toMatchObject({ beats: 1, count: 2, lines: 1 });
  const inside = start({ paths: [folder.path], initial_read: `${second + 5}B` });
  expect(facts(await inside.probe(file))).toMatchObject({ beats: 1, count: 2, lines: 1 });
});

test("a deadline stops reading, and the next probe goes on", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", (noise().repeat(3000) + beat(1)).repeat(150));
  const { probe } = start({ paths: [folder.path], initial_read: "0" });
  const rounds: number[] = [];
  for (let done = false; !done; ) {
    const controller = new AbortController();
    // While it reads, and not before it begins.
    setTimeout(() => controller.abort(), 5);
    const probed = await probe(file, { signal: controller.signal });
    rounds.push(probed.value("log_lines_total") ?? 0);
    done = probed.value("log_lines_total") === 150 * 3001;
    expect(["ok", "timeout"]).toContain(probed.verdict);
  }
  expect(rounds.length).toBeGreaterThan(1);
  expect(rounds).toEqual(rounds.toSorted((a, b) => a - b));
  expect(facts(await probe(file))).toMatchObject({ beats: 150 });
});

test("probes of one log at the same time count each line once", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", noise().repeat(20_000) + beat(1));
  const { probe } = start({ paths: [folder.path] });
  const all = await Promise.all([probe(file), probe(file), probe(join(folder.path, "*.log")), probe(file)]);
  for (const probed of all) expect(facts(probed)).toMatchObject({ lines: 20_001, beats: 1 });
});

test("a service that restarts is noticed, as are lines that are missing", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + beat(2) + beat(5) + beat(1) + beat(2));
  const { probe } = start({ paths: [folder.path] });
  const probed = await probe(file);
  expect(facts(probed)).toMatchObject({ beats: 5, missed: 2, count: 2 });
  expect(probed.value("log_restarts_total")).toBe(1);
});

test("silence for 2.5 x the interval of the line is a failure that says how long", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1, { interval_seconds: 30 }));
  const clock = manualClock(NOW);
  const { probe } = start({ paths: [folder.path] }, { clock });
  clock.advance(seconds(74));
  expect(await probe(file)).toMatchObject({ verdict: "ok" });
  clock.advance(seconds(1));
  const late = await probe(file);
  expect(late.verdict).toBe("stale");
  expect(late.detail).toBe(`${file}: the last heartbeat is 1m15s old, want one every 1m15s`);
  expect(late.value("up", { heartbeat: file, source: "log" })).toBe(0);
  expect(late.value("timeout_seconds")).toBe(75);
});

test.each([
  ["timeout", { timeout: "10s" }, {}, 10],
  ["interval of the options", { interval: "20s" }, {}, 50],
  ["interval of the environment", {}, { HEARTBEAT_INTERVAL_SECONDS: "30" }, 75],
  ["usual interval", {}, {}, 150],
])("how long silence may last: %s", async (_, options, environment, timeout) => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1, { interval_seconds: undefined }));
  const { probe } = start({ paths: [folder.path], ...options }, { environment });
  expect((await probe(file)).value("timeout_seconds")).toBe(timeout);
});
