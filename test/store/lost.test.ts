import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import { waitUntil } from "../helpers/process.ts";
import { type OpenStore, openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const EVER = { from: timestamp(0), to: timestamp(1e10) };
const NOW = Date.now() / 1000;

function append({ store }: OpenStore, results: number, offset = 0): void {
  for (let i = 0; i < results; i += 1) {
    const startedAt = timestamp(NOW - offset - i);
    store.history.append({ target: "one", module: "web", startedAt, duration: seconds(0.1) });
  }
}

const probesOf = async ({ store }: OpenStore): Promise<number> =>
  (await store.history.summaries(EVER)).reduce((sum, { probes }) => sum + probes, 0);

/** What a kill -9 would leave: the files as they are. */
async function afterKill(path: string): Promise<OpenStore> {
  const folder = `${dirname(path)}-killed`;
  await cp(dirname(path), folder, { recursive: true });
  return openTestStore(join(folder, basename(path)));
}

interface Fault {
  readonly title: string;
  readonly inflict: (path: string, foreign: string) => Promise<void>;
  readonly detail: string;
  /** Results of 3000 that survive. */
  readonly results: number;
  /** Part of the name of what is kept beside the store. */
  readonly aside?: string;
}

const FAULTS: readonly Fault[] = [
  {
    title: "its folder is removed",
    inflict: (path) => rm(dirname(path), { recursive: true }),
    detail: "the file was removed",
    results: 3000,
  },
  {
    title: "its file is removed, and log and index stay",
    inflict: (path) => rm(path),
    detail: "the file was removed",
    results: 3000,
  },
  {
    title: "its file is renamed",
    inflict: (path) => rename(path, `${path}.old`),
    detail: "the file was removed",
    results: 3000,
  },
  {
    title: "all its files are removed, with the lock",
    inflict: async (path) => {
      for (const suffix of ["", "-wal", "-shm", "-lock"]) await rm(path + suffix);
    },
    detail: "the file was removed",
    results: 3000,
  },
  {
    title: "its file is replaced by another store",
    inflict: (path, foreign) => rename(foreign, path),
    detail: "another file is in its place",
    results: 3000,
    aside: "s.db.displaced-",
  },
  {
    title: "its file is replaced by a text",
    inflict: async (path) => {
      await writeFile(`${path}.new`, "a text");
      await rename(`${path}.new`, path);
    },
    detail: "another file is in its place",
    results: 3000,
    aside: "s.db.displaced-",
  },
  {
    title: "its file becomes a link to another store",
    inflict: async (path, foreign) => {
      await rm(path);
      await symlink(foreign, path);
    },
    detail: "another file is in its place",
    results: 3000,
  },
  {
    title: "its file is emptied",
    inflict: (path) => truncate(path, 0),
    detail: "the file was truncated",
    results: 0,
    aside: "s.db.corrupt-",
  },
  {
    title: "its file is cut in half",
    inflict: async (path) => truncate(path, (await readFile(path)).length / 2),
    detail: "the file was truncated",
    results: 0,
    aside: "s.db.corrupt-",
  },
  {
    title: "its log is removed",
    inflict: (path) => rm(`${path}-wal`),
    detail: "its write-ahead log or index (-wal, -shm) was removed or replaced",
    results: 3000,
  },
  {
    title: "its log is replaced",
    inflict: async (path) => {
      await rm(`${path}-wal`);
      await writeFile(`${path}-wal`, "a text");
    },
    detail: "its write-ahead log or index (-wal, -shm) was removed or replaced",
    results: 3000,
  },
  {
    title: "its index is removed",
    inflict: (path) => rm(`${path}-shm`),
    detail: "its write-ahead log or index (-wal, -shm) was removed or replaced",
    results: 3000,
  },
  {
    title: "its log is emptied",
    inflict: (path) => truncate(`${path}-wal`, 0),
    detail: "its write-ahead log (-wal) was truncated or overwritten",
    results: 2000,
  },
  {
    title: "its log is overwritten with zeros",
    inflict: async (path) => {
      const { length } = await readFile(`${path}-wal`);
      await writeFile(`${path}-wal`, Buffer.alloc(length));
    },
    detail: "its write-ahead log (-wal) was truncated or overwritten",
    results: 2000,
  },
];

/** Opens a store whose main file has 2000 results, and its log 1000. */
async function openFilled(path: string): Promise<OpenStore> {
  const first = await openTestStore(path);
  const values = first.store.memory.namespace("a");
  for (let i = 0; i < 500; i += 1) values.put(`key${i}`, "x".repeat(50));
  append(first, 2000);
  await first.store.close();
  const open = await openTestStore(path);
  append(open, 1000, 5000);
  await open.store.memory.flush();
  return open;
}

describe("a store that is open notices when", () => {
  it.each(FAULTS)("$title", async ({ inflict, detail, results, aside }) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "state/s.db");
    const foreign = join(folder.path, "foreign.db");
    {
      await using other = await openTestStore(foreign);
      other.store.memory.namespace("a").put("foreign", true);
    }
    await using open = await openFilled(path);
    const values = open.store.memory.namespace("a");
    await inflict(path, foreign);
    values.delete("key0");
    values.put("new", 1);
    append(open, 1, 9000);
    await open.store.memory.flush();

    expect(open.store.status()).toMatchObject({ up: true, failures: { lost: 1, io: 0, corrupt: 0 } });
    expect(open.logged[0]).toMatchObject({
      level: "error",
      message: "the store was lost; it is being made again from memory",
      fields: { path, detail },
    });
    expect(open.logged).toHaveLength(2);
    expect(open.logged[1]?.level).toBe(results === 3000 ? "info" : "error");
    expect(await probesOf(open)).toBe(results + 1);
    const names = (await readdir(dirname(path))).filter((name) => !/-(?:wal|shm)$/.test(name));
    expect(names.filter((name) => name.includes("displaced") || name.includes("corrupt")).length).toBe(
      aside === undefined ? 0 : 1,
    );
    expect(names.some((name) => name.startsWith(aside ?? "s.db"))).toBe(true);

    await using next = await afterKill(path);
    expect(next.logged.filter(({ level }) => level !== "info")).toEqual([]);
    expect(Object.fromEntries(next.store.memory.namespace("a").entries())).toEqual(
      Object.fromEntries(values.entries()),
    );
    expect(await probesOf(next)).toBe(results + 1);
  });

  it("its folder cannot be made again until later, and answers from memory in between", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "state/s.db");
    await using open = await openFilled(path);
    await rm(dirname(path), { recursive: true });
    await writeFile(dirname(path), "in the way");
    open.store.memory.namespace("a").put("new", 1);
    append(open, 1, 9000);
    await expect(open.store.memory.flush()).rejects.toThrow("state");
    await waitUntil("more attempts", () => (open.store.status().failures.io > 2 ? true : undefined));
    expect(open.store.status()).toMatchObject({ up: false, failures: { lost: 1 } });
    append(open, 1, 9001);
    expect(await probesOf(open)).toBeGreaterThan(0);
    expect(open.logged.map(({ message }) => message)).toEqual([
      "the store was lost; it is being made again from memory",
      "the store cannot be written; state is kept in memory only",
    ]);
    await rm(dirname(path));
    await waitUntil("the store", () => (open.store.status().up ? true : undefined));
    expect(open.logged.slice(2).map(({ message }) => message)).toEqual([
      "the store was made again, with all of its history",
    ]);
    expect(await probesOf(open)).toBe(3002);
    await using next = await afterKill(path);
    expect(next.store.memory.namespace("a").get("new")).toBe(1);
  });

  it("nothing was written, and the file is gone all the same", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "state/s.db");
    await using open = await openFilled(path);
    await rm(dirname(path), { recursive: true });
    await waitUntil("the file", () => (existsSync(path) ? true : undefined));
    expect(await probesOf(open)).toBe(3000);
  });
});

describe("a store that is opened says that", () => {
  const CHANGES: readonly (readonly [title: string, change: (path: string, old: string) => Promise<void>])[] =
    [
      ["its log was removed", (path) => rm(`${path}-wal`)],
      ["its log was emptied", (path) => truncate(`${path}-wal`, 0)],
      ["its log was cut", async (path) => truncate(`${path}-wal`, 40_000)],
      ["its file was removed", (path) => rm(path)],
      ["its file was emptied", (path) => truncate(path, 0)],
      [
        "its files are those of an earlier day",
        async (path, old) => {
          await rm(`${path}-wal`);
          await cp(old, path);
        },
      ],
    ];
  it.each(CHANGES)("%s since it was written", async (_title, change) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "state/s.db");
    await using open = await openFilled(path);
    const killed = join(folder.path, "killed/s.db");
    await mkdir(dirname(killed));
    await cp(path, join(folder.path, "old.db"));
    open.store.memory.namespace("a").put("new", 1);
    await open.store.memory.flush();
    await cp(dirname(path), dirname(killed), { recursive: true });
    await change(killed, join(folder.path, "old.db"));
    await using next = await openTestStore(killed);
    expect(next.store.status()).toMatchObject({ up: true, failures: { lost: 1 } });
    expect(next.logged).toMatchObject([
      {
        level: "error",
        message: "the store was changed while no exporter ran; what was written in between is lost",
        fields: { path: killed },
      },
    ]);
    // Once.
    await next.store.close();
    await using last = await openTestStore(killed);
    expect(last.logged).toEqual([]);
  });

  it("there was none", async () => {
    await using folder = await temporaryFolder();
    await using open = await openTestStore(join(folder.path, "s.db"));
    expect(open.logged).toMatchObject([{ level: "info", message: "the store is new" }]);
  });
});

describe("a store whose files are removed again and again", () => {
  it("answers every query", { timeout: 60_000 }, async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    await using open = await openTestStore(path);
    const { history } = open.store;
    const ending = new AbortController();
    const until = async (work: () => Promise<unknown>, ms: number): Promise<void> => {
      while (!ending.signal.aborted) {
        await work();
        await pause(ms);
      }
    };
    let answers = 0;
    const answered = async (answer: Promise<unknown>): Promise<void> => {
      await answer;
      answers += 1;
    };
    setTimeout(() => ending.abort(), 8000);
    await Promise.all([
      until(async () => append(open, 10), 50),
      until(() => answered(history.summaries(EVER)), 2),
      until(() => answered(history.events({ limit: 10 })), 2),
      until(async () => {
        await pause(500);
        for (const name of await readdir(folder.path))
          if (name.startsWith("s.db")) await rm(join(folder.path, name), { force: true });
      }, 0),
    ]);
    expect(answers).toBeGreaterThan(100);
  });
});
