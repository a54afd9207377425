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
import type { State } from "./promql.ts";

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
  /** Draws the series as dashed reference lines. */
  readonly limit?: boolean;
  /** A unit other than the panel's, shown on the right axis. */
  readonly unit?: string;
}

/** The options of every panel. */
export interface PanelOptions {
  readonly title: string;
  /** What the panel shows, and which values are good or bad, for a reader who sees it for the first time at night. */
  readonly description: string;
  /** Grafana's id of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Width in columns, of 24. */
  readonly width: number;
  readonly height?: number;
  /** Text shown without data, which says what that means. */
  readonly noData: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  /** Colors with the values they start at; the first one starts at `null`, below all values. */
  readonly thresholds?: readonly (readonly [from: number | null, color: string])[];
  readonly states?: readonly State[];
  /** Links opened by clicking a value. */
  readonly links?: readonly Link[];
}

/** A link. Title and URL may contain Grafana's variables. */
export interface Link {
  readonly title: string;
  readonly url: string;
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
  noValue(text: string): unknown;
  datasource(datasource: typeof DATASOURCE): unknown;
  withTarget(target: DataqueryBuilder): unknown;
  thresholds(thresholds: ThresholdsConfigBuilder): unknown;
  decimals(decimals: number): unknown;
  min(min: number): unknown;
  max(max: number): unknown;
  mappings(mappings: ValueMapping[]): unknown;
  dataLinks(links: DashboardLinkBuilder[]): unknown;
}

/**
 * Applies the common options to a panel.
 * @param instant true for instant queries, false for range queries
 */
export function describe<Builder extends Common>(
  panel: Builder,
  options: PanelOptions,
  instant: boolean,
  format = PromQueryFormat.TimeSeries,
): Builder {
  const { thresholds = [[null, "green"]], states } = options;
  panel.title(options.title);
  panel.description(options.description);
  panel.unit(options.unit);
  panel.span(options.width);
  panel.height(options.height ?? 8);
  panel.noValue(options.noData);
  panel.datasource(DATASOURCE);
  panel.thresholds(
    new ThresholdsConfigBuilder()
      .mode(ThresholdsMode.Absolute)
      .steps(thresholds.map(([value, color]) => ({ value, color }))),
  );
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  if (options.min !== undefined) panel.min(options.min);
  if (options.max !== undefined) panel.max(options.max);
  if (states !== undefined) panel.mappings([statesMapping(states)]);
  if (options.links !== undefined) panel.dataLinks(options.links.map(dataLink));
  for (const [i, query] of options.queries.entries()) panel.withTarget(target(query, i, instant, format));
  return panel;
}

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
