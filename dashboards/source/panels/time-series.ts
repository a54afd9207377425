import {
  AxisPlacement,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import * as lines from "@grafana/grafana-foundation-sdk/timeseries";
import { describe, type PanelBuilder, type PanelOptions, type Query, REF_IDS } from "./options.ts";

/** A query of a graph. */
interface LineQuery extends Query {
  /** Draws the series as dashed reference lines. */
  readonly limit?: boolean;
  /** A unit other than the panel's, shown on the right axis. */
  readonly unit?: string;
}

/** The options of a graph. */
export interface GraphOptions extends PanelOptions {
  readonly queries: readonly LineQuery[];
}

const LIMIT_STYLE: DynamicConfigValue[] = [
  { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
  { id: "custom.fillOpacity", value: 0 },
  { id: "custom.stacking", value: { mode: "none", group: "A" } },
  { id: "color", value: { mode: "fixed", fixedColor: "red" } },
  // Hidden from the legend, where one per target would take half of the space; the tooltip shows it.
  { id: "custom.hideFrom", value: { legend: true, tooltip: false, viz: false } },
];

/** Builds lines over time, with gaps where there is no value. */
export const timeSeries = (options: GraphOptions): PanelBuilder =>
  graph(options).drawStyle(GraphDrawStyle.Line).fillOpacity(8);

/** Builds lines over time that add up, as stacked areas. */
export const areas = (options: GraphOptions): PanelBuilder =>
  graph({ min: 0, ...options })
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(40)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));

/**
 * Builds counts of events per interval of at least a minute, as stacked bars: a rate of rare events would be a fraction
 * that is hard to read.
 */
export const bars = (options: Omit<GraphOptions, "unit">): PanelBuilder =>
  graph({ min: 0, decimals: 0, ...options, unit: "short" })
    .interval("1m")
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(60)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));

function graph(options: GraphOptions): lines.PanelBuilder {
  const panel = describe(new lines.PanelBuilder(), options, { queries: options.queries, instant: false })
    .noValue(options.none)
    .lineWidth(1)
    .showPoints(VisibilityMode.Auto)
    .spanNulls(false)
    .axisPlacement(AxisPlacement.Auto)
    .legend(legend(options.width))
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending), // oxlint-disable-line unicorn/no-array-sort -- a builder is no array
    );
  for (const [i, { limit = false, unit }] of options.queries.entries()) {
    if (limit) panel.overrideByQuery(REF_IDS.charAt(i), LIMIT_STYLE);
    if (unit !== undefined) {
      const axis = { id: "custom.axisPlacement", value: AxisPlacement.Right };
      panel.overrideByQuery(REF_IDS.charAt(i), [{ id: "unit", value: unit }, axis]);
    }
  }
  return panel;
}

/** Below a graph, Grafana shows three rows of a table and scrolls the others; beside it, as many as the graph is high. */
const legend = (width: number): VizLegendOptionsBuilder =>
  width < 12
    ? new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([])
    : new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Right)
        .showLegend(true)
        .calcs(["lastNotNull"]);
