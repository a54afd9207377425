import type { DatabaseSync } from "node:sqlite";
import { defined } from "../../core/defined.ts";
import type { ChartBucket, ChartQuery } from "../../core/history.ts";
import { phasesOf } from "../../core/phases.ts";
import { after, seconds } from "../../core/units.ts";
import { MEANS, rolledHour } from "../rollup.ts";
import { durationOf, HOUR_MS, type Row, toFileTime } from "./rows.ts";

/** Columns of sums over `part`, which has one row for each result or each hour. Means count successes that have the value. */
const SUMS = [
  "sum(probes) as probes",
  "sum(iif(reason = 0, probes, 0)) as successes",
  "sum(duration) as duration",
  "max(longest) as longest",
  ...MEANS.map(
    (column) =>
      `sum(iif(reason = 0, ${column} * probes, null)) / sum(iif(reason = 0 and ${column} is not null, probes, null)) as ${column}`,
  ),
].join(", ");

const COLUMNS = ["probes", "reason", "duration", "longest", ...MEANS].join(", ");
const OWN = "target in (select id from targets where target = :target)";

const RESULTS = `select started as at, 1 as probes, ifnull(reason, 0) as reason, duration, duration as longest, ${MEANS.join(", ")}
  from results where ${OWN} and started >= :raw and started < :to`;
const HOURS = `select hour * ${HOUR_MS} as at, ${COLUMNS}
  from hours where ${OWN} and hour >= :from / ${HOUR_MS} and hour < :rolled`;

/** Returns the non-empty buckets of a chart: from the results, or with `hourly` from hourly totals as far as they go. */
export function chart(db: DatabaseSync, query: ChartQuery): readonly ChartBucket[] {
  const width = (query.to - query.from) / query.buckets;
  const [from, to] = [toFileTime(query.from), toFileTime(query.to)];
  const rolled = query.hourly === true ? rolledHour(db) : 0;
  const own = { target: query.target, from, to, width: width * 1000, raw: Math.max(from, rolled * HOUR_MS) };
  const parts = rolled === 0 ? RESULTS : `${HOURS} union all ${RESULTS}`;
  return db
    .prepare(
      `select cast((at - :from) / :width as integer) as bucket, ${SUMS} from (${parts}) group by 1 order by 1`,
    )
    .all(rolled === 0 ? own : { ...own, rolled: Math.min(rolled, Math.ceil(to / HOUR_MS)) })
    .map((row) => bucketOf(row, query, width));
}

function bucketOf(row: Row, query: ChartQuery, width: number): ChartBucket {
  const bucket = Number(row["bucket"]);
  const probes = Number(row["probes"]);
  const mean = (column: string): number | undefined =>
    typeof row[column] === "number" ? row[column] : undefined;
  const lengthOf = (column: string): number | undefined => {
    const length = mean(column);
    return length === undefined ? undefined : durationOf(length);
  };
  const firstToken = lengthOf("first_token");
  const speed = mean("speed");
  return {
    from: after(query.from, seconds(bucket * width)),
    to: after(query.from, seconds((bucket + 1) * width)),
    probes,
    successes: Number(row["successes"]),
    average: durationOf(Number(row["duration"]) / probes),
    max: durationOf(row["longest"]),
    phases: phasesOf(lengthOf),
    ...defined({
      firstToken: firstToken === undefined ? undefined : seconds(firstToken),
      tokensPerSecond: speed === undefined ? undefined : speed / 1000,
    }),
  };
}
