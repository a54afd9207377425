import { rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { failureOf, StoreError } from "./failure.ts";
import { createPrivateFile } from "./private-files.ts";

/** The lock of a store for one exporter, which the operating system releases however the process ends. */
export interface StoreLock {
  /** Time of the last write that was marked before this lock was taken, in milliseconds since the epoch. */
  readonly markedAt?: number;
  /** Returns false once the lock file is gone or another one, so that another exporter may hold a lock as well. */
  isHeld(): boolean;
  /**
   * Notes the time of a committed write, in milliseconds since the epoch. At the next start it tells whether the store is the one that
   * was written last. Ignores failures.
   */
  mark(at: number): void;
  /** Removes the mark, because the store is replaced on purpose. */
  unmark(): void;
  release(): void;
}

/**
 * Locks the store at `path` for one exporter. The lock is SQLite's lock on a small database next to the file, because Node.js has
 * no file locks.
 * @param path without symbolic links, so that every spelling of it has the same lock
 * @throws StoreError with `inUse` if another exporter holds the lock; another error if the lock file cannot be written
 */
export function lock(path: string): StoreLock {
  const file = `${path}-lock`;
  try {
    return take(file);
  } catch (error) {
    const { failure } = failureOf(error);
    if (failure === "locked") {
      const message = "another exporter uses the file";
      throw new StoreError({ failure: "locked", message, inUse: true }, { cause: error });
    }
    if (failure !== "corrupt") throw error;
    // It holds nothing but a mark. An exporter that has it open notices that it is gone.
    rmSync(file);
    return take(file);
  }
}

function take(file: string): StoreLock {
  createPrivateFile(file);
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    // In exclusive mode the lock outlives the transaction. Only the end of the process must not lose the mark, not a power failure.
    db.exec(
      `pragma locking_mode = exclusive; pragma journal_mode = memory; pragma synchronous = off;
       begin exclusive;
       create table if not exists mark (one integer primary key check (one = 1), at integer not null) strict;
       commit`,
    );
    const held = statSync(file);
    const put = db.prepare(
      "insert into mark values (1, ?) on conflict do update set at = excluded.at where at <> excluded.at",
    );
    const markedAt = db.prepare("select at from mark").get()?.["at"];
    return {
      ...(typeof markedAt === "number" ? { markedAt } : {}),
      isHeld() {
        const present = statSync(file, { throwIfNoEntry: false });
        return present?.ino === held.ino && present.dev === held.dev;
      },
      mark(at) {
        try {
          put.run(Math.round(at));
        } catch {
          // The mark before it is older than the store, which is no sign of a loss.
        }
      },
      unmark: () => db.exec("delete from mark"),
      release: () => db.close(),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}
