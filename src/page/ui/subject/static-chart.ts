import { classes, h, type VNode } from "../h.ts";
import { duration, jsonTime } from "../text.ts";
import { type Grid, type Picture, titleOf } from "./chart-lines.ts";

const WIDTH = 800;
const HEIGHT = 160;
/** Height below the lines in which failures are marked. */
const MARKS = 10;

/** Draws a chart without JavaScript. */
export function StaticChart({ grid, picture }: { readonly grid: Grid; readonly picture: Picture }): VNode {
  const { times, failures, values } = grid;
  const known = values.flat().filter((value) => value !== null);
  const high = Math.max(...known, Number.MIN_VALUE);
  const plot = HEIGHT - MARKS;
  const x = (i: number): string => ((i / Math.max(1, times.length)) * WIDTH).toFixed(1);
  const y = (value: number): string => (plot - (value / high) * (plot - 4)).toFixed(1);
  const lineOf = (column: readonly (number | null)[]): string =>
    column
      .map((value, i) => {
        if (value === null) return "";
        const isStart = i === 0 || column[i - 1] === null;
        return `${isStart ? "M" : "L"}${x(i)} ${y(value)}${isStart ? "h1" : ""}`;
      })
      .join("");
  const marks = failures.map((count, i) => (count === 0 ? "" : `M${x(i)} 0V${HEIGHT}`)).join("");
  const failed = failures.reduce((sum, one) => sum + one, 0);
  const top = picture.unit === "seconds" ? duration(high) : String(Number(high.toPrecision(3)));
  return h(
    "svg",
    {
      class: "static-chart",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": `${picture.title} from ${jsonTime(times[0] ?? 0)}: at most ${top}; ${failed} failures`,
    },
    marks === "" ? null : h("path", { class: "failures", d: marks, "vector-effect": "non-scaling-stroke" }),
    values.map((column, i) =>
      h("path", {
        key: i,
        class: classes("line", `line-${i}`),
        d: lineOf(column),
        "vector-effect": "non-scaling-stroke",
      }),
    ),
  );
}

interface LegendProps {
  readonly grid: Grid;
  readonly picture: Picture;
  /** True if the chart names its lines itself. */
  readonly hasNames: boolean;
}

/** Names the lines of a chart beside their colors. */
export const Legend = ({ grid, picture, hasNames }: LegendProps): VNode => {
  const { lines, unit } = picture;
  const high = Math.max(...grid.values.flat().filter((value) => value !== null), 0);
  const top = unit === "seconds" ? duration(high) : `${Number(high.toPrecision(3))}/s`;
  const failed = grid.failures.reduce((sum, one) => sum + one, 0);
  return h(
    "p",
    { class: "legend" },
    hasNames
      ? null
      : lines.map((line, i) => h("span", { key: line.name, class: `line-${i}` }, titleOf(line))),
    failed === 0
      ? null
      : h(
          "span",
          { class: "failures" },
          failed === 1 ? "1 failure" : `${failed.toLocaleString("en")} failures`,
        ),
    h("span", { class: "quiet" }, `highest ${top}`),
  );
};
