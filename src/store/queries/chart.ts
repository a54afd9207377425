import type { DatabaseSync } from "node:sqlite";
import type { ChartBucket, ChartQuery } from "../../core/history.ts";
import { after, seconds } from "../../core/units.ts";
import { durationOf, within } from "./rows.ts";

/** Returns the non-empty buckets of a chart. */
export function chart(db: DatabaseSync, query: ChartQuery): readonly ChartBucket[] {
  const { where, values } = within(query);
  const width = (query.to - query.from) / query.buckets;
  const rows = db
    .prepare(
      `select cast((started - :from) / :width as integer) as bucket, count(*) as probes,
         sum(reason is null) as successes, avg(duration) as average, max(duration) as longest
       from results where ${where} group by 1 order by 1`,
    )
    .all({ ...values, width: width * 1000 });
  return rows.map((row) => {
    const bucket = Number(row["bucket"]);
    return {
      from: after(query.from, seconds(bucket * width)),
      to: after(query.from, seconds((bucket + 1) * width)),
      probes: Number(row["probes"]),
      successes: Number(row["successes"]),
      average: durationOf(row["average"]),
      max: durationOf(row["longest"]),
    };
  });
}
