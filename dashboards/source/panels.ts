import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import {
  AxisPlacement,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
} from "@grafana/grafana-foundation-sdk/dashboard";
import * as heat from "@grafana/grafana-foundation-sdk/heatmap";
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as stats from "@grafana/grafana-foundation-sdk/stat";
import * as timeline from "@grafana/grafana-foundation-sdk/statetimeline";
import * as lines from "@grafana/grafana-foundation-sdk/timeseries";
import { describe, type PanelBuilder, type PanelOptions, REF_IDS } from "./panel.ts";
import type { State } from "./promql.ts";

const LIMIT_STYLE: DynamicConfigValue[] = [
  { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
  { id: "custom.fillOpacity", value: 0 },
  { id: "custom.stacking", value: { mode: "none", group: "A" } },
  { id: "color", value: { mode: "fixed", fixedColor: "red" } },
  // Hidden from the legend, where one per target would take half of the space; the tooltip shows it.
  { id: "custom.hideFrom", value: { legend: true, tooltip: false, viz: false } },
];

/** Builds lines over time. `stacked` stacks them as areas; `bars` draws counts per step as stacked bars. */
export function timeSeries(
  options: PanelOptions & { readonly stacked?: boolean; readonly bars?: boolean },
): PanelBuilder {
  const { stacked = false, bars = false, queries } = options;
  const panel = describe(new lines.PanelBuilder(), options, false)
    .lineWidth(1)
    .fillOpacity(stacked || bars ? 40 : 8)
    .drawStyle(bars ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .showPoints(VisibilityMode.Auto)
    .axisPlacement(AxisPlacement.Auto)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(bars ? ["sum"] : ["lastNotNull", "max"]),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending), // oxlint-disable-line unicorn/no-array-sort -- a builder is no array
    );
  if (stacked || bars)
    panel.min(0).stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
  for (const [i, { limit = false, unit }] of queries.entries()) {
    if (limit) panel.overrideByQuery(REF_IDS.charAt(i), LIMIT_STYLE);
    if (unit !== undefined) {
      const axis = { id: "custom.axisPlacement", value: AxisPlacement.Right };
      panel.overrideByQuery(REF_IDS.charAt(i), [{ id: "unit", value: unit }, axis]);
    }
  }
  return panel;
}

/** Builds current values, colored by thresholds or states. Uses instant queries, so that stale values disappear. */
export function stat(options: PanelOptions & { readonly names?: boolean }): PanelBuilder {
  return describe(new stats.PanelBuilder(), { height: 4, ...options }, true)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .orientation(VizOrientation.Auto)
    .textMode(options.names === true ? BigValueTextMode.ValueAndName : BigValueTextMode.Value);
}

/** Builds the state of each series over time, as colored bands. */
export function stateTimeline(options: PanelOptions & { readonly states: readonly State[] }): PanelBuilder {
  return describe(new timeline.PanelBuilder(), options, false)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );
}

/** Builds one bar per series, with its current value. */
export function barGauge(options: PanelOptions): PanelBuilder {
  return describe(new bargauge.PanelBuilder(), options, true)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .orientation(VizOrientation.Horizontal);
}

/** Builds a histogram over time; darker cells have more probes. */
export function heatmap(options: PanelOptions): PanelBuilder {
  return describe(new heat.PanelBuilder(), options, false, PromQueryFormat.Heatmap)
    .calculate(false)
    .yAxis(new heat.YAxisConfigBuilder().unit(options.unit))
    .color(
      new heat.HeatmapColorOptionsBuilder().mode(heat.HeatmapColorMode.Scheme).scheme("Oranges").steps(64),
    );
}
