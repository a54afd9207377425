import type { DatabaseSync } from "node:sqlite";
import type { Bounds } from "./protocol.ts";

/** Rows and pages per step. A step takes a few milliseconds, so that writes can run in between. */
const ROWS_PER_STEP = 2000;
const PAGES_PER_STEP = 250;

/** Share of the size limit that may be free pages before the file is shrunk. */
const FREE_SHARE = 0.05;

/** Most events kept, so that a flapping heartbeat cannot fill the file. */
const MAX_EVENTS = 100_000;

/** Shortest time for which events are kept, in milliseconds: incidents and the bars of heartbeats go back 90 days. */
const EVENTS_KEPT_MS = 91 * 86_400_000;

/** Bytes of a row of those tables that outlive results, roughly, and the share of the file that each may take in a full one. */
const ROW_BYTES = { hours: 60, events: 300 } as const;
const LARGE_SHARE = 0.25;

/** Share of the history's time span removed at once while the file is too large. */
const REMOVED_SHARE = 0.02;

const firstNumber = (row: Record<string, unknown> | undefined): number =>
  Number(Object.values(row ?? {})[0] ?? 0);

/**
 * Removes history beyond the retention, and then the oldest history until the file is small enough. Works in steps,
 * between which the caller may write.
 * @param now milliseconds since the epoch
 * @returns a generator that yields the number of results removed by each step
 */
export function* prune(db: DatabaseSync, { retention, maxSize }: Bounds, now: number): Generator<number> {
  yield* removeResults(db, now - retention * 1000);
  yield* removeEvents(db, now - Math.max(retention * 1000, EVENTS_KEPT_MS));
  const pragma = (name: string): number => firstNumber(db.prepare(`pragma ${name}`).get());
  const used = (): number => (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  while (used() > maxSize) {
    // Totals and events outlive results, but do not take their place.
    if (isLarge(db, "hours", maxSize)) yield* removeOldestHours(db);
    const oldest = oldestOf(db);
    if (oldest === undefined) break;
    const cutoff = oldest + Math.max(1000, (now - oldest) * REMOVED_SHARE);
    yield* removeResults(db, cutoff);
    if (isLarge(db, "events", maxSize)) yield* removeEvents(db, cutoff);
  }
  const maxFree = (FREE_SHARE * maxSize) / pragma("page_size");
  if (pragma("freelist_count") <= maxFree) return;
  while (pragma("freelist_count") > maxFree / 2) {
    db.prepare(`pragma incremental_vacuum(${PAGES_PER_STEP})`).all();
    yield 0;
  }
  // The main file shrinks with a checkpoint. Only the next write shortens the log, so that an empty one is always a loss.
  db.prepare("pragma wal_checkpoint(restart)").all();
}

function oldestOf(db: DatabaseSync): number | undefined {
  const row = db
    .prepare(
      "select min((select min(started) from results where target = targets.id)) as oldest from targets",
    )
    .get();
  return row?.["oldest"] === null || row === undefined ? undefined : Number(row["oldest"]);
}

/** Reports whether a table takes more than its share of the file. */
function isLarge(db: DatabaseSync, table: keyof typeof ROW_BYTES, maxSize: number): boolean {
  const rows = firstNumber(db.prepare(`select count(*) from ${table}`).get());
  return rows * ROW_BYTES[table] > LARGE_SHARE * maxSize;
}

function* removeOldestHours(db: DatabaseSync): Generator<number> {
  const { first, last } = db.prepare("select min(hour) as first, max(hour) as last from hours").get() ?? {};
  const cutoff = Number(first) + Math.max(1, (Number(last) - Number(first)) * REMOVED_SHARE);
  db.prepare("delete from hours where hour < ?").run(cutoff);
  yield 0;
}

function* removeResults(db: DatabaseSync, cutoff: number): Generator<number> {
  const ids = db.prepare("select id from targets").all().map(firstNumber);
  const edge = db.prepare(
    "select started from results where target = ? and started < ? order by started limit 1 offset ?",
  );
  const remove = db.prepare("delete from results where target = ? and started < ?");
  for (const id of ids) {
    for (;;) {
      const end = edge.get(id, cutoff, ROWS_PER_STEP);
      const { changes } = remove.run(id, end === undefined ? cutoff : firstNumber(end));
      if (Number(changes) > 0) yield Number(changes);
      if (end === undefined) break;
    }
  }
}

function* removeEvents(db: DatabaseSync, cutoff: number): Generator<number> {
  // The newest event is always kept, because ids continue after it.
  const newest = firstNumber(db.prepare("select max(id) from events").get());
  const excess = db.prepare("select id from events order by id desc limit 1 offset ?").get(MAX_EVENTS);
  const { changes } = db
    .prepare("delete from events where (at < ? or id <= ?) and id < ?")
    .run(cutoff, excess === undefined ? 0 : firstNumber(excess), newest);
  if (Number(changes) > 0) yield 0;
}
