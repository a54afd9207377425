import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { lock, openForReading, renameDatabase } from "./database.ts";
import { failureOf, StoreError } from "./failure.ts";
import { checkVersion } from "./migrations.ts";

/**
 * Writes a copy of the store at `path` to `file`, as it is at this moment; an exporter may be running on it.
 *
 * One statement and not SQLite's backup interface: that begins anew whenever somebody writes, which an exporter does each
 * second. `file` appears when it is complete.
 * @throws StoreError when `path` is no store, or `file` exists or cannot be written
 */
export function backupStore(path: string, file: string): void {
  if (existsSync(file)) throw refusal(`${file}: it exists already`);
  const partial = `${file}.partial-${process.pid}`;
  saying(path, () => {
    const db = openForReading(path);
    try {
      mkdirSync(dirname(file), { recursive: true });
      db.prepare("vacuum into ?").run(partial);
      renameSync(partial, file);
    } finally {
      rmSync(partial, { force: true });
      db.close();
    }
  });
}

/**
 * Puts a backup in the place of the store at `path`. What was there is renamed, not removed.
 * @param at part of the new name of what was there
 * @returns the new name of what was there, if anything was
 * @throws StoreError when `file` is no sound store of this version or an older one, or when an exporter uses `path`
 */
export function restoreStore(file: string, path: string, at: Date): string | undefined {
  saying(file, () => validate(file));
  const unlock = saying(path, () => lock(path));
  const partial = `${path}.partial-${process.pid}`;
  try {
    return saying(path, () => {
      copyFileSync(file, partial);
      const aside = existsSync(path)
        ? `${path}.replaced-${at.toISOString().replaceAll(":", "-")}`
        : undefined;
      if (aside !== undefined) renameDatabase(path, aside);
      renameSync(partial, path);
      return aside;
    });
  } finally {
    rmSync(partial, { force: true });
    unlock();
  }
}

/** Looks at every page. A backup has no log beside it, so nothing needs to be written to read it. */
function validate(file: string): void {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    if (checkVersion(db) === 0) throw refusal("it is empty");
    const said = String(db.prepare("pragma integrity_check(1)").get()?.["integrity_check"]);
    if (said !== "ok") throw new StoreError({ failure: "corrupt", message: `it is damaged: ${said}` });
  } finally {
    db.close();
  }
}

const refusal = (message: string): StoreError => new StoreError({ failure: "io", message, lasting: true });

/** Runs `act`; what goes wrong names the file. */
function saying<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const facts = failureOf(error);
    throw new StoreError({ ...facts, message: `${file}: ${facts.message}` }, { cause: error });
  }
}
