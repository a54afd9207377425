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

test("each probe reads the lines since the previous one", async () => {
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

test("a renamed log is read to its end before the new one, including lines written after the renaming", async () => {
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

test("no line is lost if one writer still uses the old file after another has opened the new one", async () => {
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

test("the remainder of a deleted log is read, because the file stays open", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  const { probe } = start({ paths: [folder.path] });
  await probe(file);
  await appendFile(file, beat(2));
  await rm(file);
  await writeFile(file, beat(3));
  expect(facts(await probe(file))).toMatchObject({ beats: 3, missed: 0, count: 3 });
});

test("after a restart, files that were rotated in the meantime are read first", async () => {
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

test("text without a newline at the end of a rotated log is a line", async () => {
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
  ["longer than before, but with different content", beat(3) + beat(4) + beat(5) + beat(6)],
])("a truncated log is read from its beginning: %s", async (_, content) => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + beat(2));
  const memory = createMemory();
  const before = start({ paths: [folder.path] }, { memory });
  await before.probe(file);
  await copyFile(file, `${file}.1`);
  await truncate(file);
  await appendFile(file, content);
  const beats = 2 + content.split("\n").length - 1;
  // The same happens after a restart.
  before.dispose();
  const { probe } = start({ paths: [folder.path] }, { memory });
  expect(facts(await probe(file))).toMatchObject({ beats, missed: 0, truncated: 1, renamed: 0 });
});

test("a log that became shorter is read from its beginning, even if that is unchanged", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + noise().repeat(100));
  const { probe } = start({ paths: [folder.path] });
  await probe(file);
  await truncate(file, Buffer.byteLength(beat(1) + noise().repeat(50)));
  await appendFile(file, beat(2));
  expect(facts(await probe(file))).toMatchObject({ beats: 3, count: 2, truncated: 1, lines: 101 + 52 });
});

test("no heartbeat is lost in a truncated log whose writer continues after a hole of zeros", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + noise().repeat(30_000));
  const { probe } = start({ paths: [folder.path] });
  await probe(file);
  await truncate(file);
  await truncate(file, 3_000_000);
  await appendFile(file, beat(2));
  expect(facts(await probe(file))).toMatchObject({ beats: 2, missed: 0, truncated: 1 });
});

test("a missing log keeps its series, and is followed again once it is back", async () => {
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

test("a log that never existed has no series", async () => {
  await using folder = await temporaryFolder();
  const { probe } = start({ paths: [folder.path] });
  const probed = await probe(join(folder.path, "none.log"));
  expect(probed.verdict).toBe("file_missing");
  expect(probed.value("log_lines_total")).toBeUndefined();
  expect(probed.value("last_seen_timestamp_seconds")).toBeUndefined();
});

test("only the end of a big log is read the first time, and the last heartbeat before it is found", async () => {
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

test("reading after a skipped part begins with a whole line", async () => {
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

test("reading stops at the deadline, and the next probe continues", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", (noise().repeat(3000) + beat(1)).repeat(150));
  const { probe } = start({ paths: [folder.path], initial_read: "0" });
  const rounds: number[] = [];
  for (let done = false; !done; ) {
    const controller = new AbortController();
    // Aborts during the read, not before it.
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

test("concurrent probes of a log count each line once", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", noise().repeat(20_000) + beat(1));
  const { probe } = start({ paths: [folder.path] });
  const all = await Promise.all([probe(file), probe(file), probe(join(folder.path, "*.log")), probe(file)]);
  for (const probed of all) expect(facts(probed)).toMatchObject({ lines: 20_001, beats: 1 });
});

test("restarts and missing heartbeats are counted", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + beat(2) + beat(5) + beat(1) + beat(2));
  const { probe } = start({ paths: [folder.path] });
  const probed = await probe(file);
  expect(facts(probed)).toMatchObject({ beats: 5, missed: 2, count: 2 });
  expect(probed.value("log_restarts_total")).toBe(1);
});

test("a heartbeat older than 2.5 x its interval is a failure that states its age", async () => {
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
  ["the timeout", { timeout: "10s" }, {}, 10],
  ["the configured interval", { interval: "20s" }, {}, 50],
  ["the interval in the environment", {}, { HEARTBEAT_INTERVAL_SECONDS: "30" }, 75],
  ["the default interval", {}, {}, 150],
])("the timeout of a heartbeat is derived from %s", async (_, options, environment, timeout) => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1, { interval_seconds: undefined }));
  const { probe } = start({ paths: [folder.path], ...options }, { environment });
  expect((await probe(file)).value("timeout_seconds")).toBe(timeout);
});
