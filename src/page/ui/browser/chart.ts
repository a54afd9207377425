import uPlot from "uplot";
import type { SubjectPage } from "../../model/subject.ts";
import type { DrawnChart } from "../context.ts";
import { type Grid, gridOf, type Picture, titleOf } from "../subject/chart-lines.ts";
import { duration, jsonTime } from "../text.ts";

const HEIGHT = 220;

/** Draws a picture into `place`, as wide as that is, in the colors of the style. */
export function draw(place: HTMLElement, page: SubjectPage, picture: Picture): DrawnChart {
  let newest = { page, picture };
  let chart = create(place, page, picture);
  const again = (): void => {
    chart.destroy();
    chart = create(place, newest.page, newest.picture);
  };
  const resized = new ResizeObserver(() => {
    if (place.clientWidth > 0 && place.clientWidth !== chart.width)
      chart.setSize({ width: place.clientWidth, height: HEIGHT });
  });
  resized.observe(place);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", again);
  return {
    update(nextPage, nextPicture) {
      const isSame = nextPicture.lines.map(titleOf).join() === newest.picture.lines.map(titleOf).join();
      newest = { page: nextPage, picture: nextPicture };
      if (isSame) {
        const grid = gridOfPage(nextPage, nextPicture);
        failures.set(chart, grid.failures);
        chart.setData(columnsOf(grid), true);
      } else again();
    },
    remove() {
      resized.disconnect();
      dark.removeEventListener("change", again);
      chart.destroy();
    },
  };
}

/** Failures by part of the time, of each chart. */
const failures = new WeakMap<uPlot, readonly number[]>();

function gridOfPage({ chart, from, to }: SubjectPage, picture: Picture): Grid {
  return chart === null ? { times: [], failures: [], values: [] } : gridOf(chart, picture, from, to);
}

const columnsOf = ({ times, values }: Grid): uPlot.AlignedData =>
  [times, ...values].map((column) => [...column]) as unknown as uPlot.AlignedData;

function create(place: HTMLElement, page: SubjectPage, picture: Picture): uPlot {
  const grid = gridOfPage(page, picture);
  const style = getComputedStyle(place);
  const color = (name: string): string => colorOf(place, name);
  const text = (value: number | null): string =>
    value === null ? "–" : picture.unit === "seconds" ? duration(value) : `${Number(value.toPrecision(3))}/s`;
  const axis: uPlot.Axis = {
    stroke: color("--quiet"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { stroke: color("--line"), width: 1 },
    font: `12px ${style.fontFamily}`,
  };
  const chart = new uPlot(
    {
      width: Math.max(200, place.clientWidth || (place.parentElement?.clientWidth ?? 600)),
      height: HEIGHT,
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      cursor: { drag: { x: true, y: false } },
      scales: { y: { range: (_, __, high) => [0, (high || 1) * 1.1] } },
      axes: [
        { ...axis, space: 70, values: (_, times) => times.map((time, i) => timeText(time, times[i - 1])) },
        { ...axis, size: 70, values: (_, ticks) => ticks.map((tick) => (tick === 0 ? "0" : text(tick))) },
      ],
      series: [
        {
          label: "UTC",
          value: (_: uPlot, time: number | null) =>
            time === null ? "–" : jsonTime(time).slice(0, 16).replace("T", " "),
        },
        ...picture.lines.map((line, i) => ({
          label: titleOf(line),
          stroke: color(`--line-${i}`),
          width: 1.5,
          ...(picture.stacked ? { fill: faint(color(`--line-${i}`)) } : {}),
          points: { show: false },
          value: (self: uPlot, value: number | null, series: number, index: number | null) =>
            text(ownPart(self, picture, value, series, index)),
        })),
      ],
      hooks: { drawClear: [(self) => markFailures(self, color("--unhealthy"))] },
    },
    columnsOf(grid),
  );
  failures.set(chart, grid.failures);
  chart.redraw();
  place.append(chart.root);
  return chart;
}

/** Returns the text of a time on the axis: the day where a new one begins, otherwise hours and minutes in UTC. */
function timeText(time: number, before: number | undefined): string {
  const text = jsonTime(time);
  const isNewDay = before === undefined || jsonTime(before).slice(0, 10) !== text.slice(0, 10);
  return isNewDay && text.slice(11, 16) === "00:00" ? text.slice(5, 10) : text.slice(11, 16);
}

/** Returns what a line adds to those below it in a stack, and its value otherwise. */
function ownPart(
  chart: uPlot,
  { stacked }: Picture,
  value: number | null,
  series: number,
  index: number | null,
): number | null {
  const below = stacked && series > 1 && index !== null ? chart.data[series - 1]?.[index] : 0;
  return value === null ? null : value - (below ?? 0);
}

/** Returns a color of the style as a canvas takes it. A variable alone would be `light-dark(...)`, which a canvas does not know. */
function colorOf(place: HTMLElement, name: string): string {
  place.style.color = `var(${name})`;
  const { color } = getComputedStyle(place);
  place.style.removeProperty("color");
  return color;
}

/** Returns a color that lets three quarters of what is behind it through. */
const faint = (color: string): string => color.replace(/^rgb\((.*)\)$/, "rgba($1, 0.25)");

/** Marks each part with failures by a line with a triangle at its foot, behind the lines. */
function markFailures(chart: uPlot, color: string): void {
  const { ctx, bbox } = chart;
  const times = chart.data[0];
  const size = 4 * devicePixelRatio;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = devicePixelRatio;
  for (const [i, count] of (failures.get(chart) ?? []).entries()) {
    const at = times[i];
    if (count === 0 || at === undefined) continue;
    const x = chart.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.globalAlpha = 0.35;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.moveTo(x, bottom - size * 1.6);
    ctx.lineTo(x + size, bottom);
    ctx.lineTo(x - size, bottom);
    ctx.fill();
  }
  ctx.restore();
}
