import type { Chart, ChartSeries } from "../../model/subject.ts";

/** One picture of a chart: lines with the same unit. */
export interface Picture {
  readonly title: string;
  readonly unit: ChartSeries["unit"];
  readonly stacked: boolean;
  readonly lines: readonly ChartSeries[];
}

/** Names of lines for people. */
const TITLES: Readonly<Record<string, string>> = {
  duration: "average",
  longest: "longest",
  first_token: "first token",
  tokens_per_second: "tokens per second",
};

/** Returns the name of a line for people. */
export const titleOf = ({ name }: ChartSeries): string => TITLES[name] ?? name;

/** Returns the pictures that a chart needs: durations, speed, and phases on each other. */
export function picturesOf({ series }: Chart): readonly Picture[] {
  const pick = (test: (one: ChartSeries) => boolean): readonly ChartSeries[] => series.filter(test);
  const all: readonly Picture[] = [
    {
      title: "Duration",
      unit: "seconds",
      stacked: false,
      lines: pick(({ unit, stacked }) => unit === "seconds" && !stacked),
    },
    {
      title: "Tokens per second",
      unit: "tokens_per_second",
      stacked: false,
      lines: pick(({ unit, stacked }) => unit === "tokens_per_second" && !stacked),
    },
    { title: "Phases", unit: "seconds", stacked: true, lines: pick(({ stacked }) => stacked) },
  ];
  return all.filter(({ lines }) => lines.length > 0);
}

/** A chart whose times are at equal distances from `from` to `to`, with `null` where nothing is known. */
export interface Grid {
  readonly times: readonly number[];
  readonly failures: readonly number[];
  readonly values: readonly (readonly (number | null)[])[];
}

/** Fills in the parts that a chart leaves out, so that its lines have gaps, and adds up the lines of a stack. */
export function gridOf(chart: Chart, { lines, stacked }: Picture, from: number, to: number): Grid {
  const { step, times } = chart;
  const indexes = new Map(times.map((time, i) => [time, i]));
  const first = times[0] ?? from;
  const start = first - Math.floor(Math.max(0, first - from) / step) * step;
  const slots = Array.from(
    { length: Math.max(0, Math.ceil((to - start) / step)) },
    (_, i) => start + i * step,
  );
  const at = <T>(column: readonly T[], time: number): T | undefined => {
    const index = indexes.get(time);
    return index === undefined ? undefined : column[index];
  };
  const columns = lines.map(({ values }) => slots.map((time) => at(values, time) ?? null));
  return {
    times: slots,
    failures: slots.map((time) => at(chart.failures, time) ?? 0),
    values: stacked ? addUp(columns) : columns,
  };
}

function addUp(columns: readonly (readonly (number | null)[])[]): readonly (readonly (number | null)[])[] {
  const sums: (number | null)[][] = [];
  for (const column of columns) {
    const below = sums.at(-1);
    sums.push(column.map((value, i) => (value === null ? (below?.[i] ?? null) : value + (below?.[i] ?? 0))));
  }
  return sums;
}
