import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { failureOf, StoreError } from "./failure.ts";
import { checkVersion, migrate } from "./migrations.ts";

/** How long a statement waits for another program that holds the file; it keeps nobody waiting but the writer. */
const BUSY_MS = 250;

/** What SQLite puts beside a file. */
const COMPANIONS = ["", "-wal", "-shm"] as const;

/** How many damaged files are kept to be looked at; a disk that damages each new one must not be filled with them. */
const KEPT_ASIDE = 3;

/** Bytes of the log after which it is to be written back by somebody else than the writer. */
export const LOG_BYTES = 4 * 2 ** 20;

/** Pages of the log after which the writer does it, because nobody else has: 64 MiB. */
const LOG_PAGES = 16_384;

/**
 * Opens the file to be written, and makes it if there is none.
 *
 * WAL with synchronous=NORMAL: what is committed survives the end of the process, however it comes, and a transaction
 * costs no fsync; the power failing may take the last ones with it, and never damages the file
 * (https://sqlite.org/wal.html#performance_considerations).
 * @throws StoreError or an error of node:sqlite, which `failureOf` reads
 */
export function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    checkVersion(db);
    db.exec(
      `pragma auto_vacuum = incremental; pragma journal_mode = wal; pragma synchronous = normal;
       pragma wal_autocheckpoint = ${LOG_PAGES}; pragma journal_size_limit = ${LOG_BYTES};
       pragma cache_size = -4000; pragma cell_size_check = on; pragma trusted_schema = off`,
    );
    migrate(db);
    for (const table of ["shelves", "alive", "targets", "reasons", "events"]) {
      const found = db.prepare(`pragma quick_check(${table})`).get();
      const said = String(found?.["quick_check"]);
      if (said !== "ok") throw new StoreError({ failure: "corrupt", message: said });
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens the file to be read, beside whoever writes it.
 * @throws StoreError or an error of node:sqlite, also when there is no such file
 */
export function openForReading(path: string): DatabaseSync {
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
 * Writes the log back, beside the writer: that waits for the disk, and a commit does not wait for it meanwhile.
 * https://sqlite.org/wal.html#ckpt
 */
export function writeLogBack(path: string): void {
  const db = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    db.prepare("pragma wal_checkpoint(passive)").all();
  } finally {
    db.close();
  }
}

/** Opens a file where nothing can be written, not even what SQLite needs to read one that others may write. */
export function openUnwritable(path: string): DatabaseSync {
  const log = `${path}-wal`;
  if (existsSync(log) && statSync(log).size > 0) return openForReading(path);
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  const db = new DatabaseSync(url, { readOnly: true });
  checkVersion(db);
  return db;
}

/**
 * Holds a lock beside the file until it is let go of or the process ends, however that comes: SQLite's own lock of an
 * empty database, as Node.js has none for files.
 * @returns the function that lets go
 * @throws StoreError `locked` when another exporter has it
 */
export function lock(path: string): () => void {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    db = new DatabaseSync(`${path}-lock`, { timeout: 0 });
    db.exec("pragma locking_mode = exclusive; pragma journal_mode = memory; begin exclusive");
    const held = db;
    return () => held.close();
  } catch (error) {
    db?.close();
    if (failureOf(error).failure === "locked") {
      const message = "another exporter uses the file";
      throw new StoreError({ failure: "locked", message }, { cause: error });
    }
    // Where no lock can be made nothing else can be written either, and that is what will be said.
    return () => {};
  }
}

/**
 * Renames a damaged file, with what SQLite has put beside it, so that it can be looked at and a new one begun.
 * @param at part of the new name
 * @returns the new path
 */
export function setAside(path: string, at: Date): string {
  const aside = `${path}.corrupt-${at.toISOString().replaceAll(":", "-")}`;
  renameDatabase(path, aside);
  const prefix = `${basename(path)}.corrupt-`;
  const folder = dirname(path);
  const all = readdirSync(folder).filter((name) => name.startsWith(prefix) && !/-(wal|shm)$/.test(name));
  for (const name of all.toSorted().slice(0, -KEPT_ASIDE)) removeDatabase(join(folder, name));
  return aside;
}

/** Renames a file and what SQLite has put beside it. */
export function renameDatabase(from: string, to: string): void {
  for (const companion of COMPANIONS) {
    if (existsSync(from + companion)) renameSync(from + companion, to + companion);
  }
}

function removeDatabase(path: string): void {
  for (const companion of COMPANIONS) rmSync(path + companion, { force: true });
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Bytes of the log. */
export const sizeOfLog = (path: string): number => sizeOf(`${path}-wal`);

/** Bytes on the disk, those of the log included. */
export const sizeOnDisk = (path: string): number =>
  COMPANIONS.reduce((sum, companion) => sum + sizeOf(path + companion), 0);
