import { type DatabaseSync, type StatementSync } from "node:sqlite";
import {
  LOG_BYTES,
  lock,
  openDatabase,
  openForReading,
  openUnwritable,
  setAside,
  sizeOfLog,
  sizeOnDisk,
} from "./database.ts";
import { type FailureFacts, failureOf, StoreError } from "./failure.ts";
import type { Batch, Bounds, FileFigures, StoreContents } from "./protocol.ts";
import { prune } from "./prune.ts";
import { eventWriter, type ResultWriter, resultWriter } from "./result-table.ts";
import { readValues, valueWriter } from "./shelves.ts";

/** The one that writes the file. Everything throws what `failureOf` reads. */
export interface Writer {
  open(bounds: Bounds): StoreContents;
  setBounds(bounds: Bounds): void;
  write(batch: Batch): FileFigures;
  /** Looks at every page; throws `corrupt` when one is damaged, and the file was put aside. */
  examine(): void;
  /** Whether there is more to be removed; one short step of it. */
  pruneStep(now: number): boolean;
  close(): void;
}

/** How often what is too old is looked for. */
const PRUNE_EVERY_MS = 60_000;

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

/** @param path of the file; made on `open` if there is none */
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
      // What is to be said of the file was said by what failed before.
    }
  };

  const start = (): StoreContents => {
    const db = openDatabase(path);
    try {
      const opened = readAll(db);
      session = newSession(db);
      return opened;
    } catch (error) {
      db.close();
      throw error;
    }
  };

  /** A damaged file gives way to a new one; the error of doing so is the error of the file. */
  const renew = (): string => {
    end();
    return setAside(path, new Date());
  };

  const giveWay = (facts: FailureFacts): never => {
    const aside = renew();
    throw new StoreError({ ...facts, message: `${facts.message}; the file was put aside as ${aside}` });
  };

  return {
    open(wanted) {
      bounds = wanted;
      unlock ??= lock(path);
      end();
      try {
        return start();
      } catch (error) {
        const { failure, message } = failureOf(error);
        if (failure === "corrupt") return { setAside: renew(), ...start() };
        const unwritable: FailureFacts = { failure: "read_only", message };
        if (failure === "read_only" || isUnopenable(error)) return readUnwritable(path, unwritable, error);
        throw error;
      }
    },
    setBounds(wanted) {
      bounds = wanted;
      prunedAt = Number.NEGATIVE_INFINITY;
    },
    write(batch) {
      if (session === undefined) throw new StoreError({ failure: "io", message: "the file is not open" });
      const { db } = session;
      try {
        session.count += writeAll(session, batch);
      } catch (error) {
        const facts = failureOf(error);
        if (facts.failure === "corrupt") giveWay(facts);
        rollBack(db, session);
        throw error;
      }
      return {
        bytes: sizeOnDisk(path),
        longLog: sizeOfLog(path) > LOG_BYTES,
        results: session.count,
      };
    },
    examine() {
      const damage = session === undefined ? undefined : damageOf(path);
      if (damage !== undefined) giveWay({ failure: "corrupt", message: damage });
    },
    pruneStep(now) {
      if (session === undefined || bounds === undefined) return false;
      if (pruning === undefined && now - prunedAt < PRUNE_EVERY_MS) return false;
      pruning ??= prune(session.db, bounds, now);
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

/** The log of a file that nobody may write cannot be made, and that is what SQLite then complains of. */
const isUnopenable = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 14;

function readUnwritable(path: string, unwritable: FailureFacts, original: unknown): StoreContents {
  try {
    const db = openUnwritable(path);
    try {
      return { ...readAll(db), unwritable };
    } finally {
      db.close();
    }
  } catch {
    throw original;
  }
}

/** Looks at the file itself, and not at what the writer remembers of it. */
function damageOf(path: string): string | undefined {
  const db = openForReading(path);
  try {
    const said = String(db.prepare("pragma quick_check(1)").get()?.["quick_check"]);
    return said === "ok" ? undefined : said;
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

/** One transaction; returns how many results came to those in the file. */
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
  // A full disk has rolled back already.
  results.forget();
  if (db.isTransaction) db.exec("rollback");
}
