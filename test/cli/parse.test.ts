import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createProgress, megabytes } from "../../src/cli/progress.ts";
import { seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
import { runMain } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const beat = (count: number): string =>
  `${JSON.stringify({ log: `{"event":"💓 HEARTBEAT - System Statistics","heartbeat_count":${count},"name":"größe"}\n`, stream: "stdout", time: "2025-09-15T13:30:00Z" })}\n`;
const LOG = `text\n${beat(1)}text\n${beat(3)}`;

async function parse(args: readonly string[]) {
  await using run = runMain(["parse", ...args]);
  const { code } = await run.exited;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

describe("parse", () => {
  test.each([false, true])("prints the series of the last heartbeat (gzip: %s)", async (gzip) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "app.log");
    await writeFile(file, gzip ? gzipSync(LOG) : LOG);
    const { code, stdout, stderr } = await parse([file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const labels = { heartbeat: file };
    expect(valueOf(stdout, "heartbeat_log_lines_total", labels)).toBe(4);
    expect(valueOf(stdout, "heartbeat_log_heartbeats_total", labels)).toBe(2);
    expect(valueOf(stdout, "heartbeat_log_missed_total", labels)).toBe(1);
    expect(valueOf(stdout, "heartbeat_log_heartbeat_count", labels)).toBe(3);
    expect(valueOf(stdout, "heartbeat_last_seen_timestamp_seconds", labels)).toBe(1_757_943_000);
  });

  test.each([
    ["UTF-16, little endian", Buffer.from(`\ufeff${LOG}`, "utf16le")],
    ["UTF-16, big endian, compressed", gzipSync(Buffer.from(`\ufeff${LOG}`, "utf16le").swap16())],
  ])("reads a log in %s", async (_, content) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "app.log");
    await writeFile(file, content);
    const { stdout, stderr } = await parse(["--output=jsonl", file]);
    expect(stderr).toBe("");
    expect(stdout.match(/größe/g)).toHaveLength(2);
  });

  test("prints each heartbeat as a line of JSON", async () => {
    await using folder = await temporaryFolder();
    const { code, stdout } = await parse(["--output=jsonl", await folder.write("app.log", LOG)]);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(
      [1, 3].map((count) => ({
        timestamp: 1_757_943_000,
        heartbeat: { event: "💓 HEARTBEAT - System Statistics", heartbeat_count: count, name: "größe" },
      })),
    );
  });

  test("reads a log with a module of the configuration", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", "alive n=7\n");
    const module = (name: string) =>
      `${name}: { prober: heartbeat_log, heartbeat_log: { paths: [], format: logfmt, marker: alive, fields: { n: { name: ${name}_size } } } }`;
    const one = await folder.write("one.yml", `modules:\n  ${module("one")}\n`);
    const two = await folder.write("two.yml", `modules:\n  ${module("one")}\n  ${module("two")}\n`);
    const value = async (...args: string[]) => (await parse([...args, file])).stdout;
    expect(await value(`--config.file=${one}`)).toContain("heartbeat_log_one_size");
    expect(await value(`--config.file=${two}`, "--module=two")).toContain("heartbeat_log_two_size");
    expect(await parse([`--config.file=${two}`, file])).toMatchObject({
      code: 2,
      stderr: "--module: got nothing, want the name of a heartbeat_log module (one, two)\n",
    });
    expect(await parse(["--module=two", file])).toMatchObject({
      code: 2,
      stderr: "--module: got two, want also --config.file with a file that defines the module\n",
    });
  });

  test.each([
    ["a log without heartbeats", "text\n", /: no heartbeat in 1 line\n$/],
    ["a truncated gzip file", gzipSync(LOG).subarray(0, 60), /: cannot be read: unexpected end of file\n$/],
  ])("reports %s", async (_, content, message) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "app.log");
    await writeFile(file, content);
    const { code, stderr } = await parse([file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  test("reports a missing log", async () => {
    expect(await parse(["/does/not/exist"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("/does/not/exist: cannot be read: ENOENT"),
    });
  });

  test("explains itself with --help", async () => {
    const { code, stdout } = await parse(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("kubectl logs");
  });
});

describe("a progress bar", () => {
  const drawn = (isTTY: boolean, total: number | undefined): string[] => {
    const screen: string[] = [];
    const clock = manualClock();
    const progress = createProgress(
      { isTTY, columns: 60, write: (text) => screen.push(text) },
      clock,
      total,
      megabytes,
    );
    progress.reach(0);
    clock.advance(seconds(0.05));
    progress.reach(1e6);
    clock.advance(seconds(0.95));
    progress.reach(5e6);
    progress.end();
    return screen.map((text) => text.replace("\r\u001b[K", "<"));
  };

  test("is redrawn at most ten times a second and cleared at the end", () => {
    expect(drawn(true, 20e6)).toEqual([
      "<[                                 ]   0%  0.0 MB of 20.0 MB",
      "<[#####                  ]  25%  5.0 MB of 20.0 MB  5.0 MB/s",
      "<",
    ]);
  });

  test("shows the amount done if there is no total", () => {
    expect(drawn(true, undefined).at(1)).toBe("<  5.0 MB  5.0 MB/s");
  });

  test("is drawn only on a terminal", () => {
    expect(drawn(false, 20e6)).toEqual([]);
  });
});
