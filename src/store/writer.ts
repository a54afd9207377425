import { statSync } from "node:fs";
import { type DatabaseSync, type StatementSync } from "node:sqlite";
import { defined } from "../core/defined.ts";
import { canonicalPath } from "./canonical-path.ts";
import {
  moveAside,
  openDatabase,
  openForReading,
  openUnwritable,
  sizeOfWal,
  sizeOnDisk,
  WAL_CHECKPOINT_BYTES,
} from "./database.ts";
import { type FailureFacts, failureOf, StoreError } from "./failure.ts";
import { lock, type StoreLock } from "./lock.ts";
import { mend } from "./mend.ts";
import { readValues, valueWriter } from "./namespaces.ts";
import { createPrivateFile, makePrivate } from "./private-files.ts";
import type {
  Batch,
  Bounds,
  FileFigures,
  LostSpan,
  Mending,
  OpenRequest,
  StoreContents,
} from "./protocol.ts";
import { prune } from "./prune.ts";
import { eventWriter, type ResultWriter, resultWriter } from "./result-table.ts";
import { rollUp } from "./rollup.ts";
import { type FilePlace, LOSS_TEXTS, type WatchedFiles, watchFiles } from "./watched-files.ts";

/** The only writer of the file. All methods throw errors that `failureOf` classifies. */
export interface Writer {
  /** Opens the file and reads its contents; opens it again if it is open, and mends it if its files were lost. */
  open(request: OpenRequest): StoreContents;
  setBounds(bounds: Bounds): void;
  /** Writes a batch in one transaction. Throws `lost` if it is not certain to be in the file at the path. */
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
  readonly files: WatchedFiles;
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly clearValues: StatementSync;
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
  let held: StoreLock | undefined;
  let location = path;
  let pruning: Generator<number> | undefined;
  let prunedAt = Number.NEGATIVE_INFINITY;
  /** Time of the last write of this process, as marked. */
  let writtenAt: number | undefined;

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

  /**
   * Takes the lock, also again after its file was removed. In between another exporter may have used the store, and has left its own
   * mark then.
   */
  const holdLock = (): StoreLock => {
    if (held?.isHeld() === true) return held;
    held?.release();
    held = undefined;
    const taken = lock(location);
    if (writtenAt !== undefined && (taken.markedAt ?? 0) > writtenAt) {
      taken.release();
      throw new StoreError({ failure: "locked", message: "another exporter has used the file", inUse: true });
    }
    held = taken;
    return held;
  };

  const start = (): StoreContents => {
    createPrivateFile(location);
    const main = statSync(location);
    const db = openDatabase(location);
    try {
      const contents = readAll(db);
      session = newSession(db, { path, location, main });
      return { ...contents, exposed: makePrivate(location) };
    } catch (error) {
      db.close();
      throw error;
    }
  };

  /** Closes a file, moves it aside and returns its new path. */
  const discard = (reason: "corrupt" | "displaced"): string => {
    end();
    return moveAside(location, reason);
  };

  const discardAndThrow = (facts: FailureFacts): never => {
    const newPath = discard("corrupt");
    throw new StoreError({ ...facts, message: `${facts.message}; the file was moved aside to ${newPath}` });
  };

  /** @throws StoreError `lost` or `locked` if what is open must not be written */
  const checkPlace = ({ files }: Session): void => {
    const loss = files.loss();
    if (loss !== undefined) throw new StoreError({ failure: "lost", message: LOSS_TEXTS[loss] });
    endIfInUse(holdLock);
  };

  /** Leaves the file to another exporter that has locked it. */
  const endIfInUse = <T>(take: () => T): T => {
    try {
      return take();
    } catch (error) {
      if (error instanceof StoreError && error.inUse) end();
      throw error;
    }
  };

  const mendLoss = (): Mending | undefined => {
    const loss = session?.files.loss();
    if (session === undefined || loss === undefined) return undefined;
    location = canonicalPath(path);
    const mending = mend(session.db, loss, location);
    session = undefined;
    pruning = undefined;
    return mending;
  };

  const startOrReplace = (): StoreContents => {
    try {
      return start();
    } catch (error) {
      if (failureOf(error).failure !== "corrupt") throw error;
      return { movedAside: discard("corrupt"), ...start() };
    }
  };

  return {
    open({ bounds: newBounds, mode }) {
      bounds = newBounds;
      if (session === undefined) location = canonicalPath(path);
      try {
        const { markedAt } = endIfInUse(holdLock);
        const mending = mendLoss();
        end();
        refuseManyNames(location);
        const contents = startOrReplace();
        if (mode === "displace" && !contents.isNew) return { displaced: discard("displaced"), ...start() };
        const lostSpan =
          mode === "load" && contents.movedAside === undefined ? lostSpanOf(contents, markedAt) : undefined;
        return { ...contents, ...defined({ mending, lostSpan }) };
      } catch (error) {
        const { failure, message } = failureOf(error);
        if (failure === "full") return readUnwritable(location, { failure, message }, error);
        const unwritable: FailureFacts = { failure: "read_only", message };
        if (failure === "read_only" || isUnopenable(error))
          return readUnwritable(location, unwritable, error);
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
      checkPlace(session);
      try {
        session.count += writeAll(session, batch);
      } catch (error) {
        const facts = failureOf(error);
        if (facts.failure === "corrupt") discardAndThrow(facts);
        rollBack(db, session);
        throw error;
      }
      // What was written to files that have been removed meanwhile is written again.
      checkPlace(session);
      held?.mark(batch.alive);
      writtenAt = batch.alive;
      return {
        bytes: sizeOnDisk(location),
        needsCheckpoint: sizeOfWal(location) > WAL_CHECKPOINT_BYTES,
        results: session.count,
      };
    },
    examine() {
      if (session === undefined) return;
      checkPlace(session);
      const damage = damageOf(location);
      if (damage !== undefined) discardAndThrow({ failure: "corrupt", message: damage });
    },
    pruneStep(now) {
      if (session === undefined || bounds === undefined) return false;
      if (pruning === undefined && now - prunedAt < PRUNE_INTERVAL_MS) return false;
      checkPlace(session);
      pruning ??= maintain(session.db, bounds, now);
      prunedAt = now;
      const { value, done } = pruning.next();
      if (done === true) pruning = undefined;
      else session.count -= value;
      checkPlace(session);
      return done !== true;
    },
    close() {
      if (session?.files.loss() === undefined) end();
      held?.release();
      held = undefined;
    },
  };
}

/** Returns the time whose changes are missing, if the file was written later than it says. */
function lostSpanOf({ alive }: StoreContents, markedAt: number | undefined): LostSpan | undefined {
  if (markedAt === undefined || (alive !== undefined && alive >= markedAt)) return undefined;
  return { ...defined({ from: alive }), to: markedAt };
}

/**
 * Refuses a file with hard links. SQLite names the log after the path, so that two exporters that open the file by two names would
 * neither see each other's lock nor each other's log, and damage it.
 */
function refuseManyNames(path: string): void {
  const names = statSync(path, { throwIfNoEntry: false })?.nlink ?? 1;
  if (names <= 1) return;
  const message = `the file has ${names} names (hard links), want one: copy it to a file of its own, or remove the other names`;
  throw new StoreError({ failure: "io", message });
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
    isNew: alive === undefined,
    lastEventId: typeof last === "number" ? last : 0,
  };
}

const newSession = (db: DatabaseSync, place: FilePlace): Session => ({
  db,
  files: watchFiles(db, place),
  clearValues: db.prepare("delete from shelves"),
  begin: db.prepare("begin immediate"),
  commit: db.prepare("commit"),
  putValues: valueWriter(db),
  putEvents: eventWriter(db),
  results: resultWriter(db),
  alive: db.prepare("insert into alive values (1, ?) on conflict do update set at = excluded.at"),
  count: Number(db.prepare("select count(*) as n from results").get()?.["n"] ?? 0),
});

/** Writes a batch in one transaction; returns the number of results added. */
function writeAll(session: Session, { values, results, events, alive, isComplete }: Batch): number {
  session.begin.run();
  if (isComplete) session.clearValues.run();
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
