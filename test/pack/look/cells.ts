import type { DataFrame, DisplayValue, Field, FieldConfigSource } from "@grafana/data";
import type { PanelJson } from "../queries.ts";
import { fieldOptions, grafana, type Hue, hueOf, theme, transformed } from "./grafana.ts";

/** A colored value that a panel shows now, or the last one of a band. */
export interface Cell {
  /** The labels of its row, or the name of its series. */
  readonly row: string;
  /** The title of its column; empty outside of tables. */
  readonly column: string;
  readonly text: string;
  readonly color: string;
  readonly hue: Hue;
  /** The value as a number, NaN if it is none. */
  readonly value: number;
  /** True if there is no value, or one that stands for what does not exist. */
  readonly missing: boolean;
}

/** A panel with its data, after Grafana has applied transformations, options and overrides. */
export interface DrawnPanel {
  readonly panel: PanelJson;
  readonly frames: readonly DataFrame[];
  /** What a reader takes for a state. Lines of graphs are none: their colors only tell them apart. */
  readonly cells: readonly Cell[];
  /** Shown instead of everything else. */
  readonly message?: string;
}

/** The color modes of panels that do not choose one. */
const COLOR_MODES: Readonly<Record<string, string>> = {
  timeseries: "palette-classic",
  "state-timeline": "continuous-GrYlRd",
};
/** The thresholds of panels without any. */
const THRESHOLDS = {
  mode: "absolute",
  steps: [
    { value: null, color: "green" },
    { value: 80, color: "red" },
  ],
};
/** The background of a panel, where nothing is drawn. */
const BACKGROUND = "#181b1f";
const TEXT = theme.visualization.getColorByName("text");
const TIME_ZONE = "utc";

/**
 * Draws a panel as far as texts and colors go.
 * @param to the end of the time range, in Unix seconds
 */
export async function drawnPanel(
  panel: PanelJson,
  data: readonly DataFrame[],
  to: number,
): Promise<DrawnPanel> {
  const fieldConfig = configOf(panel);
  const frames = grafana.applyFieldOverrides({
    data: await transformed(panel.transformations ?? [], [...data]),
    fieldConfig,
    fieldConfigRegistry: fieldOptions,
    replaceVariables: (text) => text,
    theme,
    timeZone: TIME_ZONE,
  });
  const drawn = { panel, frames };
  switch (panel.type) {
    case "stat":
    case "gauge":
    case "bargauge":
      return { ...drawn, cells: reducedCells(panel, frames, fieldConfig) };
    case "table":
      return { ...drawn, cells: tableCells(frames), ...(frames.length === 0 ? { message: "No data" } : {}) };
    case "state-timeline":
      return {
        ...drawn,
        cells: frames.flatMap((frame) => bandCells(panel, frame, to)),
        ...messageOf(frames),
      };
    case "text":
      return { ...drawn, cells: [] };
    default:
      return { ...drawn, cells: [], ...messageOf(frames) };
  }
}

const messageOf = (frames: readonly DataFrame[]): { message?: string } =>
  frames.length === 0 ? { message: "No data" } : {};

/** Returns the options of a panel with Grafana's defaults. */
function configOf({ type, fieldConfig }: PanelJson): FieldConfigSource {
  const { defaults = {}, overrides = [] } = fieldConfig ?? {};
  const complete = {
    defaults: {
      color: { mode: COLOR_MODES[type] ?? "thresholds" },
      thresholds: THRESHOLDS,
      ...defaults,
    },
    overrides,
  };
  // Grafana changes thresholds in place.
  return structuredClone(complete) as unknown as FieldConfigSource;
}

const textOf = ({ prefix = "", text, suffix = "" }: DisplayValue): string => `${prefix}${text}${suffix}`;

/** Values at or below this one stand for what does not exist (dashboards/source/absence.ts). */
const ABSENT = -1001;

const isAbsent = (value: unknown): boolean =>
  typeof value === "number" && (Number.isNaN(value) || (value <= ABSENT && value > ABSENT - 10));

const cellOf = (shown: Omit<Cell, "hue">): Cell => ({ ...shown, hue: hueOf(shown.color) });

function reducedCells(
  panel: PanelJson,
  frames: DataFrame[],
  fieldConfig: FieldConfigSource,
): readonly Cell[] {
  const values = grafana.getFieldDisplayValues({
    data: frames,
    fieldConfig,
    reduceOptions: panel.options?.reduceOptions ?? { calcs: ["lastNotNull"], values: false },
    replaceVariables: (text) => text,
    theme,
    timeZone: TIME_ZONE,
  });
  return values.map(({ display }) =>
    cellOf({
      row: display.title ?? "",
      column: "",
      text: textOf(display),
      color: panel.options?.colorMode === "none" ? TEXT : (display.color ?? TEXT),
      value: display.numeric,
      missing: frames.length === 0 || isAbsent(display.numeric),
    }),
  );
}

/** Tables hide columns that only links use: by `hidden`, and since it was renamed by `hideFrom`. */
function isVisible({ config }: Field): boolean {
  const { hidden = false, hideFrom = {} } = (config.custom ?? {}) as {
    hidden?: boolean;
    hideFrom?: { viz?: boolean };
  };
  return !hidden && hideFrom.viz !== true;
}

function tableCells(frames: readonly DataFrame[]): readonly Cell[] {
  return frames.flatMap((frame) => {
    const names = frame.fields.filter(({ type }) => type === grafana.FieldType.string);
    return frame.fields.filter(isVisible).flatMap((field) =>
      field.values.map((value: unknown, row) => {
        const display = field.display?.(value) ?? { text: "", numeric: Number.NaN };
        const isColored = String(field.config.custom?.cellOptions?.type ?? "auto").startsWith("color-");
        return cellOf({
          row: names.map(({ values }) => String(values[row] ?? "")).join(" "),
          column: grafana.getFieldDisplayName(field, frame, [...frames]),
          text: textOf(display),
          color: isColored ? (display.color ?? TEXT) : TEXT,
          value: display.numeric,
          missing: value === null || value === undefined || isAbsent(value),
        });
      }),
    );
  });
}

/** Returns the values of a band, one per step, null where the series has none. */
export function bandValues(frame: DataFrame, field: Field, from: number, to: number): (number | null)[] {
  const step = frame.fields[0]?.config.interval ?? 1000;
  const times = new Map(frame.fields[0]?.values.map((at: number, i) => [at, field.values[i] as number]));
  const count = Math.floor(((to - from) * 1000) / step) + 1;
  return Array.from({ length: count }, (_, i) => times.get(from * 1000 + i * step) ?? null);
}

/**
 * Returns the function that draws a value of a band. Grafana replaces mappings by thresholds if it merges values whose color
 * is from thresholds, and draws a missing value only if a mapping is for it.
 */
export function bandLook(panel: PanelJson, field: Field): (value: number | null) => DisplayValue {
  const byThresholds =
    panel.options?.mergeValues !== false && field.config.color?.mode === grafana.FieldColorModeId.Thresholds;
  const config = { ...field.config };
  if (byThresholds) config.mappings = [];
  const display = grafana.getDisplayProcessor({ field: { ...field, config }, theme, timeZone: TIME_ZONE });
  const drawsNull = (config.mappings ?? []).some(
    (mapping) =>
      mapping.type === grafana.MappingType.SpecialValue &&
      [grafana.SpecialValueMatch.Null, grafana.SpecialValueMatch.NullAndNaN].includes(mapping.options.match),
  );
  return (value) =>
    value !== null || drawsNull ? display(value) : { text: "", numeric: Number.NaN, color: BACKGROUND };
}

function bandCells(panel: PanelJson, frame: DataFrame, to: number): readonly Cell[] {
  return frame.fields.slice(1).map((field) => {
    const [value = null] = bandValues(frame, field, to, to);
    const display = bandLook(panel, field)(value);
    return cellOf({
      row: grafana.getFieldDisplayName(field, frame),
      column: "",
      text: textOf(display),
      color: display.color ?? TEXT,
      value: display.numeric,
      missing: value === null || isAbsent(value),
    });
  });
}
