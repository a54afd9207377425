import type { DatabaseSync } from "node:sqlite";
import type { Bounds } from "./protocol.ts";

/** Rows and pages of one step: a few milliseconds, after which whoever waits to write has a turn. */
const ROWS = 2000;
const PAGES = 250;

/** The part of the file that may be free, for what comes next, before it is made smaller. */
const SPARE = 0.05;

/** Events that are kept at the most; a heartbeat that comes and goes all the time must not fill the file. */
const EVENTS = 100_000;

/** What part of history goes at once when the file is too large. */
const SHARE = 0.02;

const number = (row: Record<string, unknown> | undefined): number => Number(Object.values(row ?? {})[0] ?? 0);

/**
 * Removes what is too old, and the oldest of what is too much, in steps.
 * @param now milliseconds since the epoch
 * @returns after each step how many results it removed; what the caller does between two steps is up to them
 */
export function* prune(db: DatabaseSync, { retention, maxSize }: Bounds, now: number): Generator<number> {
  yield* removeBefore(db, now - retention * 1000);
  const used = (): number =>
    (number(db.prepare("pragma page_count").get()) - number(db.prepare("pragma freelist_count").get())) *
    number(db.prepare("pragma page_size").get());
  while (used() > maxSize) {
    const oldest = oldestOf(db);
    if (oldest === undefined) break;
    yield* removeBefore(db, oldest + Math.max(1000, (now - oldest) * SHARE));
  }
  const spare = (SPARE * maxSize) / number(db.prepare("pragma page_size").get());
  if (number(db.prepare("pragma freelist_count").get()) <= spare) return;
  while (number(db.prepare("pragma freelist_count").get()) > spare / 2) {
    db.prepare(`pragma incremental_vacuum(${PAGES})`).all();
    yield 0;
  }
  // The file itself becomes smaller when the log is written back.
  db.prepare("pragma wal_checkpoint(truncate)").all();
}

function oldestOf(db: DatabaseSync): number | undefined {
  const row = db
    .prepare(
      "select min((select min(started) from results where target = targets.id)) as oldest from targets",
    )
    .get();
  return row?.["oldest"] === null || row === undefined ? undefined : Number(row["oldest"]);
}

function* removeBefore(db: DatabaseSync, cutoff: number): Generator<number> {
  const ids = db.prepare("select id from targets").all().map(number);
  const edge = db.prepare(
    "select started from results where target = ? and started < ? order by started limit 1 offset ?",
  );
  const remove = db.prepare("delete from results where target = ? and started < ?");
  for (const id of ids) {
    for (;;) {
      const end = edge.get(id, cutoff, ROWS);
      const { changes } = remove.run(id, end === undefined ? cutoff : number(end));
      if (Number(changes) > 0) yield Number(changes);
      if (end === undefined) break;
    }
  }
  const newest = number(db.prepare("select max(id) from events").get());
  const crowded = db.prepare("select id from events order by id desc limit 1 offset ?").get(EVENTS);
  const { changes } = db
    .prepare("delete from events where (at < ? or id <= ?) and id < ?")
    .run(cutoff, crowded === undefined ? 0 : number(crowded), newest);
  if (Number(changes) > 0) yield 0;
}
