import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { StoreError } from "./failure.ts";
import { hideAddresses } from "./hidden-addresses.ts";
import { checkVersion, migrate } from "./migrations.ts";
import { createPrivateFile, isRegularFile } from "./private-files.ts";

/** How long a statement waits for a lock that another program holds. Only the writer's thread waits. */
const BUSY_MS = 250;

/** Suffixes of the database's files: the main file, the write-ahead log (WAL) and its index. */
const SUFFIXES = ["", "-wal", "-shm"] as const;

/** Files kept aside for inspection, for each reason. More could fill a disk that damages each new file. */
const MAX_ASIDE = 3;

/** Size of the WAL, in bytes, at which the reader is asked to checkpoint it, and to which SQLite shortens it afterwards. */
export const WAL_CHECKPOINT_BYTES = 4 * 2 ** 20;

/** Size of the WAL, in pages (64 MiB), at which the writer checkpoints it itself, because the reader has not. */
const WAL_AUTOCHECKPOINT_PAGES = 16_384;

/**
 * Opens the file for writing; creates it if it does not exist.
 *
 * WAL with synchronous=NORMAL: committed data survives any end of the process, and a transaction costs no fsync. A power
 * failure may lose the last transactions, but never damages the file
 * (https://sqlite.org/wal.html#performance_considerations).
 * @throws StoreError or an error of node:sqlite; see `failureOf`
 */
export function openDatabase(path: string): DatabaseSync {
  createPrivateFile(path);
  const db = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    checkVersion(db);
    db.exec(
      `pragma auto_vacuum = incremental; pragma journal_mode = wal; pragma synchronous = normal;
       pragma wal_autocheckpoint = ${WAL_AUTOCHECKPOINT_PAGES}; pragma journal_size_limit = ${WAL_CHECKPOINT_BYTES};
       pragma cache_size = -4000; pragma cell_size_check = on; pragma trusted_schema = off`,
    );
    migrate(db);
    hideAddresses(db);
    for (const table of ["shelves", "alive", "targets", "reasons", "events"]) {
      const report = String(db.prepare(`pragma quick_check(${table})`).get()?.["quick_check"]);
      if (report !== "ok") throw new StoreError({ failure: "corrupt", message: report });
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens the file read-only, also while another process or thread writes it.
 * @throws StoreError or an error of node:sqlite, also if the file does not exist
 */
export function openForReading(path: string): DatabaseSync {
  isRegularFile(path);
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  try {
    if (checkVersion(db) === 0) throw new StoreError({ failure: "io", message: "the file is empty" });
    db.exec("pragma cell_size_check = on; pragma trusted_schema = off");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Copies the WAL into the main file. Called from another thread than the writer's, so that commits do not wait for the
 * disk. https://sqlite.org/wal.html#ckpt
 */
export function checkpoint(path: string): void {
  const url = pathToFileURL(path);
  // A file that has been removed meanwhile is not created.
  url.searchParams.set("mode", "rw");
  const db = new DatabaseSync(url, { timeout: BUSY_MS });
  try {
    db.prepare("pragma wal_checkpoint(passive)").all();
  } finally {
    db.close();
  }
}

/** Opens the file read-only on a read-only disk, where SQLite cannot create the WAL's index either. */
export function openUnwritable(path: string): DatabaseSync {
  if (sizeOfWal(path) > 0) return openForReading(path);
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  const db = new DatabaseSync(url, { readOnly: true });
  checkVersion(db);
  return db;
}

/** The reason for which a database was moved aside, as part of its new name. */
type AsideReason = "corrupt" | "displaced";

/**
 * Renames a database that is damaged or was found in the place of the store, so that it can be inspected and a new one created.
 * Deletes the oldest such databases.
 * @returns the new path
 */
export function moveAside(path: string, reason: AsideReason): string {
  const newPath = `${path}.${reason}-${new Date().toISOString().replaceAll(":", "-")}`;
  renameDatabase(path, newPath);
  const prefix = `${basename(path)}.${reason}-`;
  const folder = dirname(path);
  const all = readdirSync(folder).filter((name) => name.startsWith(prefix) && !/-(wal|shm)$/.test(name));
  for (const name of all.toSorted().slice(0, -MAX_ASIDE)) removeDatabase(join(folder, name));
  return newPath;
}

/** Renames all files of a database. */
export function renameDatabase(from: string, to: string): void {
  for (const suffix of SUFFIXES) {
    if (existsSync(from + suffix)) renameSync(from + suffix, to + suffix);
  }
}

/** Removes the log and index of a database that is closed. They would be applied to another file that takes its name. */
export function removeLog(path: string): void {
  for (const suffix of SUFFIXES) if (suffix !== "") rmSync(path + suffix, { force: true });
}

function removeDatabase(path: string): void {
  for (const suffix of SUFFIXES) rmSync(path + suffix, { force: true });
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Returns the size of the WAL, in bytes. */
export const sizeOfWal = (path: string): number => sizeOf(`${path}-wal`);

/** Returns the size of all files of the database, in bytes. */
export const sizeOnDisk = (path: string): number =>
  SUFFIXES.reduce((sum, suffix) => sum + sizeOf(path + suffix), 0);
