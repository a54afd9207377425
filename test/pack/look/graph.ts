import type { DataFrame, Field } from "@grafana/data";
import type { DrawnPanel } from "./cells.ts";
import { grafana, theme } from "./grafana.ts";
import { type Canvas, escape } from "./html.ts";

const LEFT = 64;
/** Series with a line in the legend; Grafana scrolls. */
const LEGEND_ROWS = 7;
const LEGEND_HEIGHT = 14;

interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [at: number, value: number])[];
  readonly dashed: boolean;
  readonly hidden: boolean;
  readonly field: Field;
}

/** Draws series over time, with a legend of the calculated values. */
export function lines(drawn: DrawnPanel, { width, height, from, to }: Canvas): string {
  const all = stacked(linesOf(drawn.frames));
  const shown = all.filter(({ hidden }) => !hidden).slice(0, LEGEND_ROWS);
  const plot = height - LEGEND_HEIGHT * shown.length - 8;
  const values = all.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const { min, max } = all[0]?.field.config ?? {};
  const low = min ?? Math.min(...values);
  const high = max ?? Math.max(...values);
  const x = (at: number): number => LEFT + ((at - from) / (to - from)) * (width - LEFT - 8);
  const y = (value: number): number => 6 + (1 - (value - low) / Math.max(1e-12, high - low)) * (plot - 14);
  const paths = all.map(({ points, color, dashed }) => {
    const d = points.map(
      ([at, value], n) =>
        `${n === 0 || at - (points[n - 1]?.[0] ?? 0) > 3 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`,
    );
    return `<path d="${d.join("")}" fill="none" stroke-width="1.5" stroke="${color}"${dashed ? ' stroke-dasharray="8 8"' : ""}/>`;
  });
  const legend = shown.map(
    ({ name, color, field }, i) =>
      `<text x="${LEFT}" y="${plot + 14 + i * LEGEND_HEIGHT}" style="fill:${color}">${escape([name, ...calculated(drawn, field)].join(" "))}</text>`,
  );
  const axis = (Number.isFinite(low) ? [low, (low + high) / 2, high] : []).map((value) => {
    const label = all[0]?.field.display?.(value);
    const text = `${label?.prefix ?? ""}${label?.text ?? ""}${label?.suffix ?? ""}`;
    return `<text x="2" y="${y(value) + 4}">${escape(text)}</text><line x1="${LEFT}" x2="${width}" y1="${y(value)}" y2="${y(value)}" stroke="#333"/>`;
  });
  return `<svg width="${width}" height="${height}">${axis.join("")}${paths.join("")}${legend.join("")}</svg>`;
}

const linesOf = (frames: readonly DataFrame[]): readonly Line[] =>
  frames.flatMap((frame) =>
    frame.fields.slice(1).map((field) => {
      const custom = (field.config.custom ?? {}) as {
        lineStyle?: { fill?: string };
        hideFrom?: { legend?: boolean };
      };
      return {
        name: grafana.getFieldDisplayName(field, frame, [...frames]),
        color: grafana.getFieldSeriesColor(field, theme).color,
        points: (frame.fields[0]?.values ?? []).map(
          (at: number, i) => [at / 1000, Number(field.values[i])] as const,
        ),
        dashed: custom.lineStyle?.fill === "dash",
        hidden: custom.hideFrom?.legend === true,
        field,
      };
    }),
  );

function stacked(all: readonly Line[]): readonly Line[] {
  const sums = new Map<number, number>();
  return all.map((line) => {
    const { stacking } = (line.field.config.custom ?? {}) as { stacking?: { mode?: string } };
    if (stacking?.mode !== "normal") return line;
    const points = line.points.map(([at, value]) => {
      const sum = (sums.get(at) ?? 0) + value;
      sums.set(at, sum);
      return [at, sum] as const;
    });
    return { ...line, points };
  });
}

/** Returns the values of a series in the legend, as Grafana calculates and formats them. */
function calculated({ panel }: DrawnPanel, field: Field): readonly string[] {
  const calcs = [...(panel.options?.legend?.calcs ?? [])];
  const values = grafana.reduceField({ field, reducers: calcs });
  return calcs.map((calc) => {
    const { prefix = "", text = "", suffix = "" } = field.display?.(values[calc]) ?? {};
    return `${calc} ${prefix}${text}${suffix}`;
  });
}

/** Draws cumulative buckets over time; cells with more are darker. */
export function heatmap({ panel, frames }: DrawnPanel, { width, height, from, to }: Canvas): string {
  const bounds = (frame: DataFrame): number =>
    Number((frame.fields[1]?.labels?.["le"] ?? "").replace("+Inf", "Infinity"));
  const ordered = frames.toSorted((a, b) => bounds(a) - bounds(b));
  const valueAt = (i: number, at: number): number => {
    const frame = ordered[i];
    const found = frame?.fields[0]?.values.indexOf(at) ?? -1;
    return found === -1 ? 0 : Number(frame?.fields[1]?.values[found]);
  };
  const times = [...new Set(ordered.flatMap((frame) => frame.fields[0]?.values ?? []))] as number[];
  const cells = ordered.flatMap((frame, i) =>
    times.map((at) => ({ i, at, frame, count: valueAt(i, at) - valueAt(i - 1, at) })),
  );
  const most = Math.max(1e-9, ...cells.map(({ count }) => count));
  const rowHeight = height / ordered.length;
  const y = (i: number): number => height - (i + 1) * rowHeight;
  const rects = cells.map(({ i, at, count }) => {
    const x = LEFT + ((at / 1000 - from) / (to - from)) * (width - LEFT - 8);
    return `<rect x="${x.toFixed(1)}" y="${y(i).toFixed(1)}" width="${Math.ceil((width - LEFT) / (to - from))}" height="${rowHeight}" fill="#ff780a" opacity="${(count / most).toFixed(2)}"/>`;
  });
  const { unit = "none" } = panel.options?.yAxis ?? {};
  const axis = grafana.getDisplayProcessor({ field: { config: { unit } }, theme });
  const labels = ordered.map((frame, i) => {
    const { text, suffix = "" } = axis(bounds(frame));
    return `<text x="2" y="${(y(i) + rowHeight * 0.7).toFixed(1)}">${escape(`${text}${suffix}`)}</text>`;
  });
  return `<svg width="${width}" height="${height}">${rects.join("")}${labels.join("")}</svg>`;
}
