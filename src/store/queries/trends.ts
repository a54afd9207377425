import type { DatabaseSync } from "node:sqlite";
import type { HourTrend, ProbeCounts, Trend, TrendQuery } from "../../core/history.ts";
import { seconds } from "../../core/units.ts";
import { rolledHour } from "../rollup.ts";
import { DAY_HOURS, durationOf, HOUR_MS, idsByTarget, reasonOf, timeOf, toFileTime } from "./rows.ts";

/** Totals of an hour or day: number of probes and of successes, and the sum of durations in microseconds. */
interface Total {
  probes: number;
  successes: number;
  duration: number;
}

/** Returns the trends of targets: few rows of each, found by its key, instead of one pass over the whole history. */
export function trends(db: DatabaseSync, query: TrendQuery): readonly Trend[] {
  const ids = idsByTarget(db, query.targets);
  const read = trendReader(db, query);
  return query.targets.map((target) => read(target, ids.get(target) ?? []));
}

function trendReader(
  db: DatabaseSync,
  { now, results: limit, hours, days }: TrendQuery,
): (target: string, ids: readonly number[]) => Trend {
  const rolled = rolledHour(db);
  const hour = Math.floor(toFileTime(now) / HOUR_MS);
  const today = Math.floor(hour / DAY_HOURS);
  const [firstHour, firstDay] = [hour - hours + 1, today - days + 1];
  // Days have totals of their own once they are over; the hours of the last ones count by themselves.
  const rolledDay = Math.floor(rolled / DAY_HOURS);
  const last = db.prepare(
    `select started, duration, reasons.reason from results left join reasons on reasons.id = results.reason
     where target = ? order by started desc limit ?`,
  );
  const dayTotals = db.prepare(
    "select day, probes, successes from days where target = ? and day >= ? and day < ?",
  );
  const hourTotals = db.prepare(
    "select hour, probes, duration, reason from hours where target = ? and hour >= ? and hour < ?",
  );
  const unrolled = db.prepare(
    `select started / ${HOUR_MS} as hour, count(*) as probes, sum(duration) as duration, ifnull(reason, 0) as reason
     from results where target = ? and started >= ? and started < ? group by 1, 4`,
  );
  const oldest = Math.min(firstHour, Math.max(firstDay, rolledDay) * DAY_HOURS);
  const end = (hour + 1) * HOUR_MS;

  return (target, ids) => {
    const byHour = new Map<number, Total>();
    const byDay = new Map<number, Total>();
    for (const id of hours + days === 0 ? [] : ids) {
      for (const row of dayTotals.all(id, firstDay, rolledDay)) add(byDay, Number(row["day"]), row);
      const rows = [
        ...hourTotals.all(id, oldest, rolled),
        ...unrolled.all(id, Math.max(oldest, rolled) * HOUR_MS, end),
      ];
      for (const row of rows) {
        const at = Number(row["hour"]);
        const counted = { ...row, successes: Number(row["reason"]) === 0 ? row["probes"] : 0 };
        add(byHour, at, counted);
        const day = Math.floor(at / DAY_HOURS);
        if (day >= rolledDay) add(byDay, day, counted);
      }
    }
    const results = ids
      .flatMap((id) => last.all(id, limit))
      .toSorted((a, b) => Number(a["started"]) - Number(b["started"]))
      .slice(-limit);
    return {
      target,
      results: results.map(({ started, duration, reason }) => ({
        startedAt: timeOf(started),
        duration: durationOf(duration),
        ...(reason === null ? {} : { reason: reasonOf(reason) }),
      })),
      hours: Array.from({ length: hours }, (_, i) => hourOf(byHour.get(firstHour + i))),
      days: Array.from({ length: days }, (_, i) => countsOf(byDay.get(firstDay + i))),
    };
  };
}

function add(totals: Map<number, Total>, at: number, row: Readonly<Record<string, unknown>>): void {
  const total = totals.get(at) ?? { probes: 0, successes: 0, duration: 0 };
  total.probes += Number(row["probes"]);
  total.successes += Number(row["successes"]);
  total.duration += Number(row["duration"] ?? 0);
  totals.set(at, total);
}

const countsOf = (total: Total | undefined): ProbeCounts | undefined =>
  total === undefined ? undefined : { probes: total.probes, successes: total.successes };

const hourOf = (total: Total | undefined): HourTrend | undefined =>
  total === undefined
    ? undefined
    : {
        probes: total.probes,
        successes: total.successes,
        average: seconds(durationOf(total.duration) / total.probes),
      };
