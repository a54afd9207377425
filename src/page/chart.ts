import type { ChartBucket, ChartQuery } from "../core/history.ts";
import { PHASES } from "../core/phases.ts";
import { type Timestamp, timestamp } from "../core/units.ts";
import type { Chart, ChartSeries } from "./model/subject.ts";
import type { ChartWindow } from "./model/words.ts";
import { WINDOW_SECONDS } from "./time-uptime.ts";

/** Width of one part of a chart, in seconds. Those of the longer windows are whole hours, so that totals answer them. */
const STEPS = { "1h": 30, "24h": 600, "7d": 3600, "30d": 3 * 3600 } as const satisfies Record<
  ChartWindow,
  number
>;

/** Returns the query for the chart of a target in a window that ends now: parts of equal width that begin at full ones. */
export function chartQuery(target: string, window: ChartWindow, now: Timestamp): ChartQuery {
  const step = STEPS[window];
  const to = (Math.floor(now / step) + 1) * step;
  const buckets = WINDOW_SECONDS[window] / step;
  const hourly = step >= 3600;
  return { target, from: timestamp(to - buckets * step), to: timestamp(to), buckets, hourly };
}

const round = (value: number): number => Number(value.toPrecision(5));

/** Turns the parts of a chart into columns. Lines without a value are left out. */
export function chartOf(buckets: readonly ChartBucket[], window: ChartWindow): Chart {
  const column = (value: (bucket: ChartBucket) => number | undefined): ChartSeries["values"] =>
    buckets.map((bucket) => {
      const found = value(bucket);
      return found === undefined ? null : round(found);
    });
  const lines: readonly ChartSeries[] = [
    { name: "duration", unit: "seconds", stacked: false, values: column(({ average }) => average) },
    { name: "longest", unit: "seconds", stacked: false, values: column(({ max }) => max) },
    { name: "first_token", unit: "seconds", stacked: false, values: column((one) => one.firstToken) },
    {
      name: "tokens_per_second",
      unit: "tokens_per_second",
      stacked: false,
      values: column((one) => one.tokensPerSecond),
    },
    ...PHASES.map(
      (phase): ChartSeries => ({
        name: phase,
        unit: "seconds",
        stacked: true,
        values: column(({ phases }) => phases[phase]),
      }),
    ),
  ];
  return {
    step: STEPS[window],
    times: buckets.map(({ from }) => Math.round(from)),
    probes: buckets.map(({ probes }) => probes),
    failures: buckets.map(({ probes, successes }) => probes - successes),
    series: lines.filter(({ values }) => values.some((value) => value !== null)),
  };
}
