import { classes, h, type VNode } from "../h.ts";
import { Stretch } from "../parts/time.ts";
import { span, unix } from "../text.ts";

/** A stretch of time with a word for what was so. */
export interface Period {
  readonly word: string;
  readonly from: string;
  readonly to: string | null;
  readonly cause: string | null;
}

interface Props {
  readonly title: string;
  readonly periods: readonly Period[];
  readonly from: number;
  readonly to: number;
  /** The end of a period that lasts. */
  readonly now: number;
}

const WIDTH = 1000;
const HEIGHTS: Readonly<Record<string, number>> = {
  healthy: 8,
  primary: 8,
  degraded: 14,
  fallback: 20,
  unhealthy: 20,
  unknown: 3,
};
const HEIGHT = 20;

/** Most periods that are listed in words. */
const LISTED = 20;

/** Shows periods on a line, and in words below it. */
export function Timeline({ title, periods, from, to, now }: Props): VNode | null {
  if (periods.length === 0) return null;
  const x = (at: number): number => Math.max(0, Math.min(1, (at - from) / Math.max(1, to - from))) * WIDTH;
  return h(
    "section",
    { class: "timeline" },
    h("h2", null, title),
    h(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      periods.map((period) => {
        const start = x(unix(period.from));
        const width = Math.max(2, x(period.to === null ? now : unix(period.to)) - start);
        const height = HEIGHTS[period.word] ?? HEIGHT;
        return h("rect", {
          key: period.from,
          class: classes("period", period.word),
          x: start,
          y: HEIGHT - height,
          width,
          height,
        });
      }),
    ),
    h(
      "ol",
      { class: "periods", reversed: true },
      periods
        .slice(-LISTED)
        .toReversed()
        .map((period) => h(PeriodRow, { key: period.from, period, end: now })),
    ),
  );
}

const PeriodRow = ({ period, end }: { readonly period: Period; readonly end: number }): VNode => {
  const { word, from, to, cause } = period;
  const length = (to === null ? end : unix(to)) - unix(from);
  return h(
    "li",
    null,
    h("b", { class: classes("word", word) }, word),
    h("span", null, h(Stretch, { from, to }), `, ${span(length)}`),
    cause === null ? null : h("span", { class: "quiet" }, h("bdi", null, cause)),
  );
};
