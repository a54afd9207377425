import {
  DashboardLinkBuilder,
  DashboardLinkType,
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import type { Absence } from "../absence.ts";
import type { Link } from "../links.ts";
import type { State } from "../states.ts";

/** Builds one panel. */
export interface PanelBuilder {
  build(): Panel;
}

/** The data source selected on the dashboard. */
export const DATASOURCE = { type: "prometheus", uid: `\${datasource}` };

/** A query of a panel. */
export interface Query {
  readonly expr: string;
  /** Legend of its series, in Grafana's format; for tables, the title of the column. */
  readonly legend: string;
}

/** Colors with the values they start at; the first one starts at `null`, below all values. */
export type Thresholds = readonly (readonly [from: number | null, color: string])[];

/** The options of every panel. Each one says what it shows without values. */
export interface PanelOptions extends Absence {
  readonly title: string;
  /** What the panel shows, and which values are good or bad, for a reader who sees it for the first time at night. */
  readonly description: string;
  /** Grafana's id of the unit. */
  readonly unit: string;
  /** Width in columns, of 24. */
  readonly width: number;
  readonly height?: number;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly thresholds?: Thresholds;
  readonly states?: readonly State[];
  /** Links opened by clicking a value. */
  readonly links?: readonly Link[];
}

/** Ids of the queries of a panel, in order. */
export const REF_IDS = "ABCDEFGHIJKLMNOP";

/** The methods used here that all panel builders of the SDK have. */
interface Common extends PanelBuilder {
  title(text: string): unknown;
  description(text: string): unknown;
  unit(unit: string): unknown;
  span(width: number): unknown;
  height(height: number): unknown;
  datasource(datasource: typeof DATASOURCE): unknown;
  withTarget(target: DataqueryBuilder): unknown;
  thresholds(thresholds: ThresholdsConfigBuilder): unknown;
  decimals(decimals: number): unknown;
  min(min: number): unknown;
  max(max: number): unknown;
  mappings(mappings: ValueMapping[]): unknown;
  dataLinks(links: DashboardLinkBuilder[]): unknown;
}

/** What {@link describe} needs besides the options. */
export interface Parts {
  readonly queries: readonly Query[];
  /** True for instant queries, false for range queries. */
  readonly instant: boolean;
  readonly format?: PromQueryFormat;
  /** Mappings besides those of states. */
  readonly mappings?: readonly ValueMapping[];
}

/** Applies the common options to a panel. The base color is that of plain text, because a missing value takes it. */
export function describe<Builder extends Common>(
  panel: Builder,
  options: PanelOptions,
  { queries, instant, format = PromQueryFormat.TimeSeries, mappings = [] }: Parts,
): Builder {
  const { thresholds = [[null, "text"]], states, links } = options;
  panel.title(options.title);
  panel.description(options.description);
  panel.unit(options.unit);
  panel.span(options.width);
  panel.height(options.height ?? 8);
  panel.datasource(DATASOURCE);
  panel.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(thresholds)));
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  if (options.min !== undefined) panel.min(options.min);
  if (options.max !== undefined) panel.max(options.max);
  const mapped = [...(states === undefined ? [] : [statesMapping(states)]), ...mappings];
  if (mapped.length > 0) panel.mappings(mapped);
  if (links !== undefined) panel.dataLinks(links.map(dataLink));
  for (const [i, query] of queries.entries()) panel.withTarget(target(query, i, instant, format));
  return panel;
}

/** Returns the steps of thresholds as Grafana stores them. */
export const stepsOf = (thresholds: Thresholds): { value: number | null; color: string }[] =>
  thresholds.map(([value, color]) => ({ value, color }));

function target(
  { expr, legend }: Query,
  index: number,
  instant: boolean,
  format: PromQueryFormat,
): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .refId(REF_IDS.charAt(index))
    .datasource(DATASOURCE)
    .expr(expr)
    .legendFormat(legend)
    .format(format);
  return instant ? query.instant() : query.range();
}

const dataLink = ({ title, url }: Link): DashboardLinkBuilder =>
  new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url);

/** Maps the codes of states to their names and colors. */
export const statesMapping = (states: readonly State[]): ValueMapping => ({
  type: MappingType.ValueToText,
  options: Object.fromEntries(
    states.map(({ name, code, color, text = name }, index) => [String(code), { text, color, index }]),
  ),
});

/** Returns the first label in a legend, which names a series. */
export const labelOf = (legend: string): string | undefined => /\{\{(\w+)\}\}/.exec(legend)?.[1];
