import { readdirSync, readlinkSync } from "node:fs";
import { chmod, mkdir, open, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { seconds } from "../../../src/core/units.ts";
import { factsOf, openAllowed } from "../../../src/probers/heartbeat-log/allowed-files.ts";
import { manualClock } from "../../helpers/clock.ts";
import { run, start as startProcess } from "../../helpers/process.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { contentOrReason } from "./content-or-reason.ts";
import { beat, NOW, noise, start } from "./support.ts";

/** Returns the target of a link, or an empty text if it is gone. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

describe("a file outside of paths is not read", () => {
  test("through a symbolic link to a file or folder, or through ..", async () => {
    await using folder = await temporaryFolder();
    const secret = await folder.write("secret/app.log", beat(1));
    await mkdir(join(folder.path, "logs"));
    const link = join(folder.path, "logs/link.log");
    await symlink(secret, link);
    await symlink(join(folder.path, "secret"), join(folder.path, "logs/folder"));
    const { probe } = start({ paths: [join(folder.path, "logs")] });
    for (const file of [
      link,
      secret,
      join(folder.path, "logs/folder/app.log"),
      `${folder.path}/logs/../secret/app.log`,
      "app.log",
      `${folder.path}/logs/\0`,
      join(folder.path, "secret/*.log"),
      `${folder.path}/logs/*/app.log`,
      "ftp://example.com/app.log",
    ]) {
      const probed = await probe(file);
      // Patterns do not follow links to folders.
      expect([file, probed.verdict]).toEqual([
        file,
        file.includes("/logs/*") ? "file_missing" : "forbidden_target",
      ]);
      expect(probed.value("log_lines_total")).toBeUndefined();
    }
    // The kind of the file is not revealed either.
    const folderLink = join(folder.path, "logs/folder");
    expect((await probe(folderLink)).detail).toContain("is not in paths");
    expect((await probe(link)).detail).not.toContain(secret);
  });

  test("is refused in the same words whether it exists or not", async () => {
    await using folder = await temporaryFolder();
    await folder.write("logs/app.log", beat(1));
    await folder.write("secret/app.log", beat(2));
    const at = (name: string): string => join(folder.path, name);
    await symlink(at("secret/app.log"), at("logs/to-file.log"));
    await symlink(at("secret/none.log"), at("logs/to-nothing.log"));
    await symlink(at("secret/app.log/x"), at("logs/below-file.log"));
    await symlink(at("none/none"), at("logs/to-nowhere.log"));
    await symlink("../secret", at("logs/to-folder"));
    await symlink("../none", at("logs/to-no-folder"));
    await symlink(at("logs/loop.log"), at("logs/loop.log"));
    await symlink(at("secret/loop"), at("secret/loop"));
    const { probe } = start({ paths: [at("logs")] });
    const answers = new Set<string>();
    for (const name of [
      "secret/app.log",
      "secret/none.log",
      "secret",
      "secret/app.log/x",
      "none",
      "none/none.log",
      "secret/loop",
      "logs/to-file.log",
      "logs/to-nothing.log",
      "logs/below-file.log",
      "logs/to-nowhere.log",
      "logs/to-folder",
      "logs/to-folder/app.log",
      "logs/to-folder/none.log",
      "logs/to-no-folder/app.log",
    ]) {
      const { verdict, detail } = await probe(at(name));
      answers.add(`${verdict} ${detail.replace(at(name), "PATH")}`);
    }
    for (const pattern of [
      "secret/*.log",
      "none/*.log",
      "secret/app.log/*",
      "logs/to-folder/*",
      "logs/to-nowhere.log/*",
    ]) {
      const { verdict, detail } = await probe(at(pattern));
      answers.add(`${verdict} ${detail.replace(dirname(at(pattern)), "PATH")}`);
    }
    expect([...answers]).toEqual([
      "forbidden_target PATH is not in paths, or a symbolic link leads out of them",
    ]);
    // In paths, the reason is told.
    expect((await probe(at("logs/none.log"))).verdict).toBe("file_missing");
    expect((await probe(at("logs/none/x*"))).verdict).toBe("file_missing");
  });

  test("nor opened, nor is its kind told", async () => {
    await using folder = await temporaryFolder();
    await folder.write("logs/app.log", beat(1));
    await folder.write("secret/app.log", beat(2));
    for (const name of ["secret/app.log", "secret", "secret/none.log", "none/none.log"]) {
      const path = join(folder.path, name);
      expect(await openAllowed(path, [join(folder.path, "logs")])).toEqual({
        reason: "forbidden_target",
        detail: `${path} is not in paths, or a symbolic link leads out of them`,
      });
    }
  });

  test("but links into paths are followed, and paths may be links or files themselves", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("real/app.log", beat(1));
    await symlink(join(folder.path, "real"), join(folder.path, "linked"));
    await symlink(file, join(folder.path, "app"));
    expect((await start({ paths: [join(folder.path, "linked")] }).probe(file)).verdict).toBe("ok");
    expect((await start({ paths: [file] }).probe(join(folder.path, "app"))).verdict).toBe("ok");
    expect((await start({ paths: [`${file}x`] }).probe(file)).verdict).toBe("forbidden_target");
    expect((await start({ paths: [join(folder.path, "rea")] }).probe(file)).verdict).toBe("forbidden_target");
    expect((await start({ paths: ["/"] }).probe(file)).verdict).toBe("ok");
  });

  test("through as many links as Linux follows; more of them are refused for their number", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "logs"));
    const at = (name: string): string => join(folder.path, "logs", name);
    await symlink(at("loop"), at("loop"));
    for (let i = 1; i < 41; i += 1) await symlink(`link-${i + 1}`, at(`link-${i}`));
    await symlink("../none.log", at("link-41"));
    const detailOf = async (name: string): Promise<string> => {
      const opened = await openAllowed(at(name), [join(folder.path, "logs")]);
      return "reason" in opened ? `${opened.reason} ${opened.detail.replace(at(name), "PATH")}` : "open";
    };
    const many = "forbidden_target PATH: too many symbolic links, or replaced by one while it was opened";
    expect([await detailOf("link-2"), await detailOf("link-1"), await detailOf("loop")]).toEqual([
      "forbidden_target PATH is not in paths, or a symbolic link leads out of them",
      many,
      many,
    ]);
  });

  test("also where there is no /proc to tell the location of an open file", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("logs/app.log", beat(1));
    await symlink(await folder.write("secret.log", beat(2)), join(folder.path, "logs/link.log"));
    await symlink("app.log", join(folder.path, "logs/inside.log"));
    const script = fileURLToPath(new URL("open.ts", import.meta.url));
    const { stdout, stderr } = await run([
      "unshare",
      process.getuid?.() === 0 ? "-m" : "-rm",
      "sh",
      "-c",
      'mount -t tmpfs none /proc && exec "$@"',
      "sh",
      process.execPath,
      script,
      join(folder.path, "logs"),
      ...[file, "inside.log", "link.log", "none.log"].map((name) => join(dirname(file), basename(name))),
    ]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([beat(1), beat(1), "forbidden_target", "file_missing"]);
  });

  test("through a link that changes between two probes", async () => {
    await using folder = await temporaryFolder();
    const good = await folder.write("logs/good.log", beat(1));
    const secret = await folder.write("secret.log", beat(2));
    const link = join(folder.path, "logs/app.log");
    await symlink(good, link);
    const { probe } = start({ paths: [join(folder.path, "logs")] });
    expect((await probe(link)).verdict).toBe("ok");
    await symlink(secret, `${link}.new`);
    await rename(`${link}.new`, link);
    const probed = await probe(link);
    expect(probed.verdict).toBe("forbidden_target");
    expect(probed.value("log_heartbeat_count")).toBe(1);
  });

  test("through a folder that is exchanged while the file is opened", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("logs/app/app.log", beat(1));
    await folder.write("secret/app.log", beat(99));
    const exchange = `
      const { renameSync, symlinkSync, unlinkSync } = require("node:fs");
      console.log("exchanging");
      for (;;) {
        renameSync("logs/app", "logs/other");
        symlinkSync("../secret", "logs/app");
        unlinkSync("logs/app");
        renameSync("logs/other", "logs/app");
      }`;
    await using exchanging = startProcess([process.execPath, "-e", exchange], { cwd: folder.path });
    await exchanging.waitForOutput(/exchanging/);
    const seen = new Set<string>();
    // Repeats until the open succeeded at least once, however the two race.
    for (let i = 0; i < 3000 || !seen.has(beat(1)); i += 1) {
      seen.add(await contentOrReason(file, join(folder.path, "logs")));
    }
    expect([...seen].filter((one) => !["forbidden_target", "file_missing", beat(1)].includes(one))).toEqual(
      [],
    );
    // Those that were opened and refused are closed.
    const open = () =>
      readdirSync("/proc/self/fd")
        .map((fd) => targetOf(`/proc/self/fd/${fd}`))
        .filter((path) => path.startsWith(folder.path));
    await expect.poll(open, { timeout: 5000 }).toEqual([]);
  });
});

test("an open file has its size and the time of its last change, in seconds", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", "12345");
  await utimes(file, 1_700_000_000, 1_700_000_001.5);
  const opened = await openAllowed(file, [folder.path]);
  if ("reason" in opened) throw new Error(opened.detail);
  await opened.handle.close();
  expect(opened.facts).toMatchObject({ size: 5, modified: 1_700_000_001.5 });
  expect(await factsOf(file)).toEqual(opened.facts);
});

describe("only regular files are opened", () => {
  test("and no folder, named pipe, socket or device", async () => {
    await using folder = await temporaryFolder();
    const pipe = join(folder.path, "pipe");
    expect((await run(["mkfifo", pipe])).code).toBe(0);
    const socket = join(folder.path, "socket");
    const server = createServer().listen(socket);
    const { probe } = start({ paths: [folder.path, "/dev"] });
    expect(await probe(folder.path)).toMatchObject({
      verdict: "forbidden_target",
      detail: `${folder.path} is a folder, and only regular files are read`,
    });
    expect((await probe(pipe)).detail).toContain("is a named pipe");
    expect((await probe(socket)).detail).toContain("is a socket");
    expect((await probe("/dev/zero")).detail).toContain("is a device");
    server.close();
  });

  test("so that a log that becomes a named pipe does not block the probe", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", beat(1));
    const { probe } = start({ paths: [folder.path] });
    await probe(file);
    await rm(file);
    expect((await run(["mkfifo", file])).code).toBe(0);
    expect((await probe(file)).verdict).toBe("forbidden_target");
  });
});

test("a file that the exporter's user may not read fails with file_unreadable", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  await chmod(folder.path, 0o755);
  await chmod(file, 0);
  const script = fileURLToPath(new URL("unprivileged.ts", import.meta.url));
  const { stdout, stderr } = await run([process.execPath, script, file, folder.path]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    ok: false,
    reason: "file_unreadable",
    detail: `${file}: permission denied for the exporter's user`,
  });
});

describe("an exporter without file descriptors", () => {
  /** Probes in a process that opens files until none is left, and prints the outcome. */
  const exhausted = async (content: string): Promise<unknown> => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", content);
    const script = fileURLToPath(new URL("exhausted.ts", import.meta.url));
    const { stdout, stderr } = await run([
      "sh",
      "-c",
      'ulimit -n 100; exec "$@"',
      "sh",
      process.execPath,
      script,
      file,
      folder.path,
    ]);
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  };

  test("does not blame a log whose last heartbeat is fresh", async () => {
    expect(await exhausted(beat(1))).toEqual({ before: "ok", during: { ok: true } });
  });

  test("names its own fault once a heartbeat is too old", async () => {
    expect(await exhausted(beat(1, { timestamp: NOW - 1000 }))).toEqual({
      before: "stale",
      during: {
        ok: false,
        reason: "internal",
        detail: expect.stringContaining("no file descriptor left (EMFILE); raise its limit") as string,
      },
    });
  });
});

describe("a log that cannot be followed is named", () => {
  const utf16 = Buffer.from(`\ufeff${beat(1)}`, "utf16le");
  test.each([
    ["UTF-16, little endian", utf16, "is in UTF-16, and only logs in UTF-8"],
    ["UTF-16, big endian", Buffer.from(utf16).swap16(), "is in UTF-16, and only logs in UTF-8"],
    ["gzip", gzipSync(beat(1)), "is compressed with gzip"],
    ["zstd", zstdCompressSync(beat(1)), "is compressed with zstd"],
  ])("%s", async (_, content, detail) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "app.log");
    await writeFile(file, content);
    const { probe } = start({ paths: [folder.path] });
    for (let probes = 0; probes < 2; probes += 1)
      expect(await probe(file)).toMatchObject({
        verdict: "malformed",
        detail: expect.stringContaining(`${file} ${detail}`) as string,
      });
    expect((await start({ paths: [folder.path], initial_read: "1B" }).probe(file)).verdict).toBe("malformed");
    // It is followed once its writer has mended it.
    await writeFile(file, beat(2));
    expect((await probe(file)).verdict).toBe("ok");
    await writeFile(file, "");
    expect((await probe(file)).verdict).toBe("ok");
    await writeFile(file, content);
    expect((await probe(file)).verdict).toBe("malformed");
  });
});

test("a log may be removed or truncated while it is read", async () => {
  await using folder = await temporaryFolder();
  const { probe } = start({ paths: [folder.path], initial_read: "0" });
  for (let i = 0; i < 20; i += 1) {
    const file = await folder.write(`${i}.log`, noise().repeat(100_000) + beat(1));
    const probing = probe(file);
    await (i % 2 === 0 ? rm(file) : truncate(file));
    expect(["ok", "file_missing", "stale"]).toContain((await probing).verdict);
  }
});

test("random bytes and lines of 50 MB take little memory", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "app.log");
  const handle = await open(file, "w");
  const piece = Buffer.alloc(1_000_000, "x");
  for (let i = 0; i < 50; i += 1) await handle.write(piece);
  await handle.write(Buffer.from([10, 0, 255, 254, 10]));
  await handle.write(beat(1));
  await handle.close();
  const { probe } = start({ paths: [folder.path], initial_read: "0" });
  const before = process.memoryUsage();
  const probed = await probe(file);
  const after = process.memoryUsage();
  expect(probed.verdict).toBe("ok");
  expect(probed.value("log_parse_failures_total", { reason: "too_long" })).toBe(1);
  // Measures what is retained, not what can be collected.
  expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(40e6);
});

describe("a pattern", () => {
  test("follows each matching file except rotated ones", async () => {
    await using folder = await temporaryFolder();
    for (const name of [
      "a.log",
      "b.log",
      "a.log.1",
      "b.log.2.gz",
      "a-20260101.log",
      "b-2026-01-01.log",
      "deeper/c.log",
    ])
      await folder.write(`logs/${name}`, beat(1));
    await mkdir(join(folder.path, "logs/folder.log"));
    const { probe } = start({ paths: [folder.path] });
    const filesOf = async (pattern: string): Promise<string[]> =>
      ((await probe(join(folder.path, pattern))).result.beats ?? []).map(({ heartbeat }) =>
        heartbeat.slice(folder.path.length + 1),
      );
    expect(await filesOf("logs/*.log*")).toEqual(["logs/a.log", "logs/b.log"]);
    expect(await filesOf("logs/**/*.log")).toEqual(["logs/a.log", "logs/b.log", "logs/deeper/c.log"]);
    expect(await filesOf("logs/?.log")).toEqual(["logs/a.log", "logs/b.log"]);
    expect((await probe(join(folder.path, "logs/*.txt"))).verdict).toBe("file_missing");
  });

  test.each([
    ["all", "stale", "1 of 2 logs: "],
    ["any", "ok", ""],
  ] as const)("match: %s", async (match, verdict, detail) => {
    await using folder = await temporaryFolder();
    await folder.write("a.log", beat(1));
    await folder.write("b.log", beat(1, { timestamp: NOW - 1000 }));
    const probed = await start({ paths: [folder.path], match }).probe(join(folder.path, "*.log"));
    expect(probed.verdict).toBe(verdict);
    expect(probed.detail).toMatch(new RegExp(`^${detail}`));
    expect(probed.value("up", { heartbeat: join(folder.path, "a.log") })).toBe(1);
    expect(probed.value("up", { heartbeat: join(folder.path, "b.log") })).toBe(0);
  });

  test("leaves out files that are older than ignore_older", async () => {
    await using folder = await temporaryFolder();
    const clock = manualClock();
    await utimes(await folder.write("a.log", beat(1)), clock.now(), clock.now());
    const { probe } = start({ paths: [folder.path], ignore_older: "1h", timeout: "1000w" }, { clock });
    expect((await probe(join(folder.path, "*.log"))).verdict).toBe("ok");
    clock.advance(seconds(3700));
    expect((await probe(join(folder.path, "*.log"))).verdict).toBe("file_missing");
  });
});
