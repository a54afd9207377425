import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
import { waitUntil } from "../helpers/process.ts";
import { BOUNDS, openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const START = 1_757_943_000;
const errorsOf = ({ logged }: { logged: readonly { level: string; message: string }[] }): string[] =>
  logged.filter(({ level }) => level !== "debug").map(({ level, message }) => `${level}: ${message}`);

describe("stored values", () => {
  it("survive a restart: the last value of each key, without deleted ones", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "deep/er/s.db");
    const clock = manualClock(START);
    {
      await using first = await openTestStore(path, { clock });
      const values = first.store.memory.namespace("a");
      expect(first.store.memory.downFor).toBe(0);
      values.put("x", { n: 1 });
      values.put("x", { n: 2 });
      values.put("deleted", true);
      first.store.memory.namespace("b").put("x", ["ü\0😀"]);
      await first.store.memory.flush();
      values.delete("deleted");
      values.delete("unknown");
    }
    clock.advance(seconds(90));
    await using second = await openTestStore(path, { clock });
    const { memory } = second.store;
    expect([...memory.namespace("a").entries()]).toEqual([["x", { n: 2 }]]);
    expect(memory.namespace("b").get("x")).toEqual(["ü\0😀"]);
    expect(memory.namespace("c").get("x")).toBeUndefined();
    expect(memory.downFor).toBe(90);
    expect(errorsOf(second)).toEqual([]);
    expect(second.store.status()).toMatchObject({ up: true, file: { results: 0 } });
  });

  it("are written without a flush, and the time at which the exporter was alive every second", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    const clock = manualClock(START);
    await using open = await openTestStore(path, { clock });
    open.store.memory.namespace("a").put("x", 7);
    const db = new DatabaseSync(path, { readOnly: true });
    const read = (sql: string) => Object.values(db.prepare(sql).get() ?? {})[0];
    expect(read("select value from shelves")).toBeUndefined();
    clock.advance(seconds(0.25));
    await waitUntil("the value", () => (read("select value from shelves") === "7" ? true : undefined));
    // The store has heard from its worker, so that the next tick finds it free.
    await open.store.memory.flush();
    const alive = Number(read("select at from alive"));
    clock.advance(seconds(1));
    const later = await waitUntil("a later time", () =>
      Number(read("select at from alive")) > alive ? true : undefined,
    );
    expect(later).toBe(true);
    db.close();
  });

  it("have a downtime of 0 if the clock was set back", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    await (await openTestStore(path, { clock: manualClock(START) })).store.close();
    await using later = await openTestStore(path, { clock: manualClock(START - 500) });
    expect(later.store.memory.downFor).toBe(0);
  });

  it("keep event ids rising across a restart", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    const event = { kind: "overdue", at: timestamp(START), subject: "one" } as const;
    const first = await openTestStore(path, { clock: manualClock(START) });
    const before = first.store.history.record(event);
    await first.store.close();
    await using second = await openTestStore(path, { clock: manualClock(START - 3600) });
    expect(second.store.history.record(event).id).toBe(before.id + 1);
    expect(await second.store.history.events({})).toHaveLength(2);
  });
});

describe("history in a file", () => {
  it("is limited by age, also for targets that are no longer probed", async () => {
    await using folder = await temporaryFolder();
    const clock = manualClock(START);
    const bounds = { ...BOUNDS, retention: 1000 };
    await using open = await openTestStore(join(folder.path, "s.db"), { clock, bounds });
    const { history, memory, status } = { ...open.store, status: () => open.store.status().file?.results };
    const append = (target: string, from: number, count: number): void => {
      for (let i = 0; i < count; i += 1) {
        const startedAt = timestamp(START + from + i / 10);
        history.append({ target, module: "web", startedAt, duration: seconds(1) });
      }
    };
    append("gone", 0, 5000);
    append("one", 0, 5000);
    history.record({ kind: "overdue", at: timestamp(START), subject: "gone" });
    history.record({ kind: "overdue", at: timestamp(START + 1900), subject: "one" });
    await memory.flush();
    expect(status()).toBe(10_000);
    clock.advance(seconds(1900));
    append("one", 1900, 3);
    open.store.setBounds(bounds);
    await waitUntil("old results to be pruned", async () => {
      await memory.flush();
      return status() === 3 ? true : undefined;
    });
    const window = { from: timestamp(0), to: timestamp(START + 10_000) };
    expect((await history.summaries(window)).map(({ target, probes }) => [target, probes])).toEqual([
      ["one", 3],
    ]);
    // Incidents go back 90 days.
    expect((await history.events({})).map(({ subject }) => subject)).toEqual(["gone", "one"]);
    clock.advance(seconds(91.01 * 86_400));
    append("one", 91.01 * 86_400, 1);
    open.store.setBounds(bounds);
    await waitUntil("old events to be pruned", async () => {
      await memory.flush();
      return (await history.events({})).length === 1 ? true : undefined;
    });
  });

  it("is limited by size, oldest first, and the file shrinks", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    const clock = manualClock(START + 20_000);
    await using open = await openTestStore(path, { clock });
    const { history, memory } = open.store;
    const COUNT = 200_000;
    for (let i = 0; i < COUNT; i += 1) {
      if (i % 20_000 === 0) await memory.flush();
      history.append({
        target: `t${i % 10}`,
        module: "web",
        startedAt: timestamp(START + i / 10),
        duration: seconds(0.0123),
      });
    }
    await memory.flush();
    const largest = (await stat(path)).size + (await stat(`${path}-wal`)).size;
    expect(largest).toBeGreaterThan(3.5 * 2 ** 20);
    open.store.setBounds({ ...BOUNDS, maxSize: 2 ** 20 });
    const few = await waitUntil("the file to become small", async () => {
      await memory.flush();
      const { results = COUNT } = open.store.status().file ?? {};
      return results < 60_000 && (await stat(path)).size < 1.1 * 2 ** 20 ? results : undefined;
    });
    expect(few).toBeGreaterThan(10_000);
    const window = { from: timestamp(0), to: timestamp(START + COUNT) };
    const summaries = await history.summaries(window);
    expect(summaries).toHaveLength(10);
    for (const { lastProbe, firstProbe } of summaries) {
      expect(lastProbe).toBeGreaterThan(START + 19_998);
      expect(firstProbe).toBeGreaterThan(START + 10_000);
    }
  });
});

describe("a file", () => {
  const values = async (path: string): Promise<unknown> => {
    await using open = await openTestStore(path);
    return open.store.memory.namespace("a").get("x");
  };

  it("of a newer version is not changed, and the exporter works in memory", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    await (await openTestStore(path)).store.close();
    const db = new DatabaseSync(path);
    db.exec("pragma user_version = 99");
    db.close();
    const before = await readFile(path);
    {
      await using open = await openTestStore(path);
      expect(open.store.status()).toMatchObject({ up: false, failures: { io: 1 } });
      expect(open.logged).toEqual([
        {
          level: "error",
          message: "the store cannot be written; state is kept in memory only",
          fields: {
            path,
            reason: "io",
            detail: "got a file of version 99, want 3 or older: it was written by a newer heartbeat-exporter",
          },
        },
      ]);
      open.store.memory.namespace("a").put("x", 1);
      expect(open.store.memory.namespace("a").get("x")).toBe(1);
      open.store.history.append({
        target: "one",
        module: "web",
        startedAt: timestamp(Date.now() / 1000 - 5),
        duration: seconds(1),
      });
      expect(await open.store.history.summaries({ from: timestamp(0), to: timestamp(1e10) })).toHaveLength(1);
      await expect(open.store.memory.flush()).rejects.toThrow("the file is unusable");
    }
    expect(await readFile(path)).toEqual(before);
  });

  it("of another program is not changed", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    const db = new DatabaseSync(path);
    db.exec("create table precious (x); insert into precious values (1)");
    db.close();
    const before = await readFile(path);
    await using open = await openTestStore(path);
    expect(open.store.status().up).toBe(false);
    expect(JSON.stringify(open.logged)).toContain("a database of another program (application_id 0)");
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder.path)).toEqual(["s.db", "s.db-lock"]);
  });

  it("in use by an exporter that is shutting down is waited for", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    const first = await openTestStore(path);
    first.store.memory.namespace("a").put("x", "first");
    const starting = openTestStore(path, { patience: 15 });
    await first.store.close();
    await using second = await starting;
    expect(second.store.status().up).toBe(true);
    expect(second.store.memory.namespace("a").get("x")).toBe("first");
  });

  it("in use by another exporter is never written by a second one, which says so", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    const first = await openTestStore(path);
    first.store.memory.namespace("a").put("x", "first");
    first.store.memory.namespace("a").put("y", "first");
    await using second = await openTestStore(path, { patience: 0.3 });
    expect(second.store.status()).toMatchObject({ up: false });
    expect(second.store.status().failures.locked).toBeGreaterThan(0);
    expect(errorsOf(second)).toEqual([
      "error: the store cannot be written; state is kept in memory only",
      "error: another exporter uses the store, so this one leaves it alone until it is restarted; its state is lost then",
    ]);
    expect(second.logged[0]?.fields).toMatchObject({
      reason: "locked",
      detail: "another exporter uses the file",
    });
    second.store.memory.namespace("a").put("x", "second");
    await first.store.close();
    await expect(second.store.memory.flush()).rejects.toThrow("unusable");
    await second.store.close();
    await using third = await openTestStore(path);
    expect(Object.fromEntries(third.store.memory.namespace("a").entries())).toEqual({
      x: "first",
      y: "first",
    });
  });

  it("locked by another program is retried without losing anything, and logged once", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    await (await openTestStore(path)).store.close();
    await using open = await openTestStore(path);
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    open.store.memory.namespace("a").put("x", 1);
    await expect(open.store.memory.flush()).rejects.toThrow("database is locked");
    open.store.memory.namespace("a").put("x", 2);
    open.store.history.append({
      target: "one",
      module: "web",
      startedAt: timestamp(1e9),
      duration: seconds(1),
    });
    await waitUntil("more attempts", () =>
      (open.store.status().failures.locked ?? 0) > 1 ? true : undefined,
    );
    other.exec("rollback");
    other.close();
    await open.store.memory.flush();
    expect(errorsOf(open)).toEqual([
      "error: the store cannot be written; state is kept in memory only",
      "info: the store can be written again",
    ]);
    expect(open.store.status()).toMatchObject({ up: true, file: { results: 1 } });
    await open.store.close();
    expect(await values(path)).toBe(2);
  });

  it.each([
    ["not a database", async (path: string) => writeFile(path, "a text, and no database ".repeat(500))],
    ["truncated", async (path: string) => writeFile(path, (await readFile(path)).subarray(0, 5000))],
    [
      "full of zeroed pages",
      async (path: string) => {
        const bytes = await readFile(path);
        await writeFile(path, bytes.fill(0, 4096));
      },
    ],
  ])("that is %s is moved aside, and a new one created", async (_title, damage) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    {
      await using open = await openTestStore(path);
      open.store.memory.namespace("a").put("x", 1);
    }
    await damage(path);
    const damaged = await readFile(path);
    await using open = await openTestStore(path);
    expect(open.store.status()).toMatchObject({ up: true, failures: { corrupt: 1 } });
    expect(errorsOf(open)).toEqual([
      "error: the store was damaged; it was moved aside and a new one created",
    ]);
    const aside = (await readdir(folder.path)).filter((name) => /^s\.db\.corrupt-[\dTZ.-]+$/.test(name));
    expect(aside).toHaveLength(1);
    // Opening it may have changed the header, which has a change counter.
    const kept = await readFile(join(folder.path, aside[0] ?? ""));
    expect(kept.subarray(4096)).toEqual(damaged.subarray(4096));
    open.store.memory.namespace("a").put("x", 2);
    await open.store.close();
    expect(await values(path)).toBe(2);
  });
});
