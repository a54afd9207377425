import { appendFile, mkdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemory } from "../../../src/core/memory.ts";
import { seconds } from "../../../src/core/units.ts";
import { manualClock } from "../../helpers/clock.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { beat, NOW, noise, type ProbeOutput, start } from "./support.ts";

const facts = (probed: ProbeOutput) => ({
  verdict: probed.verdict,
  lines: probed.value("log_lines_total"),
  beats: probed.value("log_heartbeats_total"),
  missed: probed.value("log_missed_total"),
  count: probed.value("log_heartbeat_count"),
});
const namesOf = ({ result }: ProbeOutput, folder: string): readonly string[] =>
  (result.beats ?? []).map(({ heartbeat }) => heartbeat.slice(folder.length + 1));
const OLD = { timestamp: NOW - 86_400 };

/** Replaces a file by its compressed form, as logrotate does. */
async function compress(file: string, to = `${file}.gz`): Promise<void> {
  await writeFile(to, gzipSync(await readFile(file)));
  await rm(file);
}

describe("of files with a date in their names a pattern means the newest", () => {
  test.each([
    ["app-*.log", ["app-2026-11-27.log", "app-2026-11-28.log", "app-2026-11-29.log"], "app-*.log"],
    ["log-*.txt", ["log-20261128.txt", "log-20261129.txt", "log-20261129_001.txt"], "log-*.txt"],
    ["*.log*", ["app.log.2026-11-28", "app.log.2026-11-29"], "app.log.*"],
    ["**/*.log", ["2026/11/28/app.log", "2026/11/29/app.log"], "*/app.log"],
    ["*.log", ["2026-11-28.log", "2026-11-29.log"], "*.log"],
    ["app*", ["app-2026-11-30.log.gz", "app-2026-11-28.log", "app-2026-11-29.log"], "app-*.log"],
  ])("%s of %j", async (pattern, files, name) => {
    await using folder = await temporaryFolder();
    // The order in which the files were written does not matter.
    for (const file of files.toReversed())
      await folder.write(file, beat(files.indexOf(file) + 1, file === files.at(-1) ? {} : OLD));
    const probed = await start({ paths: [folder.path] }).probe(join(folder.path, pattern));
    expect(facts(probed)).toMatchObject({ verdict: "ok", beats: 1, count: files.length });
    expect(namesOf(probed, folder.path)).toEqual([name]);
  });

  test("for each of the logs that it matches", async () => {
    await using folder = await temporaryFolder();
    await folder.write("web-2026-11-28.log", beat(1));
    await folder.write("web-2026-11-29.log", beat(2));
    await folder.write("db-2026-11-28.log", beat(3, OLD));
    const probed = await start({ paths: [folder.path] }).probe(join(folder.path, "*.log"));
    expect(namesOf(probed, folder.path)).toEqual(["db-*.log", "web-*.log"]);
    expect(probed.verdict).toBe("stale");
    expect(probed.detail).toContain("1 of 2 logs");
  });

  test("unless a file without a date is written to", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", beat(1));
    const rotated = await folder.write("app-2026-11-29.log", beat(2, OLD));
    await folder.write("app.log-20261129", beat(3, OLD));
    // The writer still had the rotated file open for a while.
    const created = (await stat(rotated)).birthtimeMs / 1000;
    await utimes(rotated, created + 60, created + 60);
    await utimes(file, created + 120, created + 120);
    const probed = await start({ paths: [folder.path] }).probe(join(folder.path, "app*"));
    expect(namesOf(probed, folder.path)).toEqual(["app.log"]);
    expect(facts(probed)).toMatchObject({ verdict: "ok", count: 1 });
  });

  test("also if a file without a date was left behind", async () => {
    await using folder = await temporaryFolder();
    const left = await folder.write("app.log", beat(1, OLD));
    await utimes(left, NOW - 86_400, NOW - 86_400);
    const file = await folder.write("app-2026-11-29.log", beat(2));
    // Written to a minute after it was created.
    const written = (await stat(file)).birthtimeMs / 1000 + 60;
    await utimes(file, written, written);
    const probed = await start({ paths: [folder.path] }).probe(join(folder.path, "app*"));
    expect(namesOf(probed, folder.path)).toEqual(["app-*.log"]);
    expect(probed.verdict).toBe("ok");
  });

  test("and ignore_older is about the newest", async () => {
    await using folder = await temporaryFolder();
    const clock = manualClock(NOW);
    await utimes(await folder.write("app-2026-11-28.log", beat(1)), NOW - 86_400, NOW - 86_400);
    await utimes(await folder.write("app-2026-11-29.log", beat(2)), NOW, NOW);
    const { probe } = start({ paths: [folder.path], ignore_older: "1h" }, { clock });
    const pattern = join(folder.path, "*.log");
    expect((await probe(pattern)).verdict).toBe("ok");
    clock.advance(seconds(3700));
    expect(await probe(pattern)).toMatchObject({
      verdict: "file_missing",
      detail: `no file matches ${pattern}, except for rotated or compressed files, folders and those that are too old`,
    });
  });
});

describe("at midnight", () => {
  test.each([
    ["app-*.log", (day: number) => `app-2026-11-${day}.log`],
    ["2026/**/*.log", (day: number) => `2026/11/${day}/app.log`],
    ["app.log", (day: number) => `app-2026-11-${day}.log`],
  ])("the rest of the old file is read before the new one: %s", async (pattern, file) => {
    await using folder = await temporaryFolder();
    const memory = createMemory();
    const link = join(folder.path, "app.log");
    const begin = async (day: number, content: string): Promise<void> => {
      const path = await folder.write(file(day), content);
      await symlink(path, `${link}.new`);
      await rename(`${link}.new`, link);
    };
    const append = (day: number, content: string) => appendFile(join(folder.path, file(day)), content);
    const probe = (runner: ReturnType<typeof start>) => runner.probe(join(folder.path, pattern));
    const before = start({ paths: [folder.path] }, { memory });
    await begin(28, beat(1) + noise());
    expect(facts(await probe(before))).toMatchObject({ lines: 2, beats: 1 });
    await append(28, beat(2) + beat(3).slice(0, 9));
    await begin(29, "");
    expect(facts(await probe(before))).toMatchObject({ lines: 3, beats: 2 });
    await append(28, beat(3).slice(9));
    await append(29, beat(4));
    expect(facts(await probe(before))).toMatchObject({ lines: 5, beats: 4, missed: 0 });
    before.dispose();
    // Two days pass without the exporter.
    await append(28, beat(5));
    await append(29, beat(6));
    await begin(30, beat(7));
    const after = start({ paths: [folder.path] }, { memory });
    expect(facts(await probe(after))).toMatchObject({ lines: 8, beats: 7, count: 7, missed: 0 });
    await probe(after);
    expect(facts(await probe(after))).toMatchObject({ lines: 8, beats: 7, missed: 0 });
  });

  test("a new file without a heartbeat yet does not make the log of a new exporter stale", async () => {
    await using folder = await temporaryFolder();
    await folder.write("app-2026-11-28.log", noise() + beat(7, { timestamp: NOW - 30 }) + noise());
    const file = await folder.write("app-2026-11-29.log", noise());
    const { probe } = start({ paths: [folder.path] });
    const probed = await probe(join(folder.path, "app-*.log"));
    expect(facts(probed)).toMatchObject({ verdict: "ok", beats: 0, lines: 1, count: 7 });
    await appendFile(file, beat(9));
    expect(facts(await probe(join(folder.path, "app-*.log")))).toMatchObject({ beats: 1, missed: 1 });
  });

  test("nor does the empty file that logrotate has created", async () => {
    await using folder = await temporaryFolder();
    await folder.write("app.log.1", beat(7, { timestamp: NOW - 30 }));
    const probed = await start({ paths: [folder.path] }).probe(await folder.write("app.log", ""));
    expect(facts(probed)).toMatchObject({ verdict: "ok", beats: 0, count: 7 });
  });
});

describe("files with numbers", () => {
  test("are rotated if there is the log that they were, and logs of their own if not", async () => {
    await using folder = await temporaryFolder();
    for (const file of ["app.log", "app.log.1", "app.log.2", "worker.1", "worker.2"])
      await folder.write(file, beat(1));
    const { probe } = start({ paths: [folder.path] });
    const probed = await probe(join(folder.path, "*"));
    expect(namesOf(probed, folder.path)).toEqual(["app.log", "worker.1", "worker.2"]);
    // The writer has not created the new file yet.
    await rename(join(folder.path, "app.log"), join(folder.path, "app.log.3"));
    const between = await probe(join(folder.path, "*"));
    expect(namesOf(between, folder.path)).toEqual(["app.log", "worker.1", "worker.2"]);
    expect(between.verdict).toBe("file_missing");
  });

  test("that another log's writer has are not read as the rotated files of a log", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("worker.log", beat(1));
    const { probe } = start({ paths: [folder.path] });
    await probe(file);
    await rename(file, `${file}.1`);
    await folder.write("worker-1.log", beat(50) + beat(51));
    await folder.write("worker.log", beat(2));
    expect(facts(await probe(file))).toMatchObject({ beats: 2, count: 2, missed: 0 });
    // A log that is rotated to such names is read on, also after two rotations.
    await rename(file, join(folder.path, "worker.2.log"));
    await folder.write("worker.3.log", beat(3));
    await folder.write("worker.log", beat(4));
    await rm(join(folder.path, "worker-1.log"));
    expect(facts(await probe(file))).toMatchObject({ beats: 4, count: 4, missed: 0 });
  });

  test("1000 logs of one pattern are read, and more are an error", async () => {
    await using folder = await temporaryFolder();
    for (let i = 0; i < 1000; i += 1) await folder.write(`${i}.log`, beat(1));
    const { probe } = start({ paths: [folder.path] });
    const probed = await probe(join(folder.path, "*.log"), { signal: AbortSignal.timeout(60_000) });
    expect([probed.verdict, probed.result.beats?.length]).toEqual(["ok", 1000]);
    await folder.write("1000.log", beat(1));
    expect(await probe(join(folder.path, "*.log"), { signal: AbortSignal.timeout(60_000) })).toMatchObject({
      verdict: "too_large",
      detail: `more than 1000 logs match ${folder.path}/*.log; narrow it, or set ignore_older`,
    });
  });
});

describe("compressed rotated files", () => {
  test("are searched for the rest of a log, and for files that were rotated since", async () => {
    await using folder = await temporaryFolder();
    const memory = createMemory();
    const file = await folder.write("app.log", beat(1) + noise());
    const before = start({ paths: [folder.path] }, { memory });
    await before.probe(file);
    before.dispose();
    await appendFile(file, beat(2) + beat(3));
    await compress(file, `${file}.3.gz`);
    await utimes(`${file}.3.gz`, NOW - 300, NOW - 300);
    await folder.write("x", beat(4));
    await compress(join(folder.path, "x"), `${file}.2.gz`);
    await utimes(`${file}.2.gz`, NOW - 200, NOW - 200);
    await utimes(await folder.write("app.log.1", beat(5)), NOW - 100, NOW - 100);
    await folder.write("app.log", beat(6).trimEnd());
    const { probe } = start({ paths: [folder.path] }, { memory });
    expect(facts(await probe(file))).toMatchObject({ lines: 6, beats: 5, count: 5, missed: 0 });
    await appendFile(file, "\n");
    await probe(file);
    expect(facts(await probe(file))).toMatchObject({ lines: 7, beats: 6, count: 6, missed: 0 });
  });

  test("that are incomplete or of another log are passed over", async () => {
    await using folder = await temporaryFolder();
    const memory = createMemory();
    const file = await folder.write("app.log", beat(1));
    const before = start({ paths: [folder.path] }, { memory });
    await before.probe(file);
    before.dispose();
    await rm(file);
    await writeFile(`${file}.1.gz`, gzipSync(beat(1) + beat(2)).subarray(0, 30));
    await writeFile(`${file}.2.gz`, gzipSync(beat(40)));
    await utimes(`${file}.2.gz`, NOW - 500, NOW - 500);
    await utimes(`${file}.1.gz`, NOW - 400, NOW - 400);
    await writeFile(`${file}.3.gz`, "no gzip");
    await utimes(`${file}.3.gz`, NOW - 600, NOW - 600);
    await folder.write("app.log", beat(3));
    const { probe } = start({ paths: [folder.path] }, { memory });
    expect(facts(await probe(file))).toMatchObject({ verdict: "ok", beats: 2, count: 3, missed: 1 });
  });
});

describe("the log of a container", () => {
  const TIME = new Date(NOW * 1000).toISOString();
  const cri = (text: string): string => `${TIME} stdout F ${text}`;
  const docker = (text: string): string => `${JSON.stringify({ log: text, stream: "stdout", time: TIME })}\n`;

  test.each([
    ["in the kubelet's layout", "pods/shop_web_0a/app", (text: string) => text],
    ["in CRI's form", "logs", cri],
    ["in Docker's form", "logs", docker],
  ])("that was restarted is one log: %s", async (_, place, wrap) => {
    await using folder = await temporaryFolder();
    const memory = createMemory();
    const pattern = join(folder.path, place, "*.log");
    const before = start({ paths: [folder.path], match: "all" }, { memory });
    const previous = await folder.write(`${place}/0.log`, wrap(beat(1, OLD)));
    expect((await before.probe(pattern)).verdict).toBe("stale");
    await appendFile(previous, wrap(beat(2, OLD)));
    await folder.write(`${place}/1.log`, wrap(beat(1)));
    const probed = await before.probe(pattern);
    expect(facts(probed)).toMatchObject({ verdict: "ok", beats: 3, count: 1 });
    expect(probed.value("log_restarts_total")).toBe(1);
    expect(namesOf(probed, folder.path)).toEqual([`${place}/*.log`]);
    before.dispose();
    await folder.write(`${place}/2.log`, wrap(beat(1)));
    await folder.write(`${place}/1.log.20261129-134500.gz`, "no matter");
    const after = start({ paths: [folder.path] }, { memory });
    expect(facts(await after.probe(pattern))).toMatchObject({ verdict: "ok", beats: 4, count: 1 });
  });

  test("is one log under its links", async () => {
    await using folder = await temporaryFolder();
    const link = async (restarts: number, id: string, content: string): Promise<void> => {
      const file = await folder.write(`pods/shop_web_0a/app/${restarts}.log`, content);
      await mkdir(join(folder.path, "containers"), { recursive: true });
      await symlink(file, join(folder.path, `containers/web_shop_app-${id.repeat(64)}.log`));
    };
    await link(9, "e", cri(beat(1, OLD)));
    await link(10, "a", cri(beat(1)));
    const { probe } = start({ paths: [folder.path] });
    const pattern = join(folder.path, "containers/*.log");
    const probed = await probe(pattern);
    expect(namesOf(probed, folder.path)).toEqual(["containers/web_shop_app-*.log"]);
    expect(probed.verdict).toBe("ok");
    await rm(join(folder.path, "pods/shop_web_0a/app/9.log"));
    await link(11, "c", "");
    expect(facts(await probe(pattern))).toMatchObject({ verdict: "ok", beats: 1 });
    await appendFile(join(folder.path, "pods/shop_web_0a/app/11.log"), cri(beat(2)));
    expect(facts(await probe(pattern))).toMatchObject({ verdict: "ok", beats: 2, missed: 0 });
  });

  test("is not told from its number alone: workers have logs of their own", async () => {
    await using folder = await temporaryFolder();
    await folder.write("workers/0.log", beat(1, OLD));
    await folder.write("workers/1.log", beat(1));
    const probed = await start({ paths: [folder.path] }).probe(join(folder.path, "workers/*.log"));
    expect(namesOf(probed, folder.path)).toEqual(["workers/0.log", "workers/1.log"]);
    expect(probed.verdict).toBe("stale");
  });
});

/** Ways to begin a new file, with the target that finds the log. */
const WAYS = {
  dated: { target: "app-*.log", file: (day: number) => `app-2026-11-${day + 10}.log` },
  "dated folders": { target: "**/app.log", file: (day: number) => `2026-11-${day + 10}/app.log` },
  rotated: { target: "app.log", file: () => "app.log" },
} as const;

describe("no line is lost or read twice, whatever happens between probes", () => {
  test.each(["dated", "dated folders", "rotated"] as const)("%s", async (way) => {
    const { target, file } = WAYS[way];
    const step = fc.constantFrom("write", "write half", "next", "next", "probe", "restart", "compress");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        await using folder = await temporaryFolder();
        const memory = createMemory();
        const place = (name: string): string => join(folder.path, name);
        let day = 0;
        let count = 1;
        let rest = "";
        let runner = start({ paths: [folder.path], initial_read: "0" }, { memory });
        const older: string[] = [];
        const write = async (text: string): Promise<void> => {
          const path = place(file(day));
          await mkdir(dirname(path), { recursive: true });
          await appendFile(path, text);
          // Modification times of real logs are further apart.
          await utimes(path, NOW + day * 10, NOW + day * 10);
        };
        const probe = () => runner.probe(place(target));
        await write(beat(1));
        await probe();
        for (const name of steps) {
          if (name === "write") {
            await write(rest + (rest === "" ? beat((count += 1)) : ""));
            rest = "";
          } else if (name === "write half" && rest === "") {
            const line = beat((count += 1));
            await write(line.slice(0, 25));
            rest = line.slice(25);
          } else if (name === "next") {
            await write(rest);
            rest = "";
            const old = place(file(day));
            day += 1;
            if (way === "rotated") await rename(old, `${old}-202601${day + 10}`);
            older.push(way === "rotated" ? `${old}-202601${day + 10}` : old);
            await write(beat((count += 1)));
          } else if (name === "probe") await probe();
          else if (name === "restart") {
            runner.dispose();
            runner = start({ paths: [folder.path], initial_read: "0" }, { memory });
          } else if (name === "compress") {
            const path = older.shift();
            if (path === undefined) continue;
            const at = NOW + (day - older.length - 1) * 10;
            await compress(path);
            await utimes(`${path}.gz`, at, at);
          }
        }
        await write(rest);
        for (let i = 0; i < 3; i += 1) await probe();
        expect(facts(await probe())).toMatchObject({ beats: count, lines: count, missed: 0 });
      }),
      { numRuns: 30 },
    );
  });
});
