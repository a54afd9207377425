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

/** The data source that is chosen on the dashboard. */
export const DATASOURCE = { type: "prometheus", uid: `\${datasource}` };

/** A query of a panel. */
export interface Query {
  readonly expr: string;
  /** Of its series, in Grafana's form; of a table, the name of the column. */
  readonly legend: string;
  /** Drawn as a dashed line to which the others are compared. */
  readonly limit?: boolean;
  /** Another one than that of the panel, on an axis of its own to the right. */
  readonly unit?: string;
}

/** What every panel has. */
export interface PanelOptions {
  readonly title: string;
  /** What it shows, what is good and bad, for somebody who sees it for the first time at night. */
  readonly description: string;
  /** Grafana's name of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of the 24 columns. */
  readonly width: number;
  readonly height?: number;
  /** What is written where there is no series: what that means. */
  readonly noData: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  /** Colour from each value on; the first one is below all. */
  readonly thresholds?: readonly (readonly [from: number | null, color: string])[];
  readonly states?: readonly State[];
  /** Where a click on a value leads to. */
  readonly links?: readonly Link[];
}

/** An address with a title; both may have Grafana's variables in them. */
export interface Link {
  readonly title: string;
  readonly url: string;
}

/** Names of the queries of a panel. */
export const REF_IDS = "ABCDEFGHIJKLMNOP";

/** What the builders of the SDK have in common, as far as it is needed here. */
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
 * Gives a panel what every panel has.
 * @param instant whether it shows this moment only
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

/** Shows the codes of states as their names, in their colours. */
export const statesMapping = (states: readonly State[]): ValueMapping => ({
  type: MappingType.ValueToText,
  options: Object.fromEntries(
    states.map(({ name, code, color, text = name }, index) => [String(code), { text, color, index }]),
  ),
});
