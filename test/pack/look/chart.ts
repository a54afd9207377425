import type { PanelJson } from "../queries.ts";

/** A series with its points (Unix seconds, value) and its name in the panel. */
export interface NamedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly refId: string;
  readonly points: readonly (readonly [at: number, value: number])[];
}

interface Look {
  readonly text: string;
  readonly color: string;
}

interface Config {
  readonly unit?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly noValue?: string;
  readonly mappings?: readonly { options: Readonly<Record<string, { text: string; color: string }>> }[];
  readonly thresholds?: { steps: readonly { value: number | null; color: string }[] };
}

const PALETTE = [
  "#73bf69",
  "#f2cc0c",
  "#5794f2",
  "#ff9830",
  "#b877d9",
  "#8ab8ff",
  "#ca95e5",
  "#fade2a",
  "#96d98d",
  "#ffa6b0",
];
const NAMED: Readonly<Record<string, string>> = {
  green: "#56a64b",
  red: "#e02f44",
  orange: "#ff780a",
  yellow: "#f2cc0c",
  blue: "#3274d9",
  purple: "#a352cc",
  text: "#d8d9da",
  transparent: "#2c3235",
};

const colorOf = (name: string): string => NAMED[name] ?? name;
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** Formats a value: the text of its mapping, or the number with its unit, in the color of its threshold. */
function lookOf(value: number, config: Config): Look {
  for (const { options } of config.mappings ?? []) {
    const mapped = options[String(value)];
    if (mapped !== undefined) return { text: mapped.text, color: colorOf(mapped.color) };
  }
  const steps = config.thresholds?.steps ?? [];
  const reached = steps.findLast(({ value: from }) => from === null || value >= from);
  return { text: withUnit(value, config), color: colorOf(reached?.color ?? "text") };
}

function withUnit(value: number, { unit = "none", decimals }: Config): string {
  const number = (n: number): string =>
    decimals === undefined ? String(Number(n.toPrecision(3))) : n.toFixed(decimals);
  switch (unit) {
    case "percentunit":
      return `${number(value * 100)} %`;
    case "s":
      return value >= 120
        ? `${number(value / 60)} min`
        : value !== 0 && Math.abs(value) < 1
          ? `${number(value * 1000)} ms`
          : `${number(value)} s`;
    case "d":
      return `${number(value)} days`;
    case "bytes":
      return `${number(value / 2 ** 20)} MiB`;
    case "currencyUSD":
      return `$${number(value)}`;
    case "dateTimeFromNow":
      return `${number((value / 1000 - Date.now() / 1000) / 60)} min from now`;
    case "none":
    case "short":
      return number(value);
    default:
      return `${number(value)} ${unit}`;
  }
}

/** Draws a panel roughly as Grafana would. */
export function drawPanel(
  panel: PanelJson,
  series: readonly NamedSeries[],
  width: number,
  height: number,
): string {
  const config = (panel.fieldConfig?.defaults ?? {}) as Config;
  if (series.length === 0) return `<div class="none">${escape(config.noValue ?? "No data")}</div>`;
  switch (panel.type) {
    case "stat":
      return stats(series, config, panel);
    case "bargauge":
      return bars(series, config);
    case "table":
      return table(panel, series);
    case "state-timeline":
      return bands(series, config, width, height);
    case "heatmap":
      return heat(series, width, height);
    default:
      return lines(panel, series, config, width, height);
  }
}

const last = ({ points }: NamedSeries): number => points.at(-1)?.[1] ?? Number.NaN;

function stats(series: readonly NamedSeries[], config: Config, panel: PanelJson): string {
  const names = (panel as { options?: { textMode?: string } }).options?.textMode === "value_and_name";
  const tiles = series.map((one) => {
    const { text, color } = lookOf(last(one), config);
    return `<div class="tile" style="background:${color}"><small>${names ? escape(one.name) : ""}</small><b>${escape(text)}</b></div>`;
  });
  return `<div class="tiles">${tiles.join("")}</div>`;
}

function bars(series: readonly NamedSeries[], config: Config): string {
  const top = config.max ?? Math.max(...series.map(last));
  const rows = series.map((one) => {
    const { text, color } = lookOf(last(one), config);
    const share = Math.max(0, Math.min(1, last(one) / top)) * 100;
    return `<tr><td>${escape(one.name)}</td><td style="width:60%"><div style="background:${color};width:${share}%;height:14px"></div></td><td>${escape(text)}</td></tr>`;
  });
  return `<table>${rows.join("")}</table>`;
}

function table(panel: PanelJson, series: readonly NamedSeries[]): string {
  const { transformations = [] } = panel as {
    transformations?: { id: string; options: { renameByName?: Record<string, string> } }[];
  };
  const titles = transformations.find(({ id }) => id === "organize")?.options.renameByName ?? {};
  const isValue = (name: string): boolean => name.startsWith("Value");
  const labels = Object.keys(titles).filter((name) => !isValue(name));
  const columns = Object.keys(titles).filter(isValue);
  const rows = new Map<string, { labels: NamedSeries["labels"]; values: Map<string, number> }>();
  for (const one of series) {
    const key = JSON.stringify(Object.entries(one.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const row = rows.get(key) ?? { labels: one.labels, values: new Map() };
    row.values.set(columns.length === 1 ? "Value" : `Value #${one.refId}`, last(one));
    rows.set(key, row);
  }
  const configOf = (title: string): Config => {
    const override = panel.fieldConfig?.overrides.find(
      (one) => (one as unknown as { matcher: { options: unknown } }).matcher.options === title,
    );
    return Object.fromEntries((override?.properties ?? []).map(({ id, value }) => [id, value]));
  };
  const head = [...labels, ...columns].map((name) => `<th>${escape(titles[name] ?? "")}</th>`).join("");
  const body = [...rows.values()].map((row) => {
    const cells = columns.map((name) => {
      const value = row.values.get(name);
      if (value === undefined) return "<td></td>";
      const { text, color } = lookOf(value, configOf(titles[name] ?? ""));
      return `<td style="color:${color}">${escape(text)}</td>`;
    });
    return `<tr>${labels.map((name) => `<td>${escape(row.labels[name] ?? "")}</td>`).join("")}${cells.join("")}</tr>`;
  });
  return `<table><tr>${head}</tr>${body.join("")}</table>`;
}

function span(series: readonly NamedSeries[]): { from: number; to: number } {
  const times = series.flatMap(({ points }) => points.map(([at]) => at));
  return { from: Math.min(...times), to: Math.max(...times) };
}

function bands(series: readonly NamedSeries[], config: Config, width: number, height: number): string {
  const { from, to } = span(series);
  const rowHeight = Math.min(26, (height - 4) / series.length);
  const x = (at: number): number => 150 + ((at - from) / Math.max(1, to - from)) * (width - 160);
  const step = (width - 160) / Math.max(1, to - from);
  const rows = series.map(({ name, points }, i) => {
    const y = 2 + i * rowHeight;
    const cells = points.map(
      ([at, value]) =>
        `<rect x="${x(at).toFixed(1)}" y="${y}" width="${(step + 0.6).toFixed(1)}" height="${rowHeight * 0.8}" fill="${lookOf(value, config).color}"/>`,
    );
    return `<text x="2" y="${y + rowHeight * 0.6}">${escape(name.slice(0, 24))}</text>${cells.join("")}`;
  });
  return `<svg width="${width}" height="${height}">${rows.join("")}</svg>`;
}

function heat(series: readonly NamedSeries[], width: number, height: number): string {
  const ordered = series.toSorted(
    (a, b) => Number(a.name.replace("+Inf", "Infinity")) - Number(b.name.replace("+Inf", "Infinity")),
  );
  const { from, to } = span(series);
  const rowHeight = height / ordered.length;
  const below = (i: number, at: number): number => ordered[i - 1]?.points.find(([t]) => t === at)?.[1] ?? 0;
  const most = Math.max(
    1e-9,
    ...ordered.flatMap(({ points }, i) => points.map(([at, value]) => value - below(i, at))),
  );
  const rows = ordered.map(({ name, points }, i) => {
    const y = height - (i + 1) * rowHeight;
    const cells = points.map(([at, value]) => {
      const x = 50 + ((at - from) / Math.max(1, to - from)) * (width - 60);
      return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${Math.ceil((width - 60) / points.length)}" height="${rowHeight}" fill="#ff780a" opacity="${((value - below(i, at)) / most).toFixed(2)}"/>`;
    });
    return `<text x="2" y="${(y + rowHeight).toFixed(1)}">${escape(name)}</text>${cells.join("")}`;
  });
  return `<svg width="${width}" height="${height}">${rows.join("")}</svg>`;
}

function lines(
  panel: PanelJson,
  series: readonly NamedSeries[],
  config: Config,
  width: number,
  height: number,
): string {
  const { from, to } = span(series);
  const custom = (config as { custom?: { stacking?: { mode?: string }; drawStyle?: string } }).custom ?? {};
  const stacked = custom.stacking?.mode === "normal";
  const dashed = new Set(
    panel.fieldConfig?.overrides
      .filter(({ properties }) => properties.some(({ id }) => id === "custom.lineStyle"))
      .map((one) => (one as unknown as { matcher: { options: string } }).matcher.options),
  );
  const sums = new Map<number, number>();
  const drawn = series.map((one) => ({
    ...one,
    limit: dashed.has(one.refId),
    points: one.points.map(([at, value]) => {
      if (!stacked || dashed.has(one.refId)) return [at, value] as const;
      const sum = (sums.get(at) ?? 0) + value;
      sums.set(at, sum);
      return [at, sum] as const;
    }),
  }));
  const values = drawn.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const low = config.min ?? Math.min(...values);
  const high = config.max ?? Math.max(...values);
  const plot = height - 14 * Math.min(8, series.length) - 6;
  const x = (at: number): number => 60 + ((at - from) / Math.max(1, to - from)) * (width - 70);
  const y = (value: number): number => 4 + (1 - (value - low) / Math.max(1e-12, high - low)) * (plot - 10);
  const paths = drawn.map(({ points, limit }, i) => {
    const d = points
      .map(
        ([at, value], n) =>
          `${n === 0 || at - (points[n - 1]?.[0] ?? 0) > 3 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`,
      )
      .join("");
    const style = limit
      ? 'stroke="#e02f44" stroke-dasharray="8 8"'
      : `stroke="${PALETTE[i % PALETTE.length]}"`;
    return `<path d="${d}" fill="none" stroke-width="1.5" ${style}/>`;
  });
  const legend = drawn.slice(0, 8).map(({ name, limit }, i) => {
    const color = limit ? "#e02f44" : PALETTE[i % PALETTE.length];
    return `<text x="64" y="${plot + 12 + i * 14}" fill="${color}">${escape(name)}: ${escape(withUnit(last(series[i] ?? { name, labels: {}, refId: "", points: [] }), config))}</text>`;
  });
  const axis = [low, (low + high) / 2, high].map(
    (value) =>
      `<text x="2" y="${y(value) + 4}">${escape(withUnit(value, config))}</text><line x1="60" x2="${width}" y1="${y(value)}" y2="${y(value)}" stroke="#333"/>`,
  );
  return `<svg width="${width}" height="${height}">${axis.join("")}${paths.join("")}${legend.join("")}</svg>`;
}
