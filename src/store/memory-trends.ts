import { defined } from "../core/defined.ts";
import type {
  ChartBucket,
  CountQuery,
  HourTrend,
  PastResult,
  ProbeCounts,
  ReasonTotal,
  TargetCounts,
  Trend,
  TrendQuery,
} from "../core/history.ts";
import { phasesOf } from "../core/phases.ts";
import type { FailureReason } from "../core/reasons.ts";
import { after, type Seconds, seconds, type Timestamp } from "../core/units.ts";

const HOUR = 3600;
const DAY = 86_400;

/** Returns the trend of a target from its results, in order of time. */
export function trendOf(target: string, results: readonly PastResult[], query: TrendQuery): Trend {
  const inUnits = (unit: number, length: number): readonly (readonly PastResult[])[] => {
    const first = Math.floor(query.now / unit) - length + 1;
    const parts = Map.groupBy(results, ({ startedAt }) => Math.floor(startedAt / unit) - first);
    return Array.from({ length }, (_, i) => parts.get(i) ?? []);
  };
  return {
    target,
    results: results.slice(-query.results).map(({ startedAt, duration, reason }) => ({
      startedAt,
      duration,
      ...defined({ reason }),
    })),
    hours: inUnits(HOUR, query.hours).map(hourOf),
    days: inUnits(DAY, query.days).map(countsOf),
  };
}

const countsOf = (part: readonly PastResult[]): ProbeCounts | undefined =>
  part.length === 0
    ? undefined
    : { probes: part.length, successes: part.filter(({ reason }) => reason === undefined).length };

function hourOf(part: readonly PastResult[]): HourTrend | undefined {
  const probes = countsOf(part);
  return probes === undefined
    ? undefined
    : { ...probes, average: meanOf(part.map(({ duration }) => duration)) ?? seconds(0) };
}

/** Returns the counts of a target from its results. */
export const windowsOf = (
  target: string,
  results: readonly PastResult[],
  { now, windows }: CountQuery,
): TargetCounts => ({
  target,
  windows: windows.map((length) =>
    countsOf(results.filter(({ startedAt }) => startedAt >= now - length && startedAt <= now)),
  ),
});

/** Returns the failures among results by reason, the most frequent first. */
export function reasonsOf(results: readonly PastResult[]): readonly ReasonTotal[] {
  const totals = new Map<FailureReason, number>();
  for (const { reason } of results)
    if (reason !== undefined) totals.set(reason, (totals.get(reason) ?? 0) + 1);
  return Array.from(totals, ([reason, count]) => ({ reason, count })).toSorted(
    (a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1),
  );
}

/** Returns one part of a chart, the one with the number `i`. */
export function bucketOf(
  part: readonly PastResult[],
  start: Timestamp,
  i: number,
  width: number,
): ChartBucket {
  const successes = part.filter(({ reason }) => reason === undefined);
  const firstToken = meanOf(successes.map((one) => one.firstToken));
  const tokensPerSecond = meanOf(successes.map((one) => one.tokensPerSecond));
  return {
    from: after(start, seconds(i * width)),
    to: after(start, seconds((i + 1) * width)),
    probes: part.length,
    successes: successes.length,
    average: meanOf(part.map(({ duration }) => duration)) ?? seconds(0),
    max: seconds(part.reduce((longest, { duration }) => Math.max(longest, duration), 0)),
    phases: phasesOf((phase) => meanOf(successes.map(({ phases }) => phases?.[phase]))),
    ...defined({ firstToken, tokensPerSecond }),
  };
}

function meanOf(values: readonly (number | undefined)[]): Seconds | undefined {
  const present = values.filter((value) => value !== undefined);
  if (present.length === 0) return undefined;
  return seconds(present.reduce((sum, value) => sum + value, 0) / present.length);
}
