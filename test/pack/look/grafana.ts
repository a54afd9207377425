/**
 * The part of Grafana that decides on texts and colors: its package `@grafana/data`, with the options that Grafana itself
 * registers when it starts.
 */
import { createRequire } from "node:module";
import type * as GrafanaData from "@grafana/data";

// The ES modules of the package import names that `moment-timezone`, a CommonJS module, does not export to Node.js.
const load = createRequire(import.meta.url);

/** Grafana's `@grafana/data`. */
export const grafana = load("@grafana/data") as typeof GrafanaData;

/** The dark theme, which Grafana opens with. */
export const theme = grafana.createTheme({ colors: { mode: "dark" } });

// transformDataFrame looks for Grafana's front end there.
Object.assign(globalThis, { window: globalThis });

/** The options that every panel has. The name of an option is its path in the field's configuration. */
const STANDARD = [
  "unit",
  "min",
  "max",
  "decimals",
  "displayName",
  "color",
  "thresholds",
  "mappings",
  "links",
  "noValue",
];
/** The options of single kinds of panels that change what is drawn here. */
const CUSTOM = [
  "cellOptions",
  "hidden",
  "hideFrom",
  "lineStyle",
  "fillOpacity",
  "stacking",
  "axisPlacement",
  "width",
];

const option = (path: string, isCustom: boolean): GrafanaData.FieldConfigPropertyItem => ({
  id: isCustom ? `custom.${path}` : path,
  path,
  name: path,
  isCustom,
  editor: () => null,
  override: () => null,
  process: grafana.identityOverrideProcessor,
  shouldApply: () => true,
});

/** The options that the rules of a panel may set. */
export const fieldOptions = new grafana.FieldConfigOptionsRegistry(() => [
  ...STANDARD.map((path) => option(path, false)),
  ...CUSTOM.map((path) => option(path, true)),
]);

// Some transformations are listed under two names.
const transformations = new Map(
  Object.values(grafana.standardTransformers).map((one) => [
    one.id,
    one as GrafanaData.DataTransformerInfo<unknown>,
  ]),
);

grafana.standardTransformersRegistry.setInit(() =>
  [...transformations.values()].map((transformation) => ({
    id: transformation.id,
    name: transformation.name,
    transformation: () => Promise.resolve(transformation),
    editor: () => null,
    imageDark: "",
    imageLight: "",
  })),
);

/** Applies the transformations of a panel. */
export const transformed = (
  configs: readonly GrafanaData.DataTransformerConfig[],
  frames: GrafanaData.DataFrame[],
): Promise<GrafanaData.DataFrame[]> =>
  new Promise((resolve, reject) => {
    grafana
      .transformDataFrame([...configs], frames, { interpolate: (text) => text })
      .subscribe({ next: resolve, error: reject });
  });

/** The names of colors that matter to a reader. */
export type Hue = "red" | "orange" | "yellow" | "green" | "blue" | "purple" | "grey";

/** The hue at which each name ends, in degrees. */
const HUES: readonly (readonly [end: number, name: Hue])[] = [
  [17, "red"],
  [42, "orange"],
  [68, "yellow"],
  [170, "green"],
  [255, "blue"],
  [335, "purple"],
  [361, "red"],
];

/** Returns the name that a reader would give to a color. */
export function hueOf(color: string): Hue {
  const channels = grafana.colorManipulator.decomposeColor(grafana.colorManipulator.asRgbString(color));
  const [red = 0, green = 0, blue = 0] = (channels.values as readonly number[]).map((value) => value / 255);
  const alpha = channels.type === "rgba" ? Number(channels.values[3] ?? 1) : 1;
  const [least, most] = [Math.min(red, green, blue), Math.max(red, green, blue)];
  const spread = most - least;
  if (alpha < 0.2 || spread < 0.16) return "grey";
  const sector =
    most === red
      ? ((green - blue) / spread + 6) % 6
      : most === green
        ? (blue - red) / spread + 2
        : (red - green) / spread + 4;
  return HUES.find(([end]) => sector * 60 < end)?.[1] ?? "red";
}
