import type { DatabaseSync } from "node:sqlite";
import type { HistoryWindow, TargetSummary } from "../../core/history.ts";
import type { FailureReason } from "../../core/reasons.ts";
import { dollarsOf, durationOf, type Row, reasonOf, timeOf, within } from "./rows.ts";

/** Summarizes a window by target. Names are joined after the aggregation, because there are many rows. */
export function summaries(db: DatabaseSync, window: HistoryWindow): readonly TargetSummary[] {
  const { where, values } = within(window);
  const failures = failuresByTarget(db, window);
  // SQLite's percentile_disc returns the value at index fraction x (n - 1), rounded down. The p95 of n values is at index
  // ceil(0.95 n) - 1, so the fraction is computed from that; 1e-6 keeps rounding from selecting the index before it.
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
    const counts = failures.get(Number(id)) ?? {};
    const name = reasonOf(reason);
    failures.set(Number(id), { ...counts, [name]: (counts[name] ?? 0) + Number(n) });
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
            average: durationOf(row["average"]),
            p95: durationOf(row["p95"]),
            max: durationOf(row["longest"]),
          },
          lastSuccess: timeOf(row["last_success"]),
        }),
    firstProbe: timeOf(row["first"]),
    lastProbe: timeOf(row["last"]),
    ...(row["tokens"] === null ? {} : { tokens: Number(row["tokens"]) }),
    ...(row["dollars"] === null ? {} : { dollars: dollarsOf(row["dollars"]) }),
  };
}
