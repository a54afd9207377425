import type { Clock } from "../core/clock.ts";
import type { HistoryReader, Trend } from "../core/history.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { DAYS_SHOWN, RESULTS_SHOWN, SPARKLINE_POINTS } from "./model/bars.ts";

/** Reads what targets have done of late. */
export interface Trends {
  /** Returns the trends of targets by name. */
  of(targets: readonly string[]): Promise<ReadonlyMap<string, Trend>>;
}

/** Age up to which hours and days are shown again. They are most of a trend, and change little with a result. */
const FRESH = seconds(10);

/** Most targets whose hours and days are remembered: a few screenfuls. */
const MOST = 2000;

type Totals = Pick<Trend, "hours" | "days">;

/** Creates a reader that asks for the last results each time, and for hours and days only now and then. */
export function createTrends(history: Pick<HistoryReader, "trends">, clock: Clock): Trends {
  const known = new Map<string, Totals & { readonly at: Seconds }>();

  const remember = (target: string, { hours, days }: Totals): void => {
    known.delete(target);
    known.set(target, { at: clock.monotonic(), hours, days });
    const [oldest] = known.keys();
    if (known.size > MOST && oldest !== undefined) known.delete(oldest);
  };
  const read = (targets: readonly string[], hours: number, days: number): Promise<readonly Trend[]> =>
    targets.length === 0
      ? Promise.resolve([])
      : history.trends({ targets, now: clock.now(), results: RESULTS_SHOWN, hours, days });

  return {
    async of(targets) {
      const now = clock.monotonic();
      const totals = new Map<string, Totals>();
      for (const target of targets) {
        const one = known.get(target);
        if (one !== undefined && now - one.at < FRESH) totals.set(target, one);
      }
      const [whole, results] = await Promise.all([
        read(
          targets.filter((target) => !totals.has(target)),
          SPARKLINE_POINTS,
          DAYS_SHOWN,
        ),
        read([...totals.keys()], 0, 0),
      ]);
      for (const trend of whole) remember(trend.target, trend);
      return new Map(
        [...whole, ...results.map((trend) => ({ ...trend, ...totals.get(trend.target) }))].map((trend) => [
          trend.target,
          { target: trend.target, results: trend.results, hours: trend.hours, days: trend.days },
        ]),
      );
    },
  };
}
