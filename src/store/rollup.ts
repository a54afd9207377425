import type { DatabaseSync } from "node:sqlite";
import { PHASES } from "../core/phases.ts";
import { DAY_HOURS, HOUR_MS } from "./queries/rows.ts";

/** Delay after which an hour is totalled, in milliseconds: longer than any probe takes that has begun in it. */
const SETTLED_MS = 300_000;

/** Most targets in one step. */
const TARGETS_PER_STEP = 20;

/** Most hours in one step. */
const HOURS_PER_STEP = 12;

/** How long totals are kept: a chart of 30 days, and a bar of 90. */
const HOURS_KEPT = 31 * DAY_HOURS;
const DAYS_KEPT = 92;

/** Columns of `results` whose means `hours` has. */
export const MEANS = ["first_token", "speed", ...PHASES] as const;

const firstNumber = (row: Record<string, unknown> | undefined): number | undefined => {
  const [value] = Object.values(row ?? {});
  return typeof value === "number" ? value : undefined;
};

/** Returns the hour since the epoch before which all results are in the totals; 0 if there are no totals. */
export const rolledHour = (db: DatabaseSync): number =>
  firstNumber(db.prepare("select hour from rolled").get()) ?? 0;

/**
 * Adds the results of the hours that have ended to the totals, and removes totals that are too old. An hour is totalled as a
 * whole and once, so that a result costs no second write, and the same if a step is repeated after a crash.
 * @param now milliseconds since the epoch
 * @returns a generator of steps of a few milliseconds, between which the caller may write
 */
export function* rollUp(db: DatabaseSync, now: number): Generator<number> {
  const until = Math.floor((now - SETTLED_MS) / HOUR_MS);
  const from = rolledHour(db);
  if (until <= from) return;
  const ids = db.prepare("select id from targets order by id").all().map(firstNumber);
  for (const range of rangesOf(db, from, until)) {
    const total = totaller(db, range);
    for (let i = 0; i < ids.length; i += TARGETS_PER_STEP) {
      db.exec("begin immediate");
      try {
        for (const id of ids.slice(i, i + TARGETS_PER_STEP)) if (id !== undefined) total(id);
        db.exec("commit");
      } catch (error) {
        if (db.isTransaction) db.exec("rollback");
        throw error;
      }
      yield 0;
    }
  }
  // Unless a late result has come meanwhile.
  db.prepare(
    "insert into rolled values (1, ?) on conflict do update set hour = excluded.hour where rolled.hour = ?",
  ).run(until, from);
}

/**
 * Prepares the reopening of hours: a late result, which could not be written while the disk was full, has its hour and those
 * after it totalled again.
 * @returns a function of the start of the oldest result that was written, in milliseconds since the epoch
 */
export function totalsReopener(db: DatabaseSync): (started: number) => void {
  const reopen = db.prepare("update rolled set hour = ? where hour > ?");
  return (started) => {
    const hour = Math.floor(started / HOUR_MS);
    reopen.run(hour, hour);
  };
}

interface HourRange {
  readonly from: number;
  readonly until: number;
}

/** Divides the hours that are not totalled yet. There are many if an older version has written the file. */
function rangesOf(db: DatabaseSync, from: number, until: number): readonly HourRange[] {
  const oldest = firstNumber(
    db
      .prepare(
        "select min((select min(started) from results where target = targets.id)) as oldest from targets",
      )
      .get(),
  );
  const ranges: HourRange[] = [];
  let begin = Math.max(from, oldest === undefined ? until : Math.floor(oldest / HOUR_MS));
  while (begin < until) {
    const end = Math.min(until, begin + HOURS_PER_STEP);
    ranges.push({ from: begin, until: end });
    begin = end;
  }
  return ranges;
}

/** Prepares the totals of one target. */
function totaller(db: DatabaseSync, { from, until }: HourRange): (id: number) => void {
  const means = MEANS.map((column) => `cast(round(avg(${column})) as integer)`).join(", ");
  const addHours = db.prepare(
    `insert or replace into hours
     select target, started / ${HOUR_MS}, ifnull(reason, 0), count(*), sum(duration), max(duration), ${means}
     from results where target = ? and started >= ? and started < ? group by 2, 3`,
  );
  // Only whole days: `rolled` may be in the middle of one, whose hours count by themselves until it has ended.
  const firstDay = Math.floor(from / DAY_HOURS);
  const endDay = Math.floor(until / DAY_HOURS);
  const addDays = db.prepare(
    `insert or replace into days
     select target, hour / ${DAY_HOURS}, sum(probes), sum(iif(reason = 0, probes, 0))
     from hours where target = ? and hour >= ? and hour < ? group by 2`,
  );
  const removeHours = db.prepare("delete from hours where target = ? and hour < ?");
  const removeDays = db.prepare("delete from days where target = ? and day < ?");
  return (id) => {
    addHours.run(id, from * HOUR_MS, until * HOUR_MS);
    if (endDay > firstDay) addDays.run(id, firstDay * DAY_HOURS, endDay * DAY_HOURS);
    removeHours.run(id, until - HOURS_KEPT);
    removeDays.run(id, endDay - DAYS_KEPT);
  };
}
