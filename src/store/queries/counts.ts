import type { DatabaseSync } from "node:sqlite";
import type {
  CountQuery,
  HistoryWindow,
  ProbeCounts,
  ReasonTotal,
  TargetCounts,
} from "../../core/history.ts";
import { rolledHour } from "../rollup.ts";
import { DAY_HOURS, HOUR_MS, idsByTarget, reasonOf, toFileTime } from "./rows.ts";

/** Longest windows, in hours, that are counted from results and from hourly totals. */
const BY_RESULT_HOURS = 24;
const BY_HOUR_HOURS = 31 * DAY_HOURS;

/** Returns the counts of targets in windows that end at `now`. */
export function counts(db: DatabaseSync, query: CountQuery): readonly TargetCounts[] {
  const ids = idsByTarget(db, query.targets);
  const count = counter(db);
  const now = toFileTime(query.now);
  return query.targets.map((target) => ({
    target,
    windows: query.windows.map((length) => {
      const sum = { probes: 0, successes: 0 };
      for (const id of ids.get(target) ?? []) {
        for (const { probes, successes } of count(id, now, length / 3600)) {
          sum.probes += probes;
          sum.successes += successes;
        }
      }
      return sum.probes === 0 ? undefined : sum;
    }),
  }));
}

function counter(db: DatabaseSync): (id: number, now: number, hours: number) => readonly ProbeCounts[] {
  const rolled = rolledHour(db);
  const rolledDay = Math.floor(rolled / DAY_HOURS);
  const results = db.prepare(
    "select count(*) as probes, sum(reason is null) as successes from results where target = ? and started >= ? and started <= ?",
  );
  const hourly = db.prepare(
    `select sum(probes) as probes, sum(iif(reason = 0, probes, 0)) as successes
     from hours where target = ? and hour >= ? and hour < ?`,
  );
  const daily = db.prepare(
    "select sum(probes) as probes, sum(successes) as successes from days where target = ? and day >= ? and day < ?",
  );
  const read = (row: Readonly<Record<string, unknown>> | undefined): ProbeCounts => ({
    probes: Number(row?.["probes"] ?? 0),
    successes: Number(row?.["successes"] ?? 0),
  });
  return (id, now, hours) => {
    const from = now - hours * HOUR_MS;
    if (hours < BY_RESULT_HOURS) return [read(results.get(id, from, now))];
    const tail = read(results.get(id, Math.max(from, rolled * HOUR_MS), now));
    const fromHour = Math.ceil(from / HOUR_MS);
    if (hours <= BY_HOUR_HOURS) return [tail, read(hourly.get(id, fromHour, rolled))];
    const fromDay = Math.ceil(fromHour / DAY_HOURS);
    return [
      tail,
      read(hourly.get(id, Math.max(rolledDay, fromDay) * DAY_HOURS, rolled)),
      read(daily.get(id, fromDay, rolledDay)),
    ];
  };
}

/** Returns the failures of one target by reason, from hourly totals as far as they cover the window. */
export function reasons(
  db: DatabaseSync,
  query: HistoryWindow & { readonly target: string },
): readonly ReasonTotal[] {
  const [from, to] = [toFileTime(query.from), toFileTime(query.to)];
  const fromHour = Math.ceil(from / HOUR_MS);
  const rolled = Math.max(fromHour, Math.min(rolledHour(db), Math.floor(to / HOUR_MS)));
  const own = "target in (select id from targets where target = :target)";
  // Before and after the whole hours. Two ranges, because the key answers each of them.
  const failures = (begin: string, end: string): string =>
    `select reason, 1 as n from results where ${own} and started >= ${begin} and started < ${end} and reason is not null`;
  const rows = db
    .prepare(
      `select reasons.reason, sum(n) as count from (
         select reason, probes as n from hours where ${own} and hour >= :fromHour and hour < :rolled and reason > 0
         union all ${failures(":from", ":head")}
         union all ${failures(":tail", ":to")}
       ) as parts join reasons on reasons.id = parts.reason group by 1 order by 2 desc, 1`,
    )
    .all({
      target: query.target,
      from,
      head: Math.min(to, fromHour * HOUR_MS),
      fromHour,
      rolled,
      tail: rolled * HOUR_MS,
      to,
    });
  return rows.map(({ reason, count }) => ({ reason: reasonOf(reason), count: Number(count) }));
}
