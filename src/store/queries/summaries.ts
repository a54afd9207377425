import type { DatabaseSync } from "node:sqlite";
import type { HistoryWindow, TargetSummary } from "../../core/history.ts";
import type { FailureReason } from "../../core/reasons.ts";
import { dollarsOf, lengthOf, type Row, reasonOf, timeOf, within } from "./rows.ts";

/** What a window says about each target. The names are joined after the rows were summed up, for there are many. */
export function summaries(db: DatabaseSync, window: HistoryWindow): readonly TargetSummary[] {
  const { where, values } = within(window);
  const failures = failuresByTarget(db, window);
  // SQLite's percentile is the one at 0.95 x (n - 1), which of two would be the shorter: it is asked for the fraction at
  // which the shortest stands of which 95 % took no longer, and a little more, lest rounding makes it the one before.
  const rows = db
    .prepare(
      `with successes as (
         select results.target as id, count(*) as n from results where ${where} and reason is null group by 1
       )
       select targets.id, targets.target, targets.module, sums.*
       from targets join (
         select results.target as id, count(*) as probes, sum(reason is null) as successes,
           avg(duration) filter (where reason is null) as average,
           percentile_disc(duration, min(1.0, (ceil(0.95 * n) - 1 + 1e-6) / max(n - 1, 1)))
             filter (where reason is null) as p95,
           max(duration) filter (where reason is null) as longest,
           min(started) as first, max(started) as last,
           max(started) filter (where reason is null) as last_success,
           sum(tokens) as tokens, sum(dollars) as dollars
         from results left join successes on successes.id = results.target
         where ${where} group by results.target
       ) as sums on sums.id = targets.id
       order by targets.target, targets.module`,
    )
    .all(values);
  return rows.map((row) => summaryOf(row, failures.get(Number(row["id"])) ?? {}));
}

type Failures = Partial<Record<FailureReason, number>>;

function failuresByTarget(db: DatabaseSync, window: HistoryWindow): ReadonlyMap<number, Failures> {
  const { where, values } = within(window);
  const rows = db
    .prepare(
      `select results.target as id, reasons.reason, count(*) as n
       from results left join reasons on reasons.id = results.reason
       where ${where} and results.reason is not null group by 1, 2`,
    )
    .all(values);
  const failures = new Map<number, Failures>();
  for (const { id, reason, n } of rows) {
    const known = failures.get(Number(id)) ?? {};
    const name = reasonOf(reason);
    failures.set(Number(id), { ...known, [name]: (known[name] ?? 0) + Number(n) });
  }
  return failures;
}

function summaryOf(row: Row, failures: Failures): TargetSummary {
  const [probes, successes] = [Number(row["probes"]), Number(row["successes"])];
  return {
    target: String(row["target"]),
    module: String(row["module"]),
    probes,
    successes,
    uptime: successes / probes,
    failures,
    ...(successes === 0
      ? {}
      : {
          duration: {
            average: lengthOf(row["average"]),
            p95: lengthOf(row["p95"]),
            max: lengthOf(row["longest"]),
          },
          lastSuccess: timeOf(row["last_success"]),
        }),
    firstProbe: timeOf(row["first"]),
    lastProbe: timeOf(row["last"]),
    ...(row["tokens"] === null ? {} : { tokens: Number(row["tokens"]) }),
    ...(row["dollars"] === null ? {} : { dollars: dollarsOf(row["dollars"]) }),
  };
}
