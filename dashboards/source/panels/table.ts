import { TableSortByFieldStateBuilder } from "@grafana/grafana-foundation-sdk/common";
import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as tables from "@grafana/grafana-foundation-sdk/table";
import { absenceMappings, EMPTY_CELL, orAbsence } from "../absence.ts";
import type { Link } from "../links.ts";
import type { State } from "../states.ts";
import {
  describe,
  type PanelBuilder,
  type PanelOptions,
  REF_IDS,
  statesMapping,
  stepsOf,
  type Thresholds,
} from "./options.ts";

/** A column of values, from a query with the labels of the rows. */
export interface Column {
  readonly title: string;
  readonly expr: string;
  readonly unit: string;
  readonly width?: number;
  readonly decimals?: number;
  readonly states?: readonly State[];
  readonly thresholds?: Thresholds;
}

/** A label that identifies a row: its title, or its title with a width in pixels or links opened by clicking. */
export type RowLabel =
  | string
  | { readonly title: string; readonly width?: number; readonly links?: readonly Link[] };

/** The options of a table. */
export interface TableOptions extends Omit<PanelOptions, "unit" | "states" | "thresholds" | "links"> {
  /** The labels of a row, in order. The first one names the row. */
  readonly rows: Readonly<Record<string, RowLabel>>;
  /** Labels of the rows that only links use. */
  readonly hidden?: readonly string[];
  readonly columns: readonly Column[];
  readonly sort?: { readonly column: string; readonly descending: boolean };
  /** Titles of labels and columns in the order in which they are shown; if omitted, labels first. */
  readonly order?: readonly string[];
}

/** Builds a column with the share of successful probes: red below 95 %, where an alert fires, plain from 99.9 %. */
export const uptimeColumn = (expr: string): Column => ({
  title: "Uptime",
  unit: "percentunit",
  decimals: 2,
  width: 90,
  thresholds: [
    [null, "red"],
    [0.95, "orange"],
    [0.999, "text"],
  ],
  expr,
});

/** Builds a table of current values, with one row per set of labels. The first query has a row that tells why it is empty. */
export function table(options: TableOptions): PanelBuilder {
  const { rows, columns, hidden = [], sort } = options;
  const [first] = Object.keys(rows);
  const queries = columns.map(({ expr, title }, i) => ({
    expr: i === 0 ? orAbsence(expr, options, first) : expr,
    legend: title,
  }));
  const panel = describe(
    new tables.PanelBuilder(),
    { ...options, unit: "none" },
    { queries, instant: true, format: PromQueryFormat.Table },
  )
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({ id: "organize", options: arrangement(options) });
  if (sort !== undefined) {
    panel.sortBy([new TableSortByFieldStateBuilder().displayName(sort.column).desc(sort.descending)]);
  }
  for (const label of Object.values(rows)) {
    const style = labelStyle(label);
    if (style.length > 0) panel.overrideByName(titleOf(label), style);
  }
  // Links cannot use fields that a transformation has removed.
  for (const label of hidden) panel.overrideByName(label, HIDDEN);
  for (const [i, column] of columns.entries()) {
    panel.overrideByName(column.title, columnStyle(column, i === 0 ? options : undefined));
  }
  return panel;
}

/** Hides a column, in versions of Grafana before and after the rename of the option. */
const HIDDEN: DynamicConfigValue[] = [
  { id: "custom.hidden", value: true },
  { id: "custom.hideFrom", value: { viz: true, legend: false, tooltip: false } },
];

const titleOf = (label: RowLabel): string => (typeof label === "string" ? label : label.title);

/** Orders and renames the fields. Removes the time of the query. */
function arrangement({ rows, columns, order }: TableOptions) {
  const fields = [
    ...Object.entries(rows).map(([label, row]) => [label, titleOf(row)] as const),
    ...columns.map(({ title }, i) => [valueField(i, columns.length), title] as const),
  ];
  const placed =
    order === undefined ? fields : fields.toSorted(([, a], [, b]) => order.indexOf(a) - order.indexOf(b));
  return {
    excludeByName: { Time: true },
    indexByName: Object.fromEntries(placed.map(([name], i) => [name, i])),
    renameByName: Object.fromEntries(placed),
  };
}

/** Returns Grafana's name of a query's values in a table. With a single query it has no letter. */
const valueField = (index: number, of: number): string =>
  of === 1 ? "Value" : `Value #${REF_IDS.charAt(index)}`;

function labelStyle(label: RowLabel): DynamicConfigValue[] {
  if (typeof label === "string") return [];
  const { width, links } = label;
  return [
    ...(width === undefined ? [] : [{ id: "custom.width", value: width }]),
    ...(links === undefined
      ? []
      : [{ id: "links", value: links.map((link) => ({ ...link, targetBlank: false })) }]),
  ];
}

function columnStyle(column: Column, absence: TableOptions | undefined): DynamicConfigValue[] {
  const { unit, decimals, states, thresholds, width } = column;
  const mappings = [
    ...(states === undefined ? [] : [statesMapping(states)]),
    ...(absence === undefined ? [EMPTY_CELL] : absenceMappings(absence, true)),
  ];
  const isColored = states !== undefined || thresholds !== undefined;
  return [
    { id: "unit", value: unit },
    ...(width === undefined ? [] : [{ id: "custom.width", value: width }]),
    ...(decimals === undefined ? [] : [{ id: "decimals", value: decimals }]),
    { id: "mappings", value: mappings },
    ...(thresholds === undefined
      ? []
      : [{ id: "thresholds", value: { mode: "absolute", steps: stepsOf(thresholds) } }]),
    ...(isColored ? [{ id: "custom.cellOptions", value: { type: "color-text" } }] : []),
  ];
}
