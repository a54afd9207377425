import type { PrometheusServer } from "../helpers/prometheus.ts";
import type { DashboardQuery } from "./queries.ts";

/** Returns the number of series of a query: now, or for a range query within the last minute. */
export async function seriesOf(
  prometheus: PrometheusServer,
  { expr, instant }: DashboardQuery,
): Promise<number> {
  // By the clock of Prometheus, which may be another than this process'.
  const now = (await prometheus.query("time()"))[0]?.value ?? Number.NaN;
  if (instant) {
    // A subquery is evaluated at whole minutes, and there may not have been one yet.
    const time = String(expr.includes(":1m]") ? Math.ceil(now / 60) * 60 : now);
    const data = (await prometheus.api("query", { query: expr, time })) as { result: unknown[] };
    return data.result.length;
  }
  const range = { start: String(now - 60), end: String(now), step: "1" };
  const data = (await prometheus.api("query_range", { query: expr, ...range })) as { result: unknown[] };
  return data.result.length;
}
