import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { seconds } from "../../src/core/units.ts";
import { backupStore, restoreStore } from "../../src/store/backup.ts";
import { openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const AT = new Date("2025-09-15T13:30:00Z");

describe("backup and restore", () => {
  it("restore a backup made while the exporter ran, and keep the replaced store", async () => {
    await using folder = await temporaryFolder();
    const [path, file] = [join(folder.path, "s.db"), join(folder.path, "backups/one.db")];
    {
      await using open = await openTestStore(path);
      open.store.memory.namespace("a").put("x", "then");
      open.store.history.append({
        target: "one",
        module: "web",
        startedAt: systemClock.now(),
        duration: seconds(1),
      });
      await open.store.memory.flush();
      backupStore(path, file);
      open.store.memory.namespace("a").put("x", "later");
      await open.store.memory.flush();
      expect(() => restoreStore(file, path, AT)).toThrow(`${path}: another exporter uses the file`);
    }
    const replacedPath = restoreStore(file, path, AT);
    expect(replacedPath).toBe(`${path}.replaced-2025-09-15T13-30-00.000Z`);
    {
      await using open = await openTestStore(path);
      expect(open.store.memory.namespace("a").get("x")).toBe("then");
      expect(open.store.status().file?.results).toBe(1);
    }
    await using replaced = await openTestStore(replacedPath ?? "");
    expect(replaced.store.memory.namespace("a").get("x")).toBe("later");
  });

  it("restore to a path without a store", async () => {
    await using folder = await temporaryFolder();
    const [path, file] = [join(folder.path, "s.db"), join(folder.path, "one.db")];
    await (await openTestStore(path)).store.close();
    backupStore(path, file);
    expect(restoreStore(file, join(folder.path, "new.db"), AT)).toBeUndefined();
    const left = (await readdir(folder.path)).filter((name) => !/-(wal|shm|lock)$/.test(name));
    expect(left.toSorted()).toEqual(["new.db", "one.db", "s.db"]);
  });

  it("report what is wrong with a file, and change nothing", async () => {
    await using folder = await temporaryFolder();
    const [path, file] = [join(folder.path, "s.db"), join(folder.path, "one.db")];
    {
      await using open = await openTestStore(path);
      open.store.memory.namespace("a").put("x", "y".repeat(50_000));
    }
    backupStore(path, file);
    expect(() => backupStore(path, file)).toThrow(`${file}: the file exists already`);
    expect(() => backupStore(join(folder.path, "none.db"), join(folder.path, "x"))).toThrow("unable to open");
    expect(() => restoreStore(join(folder.path, "none.db"), path, AT)).toThrow("unable to open");

    const sound = await readFile(file);
    await writeFile(file, Buffer.from(sound).fill(0xff, 4096 * 3, 4096 * 9));
    expect(() => restoreStore(file, path, AT)).toThrow(`${file}: the file is damaged: `);
    await writeFile(file, "no database");
    expect(() => restoreStore(file, path, AT)).toThrow(`${file}: file is not a database`);
    await writeFile(file, "");
    expect(() => restoreStore(file, path, AT)).toThrow(`${file}: the file is empty`);
    await writeFile(file, sound);
    const db = new DatabaseSync(file);
    db.exec("pragma user_version = 99");
    db.close();
    expect(() => restoreStore(file, path, AT)).toThrow(`${file}: got a file of version 99, want 3 or older`);
    await using open = await openTestStore(path);
    expect(open.store.memory.namespace("a").get("x")).toHaveLength(50_000);
  });
});
