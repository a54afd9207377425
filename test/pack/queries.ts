import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The parts of a dashboard's JSON that tests look at. */
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

export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly TargetJson[];
  readonly panels?: readonly PanelJson[];
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

interface TargetJson {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly datasource?: { readonly uid: string };
}

interface VariableJson {
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

/** The committed dashboards by the names of their files, without `.json`. */
export const readDashboards = (): ReadonlyMap<string, DashboardJson> =>
  new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith(".json"))
      .map((name) => [
        name.slice(0, -".json".length),
        JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8")) as DashboardJson,
      ]),
  );

/** All panels with queries, those of folded rows included. */
export const panelsOf = ({ panels }: Pick<DashboardJson, "panels">): readonly PanelJson[] =>
  panels.flatMap((panel) => (panel.type === "row" ? panelsOf({ panels: panel.panels ?? [] }) : [panel]));

/** A query of a dashboard. */
export interface DashboardQuery {
  /** `overview / Targets in numbers / B`; of a variable or annotation its name. */
  readonly place: string;
  readonly kind: "panel" | "variable" | "annotation";
  /** As it stands in the dashboard, with variables in it. */
  readonly written: string;
  /** As Prometheus gets it when everything is chosen. */
  readonly expr: string;
  /** Whether it is about one moment, not about a range. */
  readonly instant: boolean;
}

/** What Grafana would fill in. Durations in the form of Prometheus, except where a name says seconds. */
const FILLED: Readonly<Record<string, string>> = {
  // Nobody writes such a range by hand, so that it can be told from one that somebody did.
  __rate_interval: "61s",
  __interval: "15s",
  __range_s: "3600",
  __range: "1h",
  __from: "0",
};

/** Fills in the variables of a query, each with what choosing all of it means. */
export function interpolate(expr: string, { templating }: Pick<DashboardJson, "templating">): string {
  const all = new Map(templating.list.map(({ name, allValue }) => [name, allValue ?? ".*"]));
  return expr.replaceAll(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (whole, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? "";
      // Of a regular expression, which Grafana leaves alone.
      if (/^\d+$/.test(name)) return whole;
      const value = FILLED[name] ?? all.get(name);
      if (value === undefined) throw new Error(`nobody knows the variable ${whole} in ${expr}`);
      return value;
    },
  );
}

/** Every PromQL of a dashboard: of its panels, its variables and its annotations. */
export function everyQuery(name: string, dashboard: DashboardJson): readonly DashboardQuery[] {
  const query = (kind: DashboardQuery["kind"], place: string, written: string, instant: boolean) => ({
    place: `${name} / ${place}`,
    kind,
    written,
    expr: interpolate(written, dashboard),
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
