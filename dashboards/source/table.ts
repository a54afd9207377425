import { TableSortByFieldStateBuilder } from "@grafana/grafana-foundation-sdk/common";
import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as tables from "@grafana/grafana-foundation-sdk/table";
import {
  describe,
  type Link,
  type PanelBuilder,
  type PanelOptions,
  REF_IDS,
  statesMapping,
} from "./panel.ts";
import type { State } from "./promql.ts";

/** A column of values, from a query with the labels of the rows. */
export interface Column {
  readonly title: string;
  readonly expr: string;
  readonly unit: string;
  readonly decimals?: number;
  readonly states?: readonly State[];
  readonly thresholds?: PanelOptions["thresholds"];
}

/** The options of a table. */
export interface TableOptions
  extends Omit<PanelOptions, "queries" | "unit" | "states" | "thresholds" | "links"> {
  /** The labels that identify a row, with their titles. */
  readonly rows: Readonly<Record<string, string>>;
  readonly columns: readonly Column[];
  readonly sort?: { readonly column: string; readonly descending: boolean };
  /** Links opened by clicking the first column. */
  readonly links?: readonly Link[];
}

/** Builds a column with the share of successful probes: red below 95 %, where an alert fires, green from 99.9 %. */
export const uptimeColumn = (expr: string): Column => ({
  title: "Uptime",
  unit: "percentunit",
  decimals: 2,
  thresholds: [
    [null, "red"],
    [0.95, "orange"],
    [0.999, "green"],
  ],
  expr,
});

/** Builds a table of current values, with one row per set of labels. */
export function table(options: TableOptions): PanelBuilder {
  const { links, ...rest } = options;
  const { rows, columns, sort } = rest;
  const queries = columns.map(({ expr, title }) => ({ expr, legend: title }));
  const panel = describe(
    new tables.PanelBuilder(),
    { ...rest, unit: "none", queries },
    true,
    PromQueryFormat.Table,
  )
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({ id: "organize", options: arrangement(rows, columns) });
  if (sort !== undefined) {
    panel.sortBy([new TableSortByFieldStateBuilder().displayName(sort.column).desc(sort.descending)]);
  }
  const [first = ""] = Object.values(rows);
  if (links !== undefined) {
    const value = links.map((link) => ({ ...link, targetBlank: false }));
    panel.overrideByName(first, [{ id: "links", value }]);
  }
  for (const column of columns) panel.overrideByName(column.title, style(column));
  return panel;
}

/** Orders and renames the fields: labels first, then the columns. Hides the time of the query. */
function arrangement(rows: TableOptions["rows"], columns: readonly Column[]) {
  const names = [...Object.keys(rows), ...columns.map((_, i) => valueField(i, columns.length))];
  const titles = [...Object.values(rows), ...columns.map(({ title }) => title)];
  return {
    excludeByName: { Time: true },
    indexByName: Object.fromEntries(names.map((name, i) => [name, i])),
    renameByName: Object.fromEntries(names.map((name, i) => [name, titles[i]])),
  };
}

/** Returns Grafana's name of a query's values in a table. With a single query it has no letter. */
const valueField = (index: number, of: number): string =>
  of === 1 ? "Value" : `Value #${REF_IDS.charAt(index)}`;

function style({ unit, decimals, states, thresholds }: Column): DynamicConfigValue[] {
  const colored = states !== undefined || thresholds !== undefined;
  return [
    { id: "unit", value: unit },
    ...(decimals === undefined ? [] : [{ id: "decimals", value: decimals }]),
    ...(states === undefined ? [] : [{ id: "mappings", value: [statesMapping(states)] }]),
    ...(thresholds === undefined
      ? []
      : [
          {
            id: "thresholds",
            value: { mode: "absolute", steps: thresholds.map(([value, color]) => ({ value, color })) },
          },
        ]),
    ...(colored ? [{ id: "custom.cellOptions", value: { type: "color-text" } }] : []),
  ];
}
