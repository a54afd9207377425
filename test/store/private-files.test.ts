import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import { backupStore, restoreStore } from "../../src/store/backup.ts";
import { createFolder } from "../../src/store/private-files.ts";
import { readHistory } from "../../src/store/reader.ts";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { run, waitUntil } from "../helpers/process.ts";
import { openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

/** Returns the permissions of every file below a folder, by name. */
const modesIn = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
  );

function withUmask(mask: number): void {
  const before = process.umask(mask);
  onTestFinished(() => void process.umask(before));
}

async function fill(path: string): Promise<void> {
  await using open = await openTestStore(path);
  open.store.memory.namespace("a").put("x", 1);
  await open.store.memory.flush();
}

describe("permissions", () => {
  it.each([
    ["022", 0o022],
    ["000", 0o000],
    ["077", 0o077],
    ["277, which takes the owner's too", 0o277],
  ])("are the owner's alone with the umask %s: store, log, index, lock and backup", async (_, mask) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "state/s.db");
    mkdirSync(join(folder.path, "state"));
    withUmask(mask);
    await using open = await openTestStore(path);
    open.store.memory.namespace("a").put("x", 1);
    await open.store.memory.flush();
    backupStore(path, join(folder.path, "state/backup.db"));
    expect(modesIn(join(folder.path, "state"))).toEqual({
      "s.db": "600",
      "s.db-wal": "600",
      "s.db-shm": "600",
      "s.db-lock": "600",
      "backup.db": "600",
    });
  });

  it("are the owner's alone in a process of its own that starts with the umask 000", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "new/s.db");
    withUmask(0);
    await using exporter = await startExporter({
      yaml: "heartbeats: [{ name: a }]",
      args: [`--storage.path=${path}`],
    });
    await waitUntil("a write", async () =>
      valueOf(await exporter.get("/metrics"), "heartbeat_exporter_store_up") === 1 ? true : undefined,
    );
    expect((statSync(join(folder.path, "new")).mode & 0o777).toString(8)).toBe("700");
    expect(modesIn(join(folder.path, "new"))).toEqual({
      "s.db": "600",
      "s.db-wal": "600",
      "s.db-shm": "600",
      "s.db-lock": "600",
    });
  });

  it("of an older version's files are taken from other users, and of nothing else", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    await fill(path);
    const aside = ["s.db.corrupt-2025-09-15T13-30-00.000Z", "s.db.replaced-2025-09-15T13-30-00.000Z"];
    const others = ["s.db.txt", "s.dbx", "other"];
    for (const name of [...aside, ...others]) writeFileSync(join(folder.path, name), "");
    for (const name of readdirSync(folder.path)) chmodSync(join(folder.path, name), 0o664);
    await using open = await openTestStore(path);
    await open.store.memory.flush();
    const modes = modesIn(folder.path);
    for (const name of ["s.db", "s.db-wal", "s.db-shm", "s.db-lock", ...aside])
      expect(modes[name]).toBe("600");
    for (const name of others) expect(modes[name]).toBe("664");
    expect(open.logged).toEqual([]);
  });

  it("of a store that was moved aside are the owner's alone", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    writeFileSync(path, "no database, but long enough to be read as one".repeat(100), { mode: 0o644 });
    await using open = await openTestStore(path);
    await open.store.memory.flush();
    expect(new Set(Object.values(modesIn(folder.path)))).toEqual(new Set(["600"]));
    expect(readdirSync(folder.path)).toContainEqual(expect.stringContaining("s.db.corrupt-"));
  });

  it("of a backup that is restored are the owner's alone, whatever the backup's are", async () => {
    await using folder = await temporaryFolder();
    const [path, file] = [join(folder.path, "s.db"), join(folder.path, "backup.db")];
    await fill(path);
    backupStore(path, file);
    chmodSync(file, 0o644);
    restoreStore(file, path, new Date(0));
    expect(modesIn(folder.path)).toMatchObject({ "s.db": "600", "backup.db": "644" });
    await using open = await openTestStore(path);
    expect(open.store.memory.namespace("a").get("x")).toBe(1);
  });

  it("of a store behind a symbolic link are its own", async () => {
    await using folder = await temporaryFolder();
    withUmask(0);
    symlinkSync(join(folder.path, "real.db"), join(folder.path, "s.db"));
    await fill(join(folder.path, "s.db"));
    expect(modesIn(folder.path)).toMatchObject({ "real.db": "600" });
  });
});

/** Paths at which no store can be, by what is in the way. `mkdir -p` in `/proc` never returned. */
const IMPOSSIBLE = [
  ["/proc", "/proc/heartbeat/s.db"],
  ["a folder of /proc", "/proc/self/heartbeat/deep/s.db"],
  ["a file", "FOLDER/file/s.db"],
  ["deep below a file", "FOLDER/file/a/b/s.db"],
  ["a device", "/dev/null/s.db"],
  ["a folder in the place of the file", "FOLDER/folder"],
  ["a pipe in the place of the file", "FOLDER/pipe"],
  ["a device in the place of the file", "/dev/zero"],
] as const;

describe("a path at which no store can be", () => {
  it.each(IMPOSSIBLE)("is said once, and the exporter works from memory: %s", async (_, place) => {
    await using folder = await temporaryFolder();
    await folder.write("file", "");
    mkdirSync(join(folder.path, "folder"));
    await run(["mkfifo", join(folder.path, "pipe")]);
    const path = place.replace("FOLDER", folder.path);
    await using exporter = await startExporter({
      yaml: "heartbeats: [{ name: a }]",
      args: [`--storage.path=${path}`],
    });
    const failures = await waitUntil("a second attempt", async () => {
      const text = await exporter.get("/metrics");
      const counts = ["io", "read_only"].map(
        (reason) => valueOf(text, "heartbeat_exporter_store_write_failures_total", { reason }) ?? 0,
      );
      const count = Math.max(...counts);
      return count >= 2 ? count : undefined;
    });
    // One attempt per second, not as many as possible.
    expect(failures).toBeLessThan(10);
    const lines = exporter.process
      .stderr()
      .split("\n")
      .filter((line) => line.includes("the store cannot be written"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(path);
    exporter.process.kill("SIGTERM");
    expect(await exporter.process.exited).toEqual({ code: 0, signal: null });
  });

  it.each(IMPOSSIBLE.slice(0, 5))("fails a backup at once: %s", async (_, place) => {
    await using folder = await temporaryFolder();
    await folder.write("file", "");
    const path = join(folder.path, "s.db");
    await fill(path);
    const file = place.replace("FOLDER", folder.path);
    expect(() => backupStore(path, file)).toThrow(file);
    expect(() => restoreStore(path, file, new Date(0))).toThrow(file);
  });
});

describe("something else than a file", () => {
  it.each(["pipe", "folder"])("is neither read as a store nor restored: a %s", async (name) => {
    await using folder = await temporaryFolder();
    mkdirSync(join(folder.path, "folder"));
    await run(["mkfifo", join(folder.path, "pipe")]);
    const path = join(folder.path, name);
    const problem = `${path} is not a regular file`;
    expect(() => restoreStore(path, join(folder.path, "s.db"), new Date(0))).toThrow(problem);
    expect(() => backupStore(path, join(folder.path, "backup.db"))).toThrow(problem);
    await expect(readHistory(path).summaries({ from: timestamp(0), to: timestamp(1) })).rejects.toThrow(
      problem,
    );
  });
});

describe("createFolder", () => {
  it("creates parents, and accepts a folder that is there", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a/b/c");
    createFolder(path);
    createFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
    createFolder("/");
  });

  it.each([
    ["/proc/heartbeat/a/b", "ENOENT"],
    ["FOLDER/file/a/b", "EEXIST"],
    ["FOLDER/dangling", "EEXIST"],
  ])("fails at once for %s", async (place, code) => {
    await using folder = await temporaryFolder();
    await folder.write("file", "");
    symlinkSync("/nowhere/at/all", join(folder.path, "dangling"));
    expect(() => createFolder(place.replace("FOLDER", folder.path))).toThrow(code);
  });
});

it("history in a store with the umask 000 is written and read", async () => {
  await using folder = await temporaryFolder();
  withUmask(0);
  await using open = await openTestStore(join(folder.path, "s.db"));
  open.store.history.append({ target: "t", module: "m", startedAt: timestamp(1), duration: seconds(1) });
  await open.store.memory.flush();
  expect(open.store.status().up).toBe(true);
});
