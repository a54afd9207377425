import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The parts of a dashboard's JSON used by tests. */
export interface DashboardJson {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly editable: boolean;
  readonly tags: readonly string[];
  readonly panels: readonly PanelJson[];
  readonly templating: { readonly list: readonly VariableJson[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  readonly links: readonly object[];
}

/** A panel or row. */
export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly TargetJson[];
  readonly panels?: readonly PanelJson[];
  readonly transformations?: readonly { readonly id: string; readonly options: object }[];
  /** The options of its kind. */
  readonly options?: {
    readonly mergeValues?: boolean;
    readonly colorMode?: string;
    readonly textMode?: string;
    readonly reduceOptions?: {
      readonly calcs: string[];
      readonly values?: boolean;
      readonly fields?: string;
    };
    readonly content?: string;
    readonly legend?: { readonly calcs?: readonly string[] };
    readonly yAxis?: { readonly unit?: string };
  };
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly noValue?: string;
      readonly mappings?: readonly object[];
    };
    readonly overrides: readonly {
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

/** A query of a panel. */
export interface TargetJson {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly format?: string;
  readonly datasource?: { readonly uid: string };
}

/** A variable of a dashboard. */
export interface VariableJson {
  readonly name: string;
  readonly type: string;
  readonly label: string;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
  readonly refresh?: number;
  readonly definition?: string;
}

const FOLDER = fileURLToPath(new URL("../../dashboards", import.meta.url));

/** Reads the committed dashboards, by file name without `.json`. */
export const readDashboards = (): ReadonlyMap<string, DashboardJson> =>
  new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith(".json"))
      .map((name) => [
        name.slice(0, -".json".length),
        JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8")) as DashboardJson,
      ]),
  );

/** Returns all panels with queries, including those in collapsed rows. */
export const panelsOf = ({ panels }: Pick<DashboardJson, "panels">): readonly PanelJson[] =>
  panels.flatMap((panel) => (panel.type === "row" ? panelsOf({ panels: panel.panels ?? [] }) : [panel]));

/** A query of a dashboard. */
export interface DashboardQuery {
  /** Dashboard, panel and query, like `overview / Targets in numbers / B`; or dashboard and variable or annotation. */
  readonly place: string;
  readonly kind: "panel" | "variable" | "annotation";
  /** As written in the dashboard, with variables. */
  readonly written: string;
  /** As sent to Prometheus when every variable is set to All, but without the part of {@link whole} that stands for nothing. */
  readonly expr: string;
  /** As sent to Prometheus when every variable is set to All. */
  readonly whole: string;
  /** True for an instant query, false for a range query. */
  readonly instant: boolean;
}

/** Values of Grafana's built-in variables: durations, except for `_s`, which are seconds. */
const BUILT_IN: Readonly<Record<string, string>> = {
  // An unusual value, so that tests can tell it from a range written by hand.
  __rate_interval: "61s",
  __interval: "15s",
  __range_s: "3600",
  __range: "1h",
  __from: "0",
};

/** Replaces the variables of a query by their values for All. */
export function interpolate(expr: string, { templating }: Pick<DashboardJson, "templating">): string {
  const all = new Map(templating.list.map(({ name, allValue }) => [name, allValue ?? ".*"]));
  return expr.replaceAll(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (whole, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? "";
      // A capture group of a regular expression, which Grafana does not replace.
      if (/^\d+$/.test(name)) return whole;
      const value = BUILT_IN[name] ?? all.get(name);
      if (value === undefined) throw new Error(`unknown variable ${whole} in ${expr}`);
      return value;
    },
  );
}

/** Where a query starts to tell why it has no series. */
const ABSENCE = /\nor on \(\) (?:label_replace\()?-1002 \* absent\(/;

/** Returns a query without the series that tell why it has none. */
const withoutAbsence = (expr: string): string => expr.split(ABSENCE)[0] ?? expr;

/** Returns all queries of a dashboard: of its panels, variables and annotations. */
export function everyQuery(name: string, dashboard: DashboardJson): readonly DashboardQuery[] {
  const query = (kind: DashboardQuery["kind"], place: string, written: string, instant: boolean) => ({
    place: `${name} / ${place}`,
    kind,
    written,
    expr: withoutAbsence(interpolate(written, dashboard)),
    whole: interpolate(written, dashboard),
    instant,
  });
  return [
    ...panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr, instant = false }) => query("panel", `${title} / ${refId}`, expr, instant)),
    ),
    ...dashboard.templating.list.flatMap(({ name: variable, definition }) => {
      const selector = /^label_values\((.*), \w+\)$/.exec(definition ?? "")?.[1];
      return selector === undefined ? [] : [query("variable", `$${variable}`, selector, true)];
    }),
    ...dashboard.annotations.list.map(({ name: annotation, expr }) =>
      query("annotation", annotation, expr, false),
    ),
  ];
}
