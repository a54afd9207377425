import { renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { defined } from "../core/defined.ts";
import { moveAside, removeLog } from "./database.ts";
import { failureOf, StoreError } from "./failure.ts";
import { createPrivateFile, isRegularFile } from "./private-files.ts";
import type { Loss, Mending } from "./protocol.ts";

/**
 * Closes a database whose files are no longer those at its path, and puts what can be saved of it at `location`, where it can then be
 * opened. The open database still has all of a file that was removed, and of a log that was removed.
 * @throws the error of a folder or file that cannot be created; the database then stays open, so that mending can be tried again
 */
export function mend(db: DatabaseSync, loss: Loss, location: string): Mending {
  switch (loss) {
    case "removed":
    case "replaced":
      return recreate(db, loss, location);
    case "truncated": {
      const movedAside = moveAside(location, "corrupt");
      closeQuietly(db);
      return { loss, historySaved: false, movedAside };
    }
    case "log_removed": {
      const historySaved = checkpointAll(db);
      if (historySaved) closeQuietly(db);
      else closeWithoutCheckpoint(db, location);
      removeLog(location);
      return { loss, historySaved };
    }
    case "log_truncated":
      closeWithoutCheckpoint(db, location);
      return { loss, historySaved: false };
  }
}

/** Writes everything to a new file, and moves aside what is at its path. */
function recreate(db: DatabaseSync, loss: Loss, location: string): Mending {
  const partial = `${location}.partial-${process.pid}`;
  createPrivateFile(partial);
  try {
    const historySaved = copyTo(db, partial);
    const movedAside = isRegularFile(location) ? moveAside(location, "displaced") : undefined;
    closeQuietly(db);
    removeLog(location);
    if (historySaved) renameSync(partial, location);
    return { loss, historySaved, ...defined({ movedAside }) };
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Copies a database to an empty file; returns false if it cannot be read.
 * @throws the error of a disk that cannot take the copy now
 */
function copyTo(db: DatabaseSync, file: string): boolean {
  try {
    db.prepare("vacuum into ?").run(file);
    return true;
  } catch (error) {
    const { failure } = failureOf(error);
    if (failure === "corrupt" || failure === "io") return false;
    throw error;
  }
}

/**
 * Copies all of the log that is open into the main file; returns false if that is not possible.
 * @throws StoreError `locked` while a reader is in the way
 */
function checkpointAll(db: DatabaseSync): boolean {
  let isBusy: boolean;
  try {
    isBusy = db.prepare("pragma wal_checkpoint(full)").get()?.["busy"] !== 0;
  } catch {
    return false;
  }
  if (isBusy) throw new StoreError({ failure: "locked", message: "another program reads the file" });
  return true;
}

/**
 * Closes a database whose log is damaged. The last connection that closes would copy the log into the main file, and damage that as
 * well; while another one has the file open, none does, and one that only reads never does.
 */
function closeWithoutCheckpoint(db: DatabaseSync, location: string): void {
  let guard: DatabaseSync | undefined;
  try {
    guard = new DatabaseSync(location, { readOnly: true });
    guard.prepare("select count(*) from sqlite_schema").get();
  } catch {
    // It has the file open, although it cannot read it.
  }
  closeQuietly(db);
  if (guard !== undefined) closeQuietly(guard);
}

function closeQuietly(db: DatabaseSync): void {
  try {
    db.close();
  } catch {
    // The loss that led here is reported.
  }
}
