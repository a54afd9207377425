import type { Sparkline as Points } from "../../model/bars.ts";
import { h, type VNode } from "../h.ts";
import { duration } from "../text.ts";

const WIDTH = 100;
const HEIGHT = 24;
const PADDING = 2;

/** Draws mean durations as a line with gaps where there were no probes. */
export function Sparkline({ points }: { readonly points: Points }): VNode | null {
  const known = points.filter((point) => point !== null);
  if (known.length === 0) return null;
  const high = Math.max(...known);
  const x = (i: number): string => ((i / Math.max(1, points.length - 1)) * WIDTH).toFixed(1);
  // From zero, so that a small change does not look like a large one.
  const y = (value: number): string =>
    (HEIGHT - PADDING - (value / (high || 1)) * (HEIGHT - 2 * PADDING)).toFixed(1);
  const d = points
    .map((point, i) => {
      if (point === null) return "";
      const isStart = i === 0 || points[i - 1] === null;
      // A point between two gaps is drawn as a dash.
      return `${isStart ? "M" : "L"}${x(i)} ${y(point)}${isStart ? "h.6" : ""}`;
    })
    .join("");
  return h(
    "svg",
    {
      class: "sparkline",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": `Durations, at most ${duration(high)} on average`,
    },
    h("path", { d, "vector-effect": "non-scaling-stroke" }),
  );
}
