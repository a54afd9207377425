import { type DatabaseSync, type StatementSync } from "node:sqlite";
import {
  lock,
  moveAside,
  openDatabase,
  openForReading,
  openUnwritable,
  sizeOfWal,
  sizeOnDisk,
  WAL_CHECKPOINT_BYTES,
} from "./database.ts";
import { type FailureFacts, failureOf, StoreError } from "./failure.ts";
import { readValues, valueWriter } from "./namespaces.ts";
import { makePrivate } from "./private-files.ts";
import type { Batch, Bounds, FileFigures, StoreContents } from "./protocol.ts";
import { prune } from "./prune.ts";
import { eventWriter, type ResultWriter, resultWriter } from "./result-table.ts";
import { rollUp } from "./rollup.ts";

/** The only writer of the file. All methods throw errors that `failureOf` classifies. */
export interface Writer {
  /** Opens the file and reads its contents; opens it again if it is open. */
  open(bounds: Bounds): StoreContents;
  setBounds(bounds: Bounds): void;
  /** Writes a batch in one transaction. */
  write(batch: Batch): FileFigures;
  /** Checks every page. If one is damaged, moves the file aside and throws `corrupt`. */
  examine(): void;
  /** Prunes history in one short step, if it is time to; returns true if there is more to do. */
  pruneStep(now: number): boolean;
  close(): void;
}

const PRUNE_INTERVAL_MS = 60_000;

interface Session {
  readonly db: DatabaseSync;
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly putValues: ReturnType<typeof valueWriter>;
  readonly putEvents: ReturnType<typeof eventWriter>;
  readonly results: ResultWriter;
  readonly alive: StatementSync;
  count: number;
}

/**
 * Creates a writer with no file open.
 * @param path of the file, created by `open` if it does not exist
 */
export function createWriter(path: string): Writer {
  let bounds: Bounds | undefined;
  let session: Session | undefined;
  let unlock: (() => void) | undefined;
  let pruning: Generator<number> | undefined;
  let prunedAt = Number.NEGATIVE_INFINITY;

  const end = (): void => {
    pruning = undefined;
    const ended = session;
    session = undefined;
    try {
      ended?.db.close();
    } catch {
      // The failure that led here has been reported already.
    }
  };

  const start = (): StoreContents => {
    const db = openDatabase(path);
    try {
      const contents = { ...readAll(db), exposed: makePrivate(path) };
      session = newSession(db);
      return contents;
    } catch (error) {
      db.close();
      throw error;
    }
  };

  /** Closes a damaged file and moves it aside; returns its new path. */
  const discard = (): string => {
    end();
    return moveAside(path, new Date());
  };

  const discardAndThrow = (facts: FailureFacts): never => {
    const newPath = discard();
    throw new StoreError({ ...facts, message: `${facts.message}; the file was moved aside to ${newPath}` });
  };

  return {
    open(newBounds) {
      bounds = newBounds;
      unlock ??= lock(path);
      end();
      try {
        return start();
      } catch (error) {
        const { failure, message } = failureOf(error);
        if (failure === "corrupt") return { movedAside: discard(), ...start() };
        const unwritable: FailureFacts = { failure: "read_only", message };
        if (failure === "read_only" || isUnopenable(error)) return readUnwritable(path, unwritable, error);
        throw error;
      }
    },
    setBounds(newBounds) {
      bounds = newBounds;
      prunedAt = Number.NEGATIVE_INFINITY;
    },
    write(batch) {
      if (session === undefined) throw new StoreError({ failure: "io", message: "the file is not open" });
      const { db } = session;
      try {
        session.count += writeAll(session, batch);
      } catch (error) {
        const facts = failureOf(error);
        if (facts.failure === "corrupt") discardAndThrow(facts);
        rollBack(db, session);
        throw error;
      }
      return {
        bytes: sizeOnDisk(path),
        needsCheckpoint: sizeOfWal(path) > WAL_CHECKPOINT_BYTES,
        results: session.count,
      };
    },
    examine() {
      const damage = session === undefined ? undefined : damageOf(path);
      if (damage !== undefined) discardAndThrow({ failure: "corrupt", message: damage });
    },
    pruneStep(now) {
      if (session === undefined || bounds === undefined) return false;
      if (pruning === undefined && now - prunedAt < PRUNE_INTERVAL_MS) return false;
      pruning ??= maintain(session.db, bounds, now);
      prunedAt = now;
      const { value, done } = pruning.next();
      if (done === true) pruning = undefined;
      else session.count -= value;
      return done !== true;
    },
    close() {
      end();
      unlock?.();
      unlock = undefined;
    },
  };
}

/** Totals results before they are removed. */
function* maintain(db: DatabaseSync, bounds: Bounds, now: number): Generator<number> {
  yield* rollUp(db, now);
  yield* prune(db, bounds, now);
}

/** Returns true for SQLITE_CANTOPEN, which SQLite reports if it cannot create the WAL of a read-only file. */
const isUnopenable = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 14;

function readUnwritable(path: string, unwritable: FailureFacts, original: unknown): StoreContents {
  try {
    const db = openUnwritable(path);
    try {
      return { ...readAll(db), exposed: makePrivate(path), unwritable };
    } finally {
      db.close();
    }
  } catch {
    throw original;
  }
}

/** Checks the file through a new connection, because the writer's has pages in its cache. Returns SQLite's report. */
function damageOf(path: string): string | undefined {
  const db = openForReading(path);
  try {
    const report = String(db.prepare("pragma quick_check(1)").get()?.["quick_check"]);
    return report === "ok" ? undefined : report;
  } catch (error) {
    const { failure, message } = failureOf(error);
    return failure === "corrupt" ? message : undefined;
  } finally {
    db.close();
  }
}

function readAll(db: DatabaseSync): StoreContents {
  const alive = db.prepare("select at from alive").get()?.["at"];
  const last = db.prepare("select max(id) as id from events").get()?.["id"];
  return {
    ...readValues(db),
    ...(typeof alive === "number" ? { alive } : {}),
    lastEventId: typeof last === "number" ? last : 0,
  };
}

const newSession = (db: DatabaseSync): Session => ({
  db,
  begin: db.prepare("begin immediate"),
  commit: db.prepare("commit"),
  putValues: valueWriter(db),
  putEvents: eventWriter(db),
  results: resultWriter(db),
  alive: db.prepare("insert into alive values (1, ?) on conflict do update set at = excluded.at"),
  count: Number(db.prepare("select count(*) as n from results").get()?.["n"] ?? 0),
});

/** Writes a batch in one transaction; returns the number of results added. */
function writeAll(session: Session, { values, results, events, alive }: Batch): number {
  session.begin.run();
  session.putValues(values);
  const added = session.results.write(results);
  session.putEvents(events);
  session.alive.run(alive);
  session.commit.run();
  return added;
}

function rollBack(db: DatabaseSync, { results }: Session): void {
  results.clearCache();
  // On a full disk SQLite has rolled back already.
  if (db.isTransaction) db.exec("rollback");
}
