import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { canonicalPath } from "./canonical-path.ts";
import { openForReading, removeLog, renameDatabase } from "./database.ts";
import { failureOf, StoreError } from "./failure.ts";
import { hideAddresses } from "./hidden-addresses.ts";
import { lock } from "./lock.ts";
import { checkVersion } from "./migrations.ts";
import { copyPrivately, createPrivateFile, giveTo, isRegularFile } from "./private-files.ts";

/**
 * Writes a consistent copy of the store at `path` to `file`, also while an exporter uses the store.
 *
 * Uses `vacuum into` rather than SQLite's backup API, which starts over whenever the database is written: an exporter
 * writes every second. `file` appears when it is complete.
 * @throws StoreError if `path` is not a store, or `file` exists or cannot be written
 */
export function backupStore(path: string, file: string): void {
  if (existsSync(file)) throw refusal(`${file}: the file exists already`);
  const partial = `${file}.partial-${process.pid}`;
  const db = namingFile(path, () => openForReading(path));
  try {
    // `vacuum into` fills an empty file, whose permissions stay.
    namingFile(file, () => createPrivateFile(partial));
    namingFile(path, () => db.prepare("vacuum into ?").run(partial));
    namingFile(file, () => hideAddressesIn(partial));
    namingFile(file, () => renameSync(partial, file));
  } finally {
    removeIfPossible(partial);
    db.close();
  }
}

/**
 * Replaces the store at `path` with a backup. The replaced store is renamed, not deleted.
 * @param at part of the replaced store's new name
 * @returns the replaced store's new name; `undefined` if there was none
 * @throws StoreError if `file` is not an intact store of this version or an older one, or if an exporter uses `path`
 */
export function restoreStore(file: string, path: string, at: Date): string | undefined {
  namingFile(file, () => validate(file));
  const held = namingFile(path, () => lock(canonicalPath(path)));
  const location = canonicalPath(path);
  const partial = `${location}.partial-${process.pid}`;
  try {
    return namingFile(path, () => {
      copyPrivately(file, partial);
      giveTo(partial, existsSync(location) ? location : dirname(location));
      const replaced = existsSync(location)
        ? `${location}.replaced-${at.toISOString().replaceAll(":", "-")}`
        : undefined;
      if (replaced !== undefined) renameDatabase(location, replaced);
      removeLog(location);
      renameSync(partial, location);
      // The backup is older on purpose.
      held.unmark();
      return replaced;
    });
  } finally {
    removeIfPossible(partial);
    held.release();
  }
}

/** Takes addresses out of the copy of a store that no exporter of this version has opened. */
function hideAddressesIn(file: string): void {
  const db = new DatabaseSync(file);
  try {
    if (checkVersion(db) > 0) hideAddresses(db);
  } finally {
    db.close();
  }
}

/** Removes a file. Below a folder that cannot be used there is none, and `rmSync` would hide why. */
function removeIfPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The error that led here is the one to report.
  }
}

/** Checks every page. A backup has no write-ahead log, so it can be opened read-only. */
function validate(file: string): void {
  isRegularFile(file);
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    if (checkVersion(db) === 0) throw refusal("the file is empty");
    const report = String(db.prepare("pragma integrity_check(1)").get()?.["integrity_check"]);
    if (report !== "ok")
      throw new StoreError({ failure: "corrupt", message: `the file is damaged: ${report}` });
  } finally {
    db.close();
  }
}

const refusal = (message: string): StoreError => new StoreError({ failure: "io", message, lasting: true });

/** Runs `action`; adds the file's name to its errors. */
function namingFile<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const facts = failureOf(error);
    throw new StoreError({ ...facts, message: `${file}: ${facts.message}` }, { cause: error });
  }
}
