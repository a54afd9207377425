import * as heat from "@grafana/grafana-foundation-sdk/heatmap";
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { describe, type PanelBuilder, type PanelOptions, type Query } from "./options.ts";

/** The options of a heat map. */
export interface HeatmapOptions extends Omit<PanelOptions, "unit"> {
  readonly query: Query;
  /** Grafana's id of the unit of the ranges. */
  readonly axis: string;
}

/** Builds a histogram over time; darker cells have more probes. */
export const heatmap = (options: HeatmapOptions): PanelBuilder =>
  // The unit of the panel is that of the cells, which are counts.
  describe(
    new heat.PanelBuilder(),
    { ...options, unit: "short", decimals: 0 },
    { queries: [options.query], instant: false, format: PromQueryFormat.Heatmap },
  )
    .noValue(options.none)
    .calculate(false)
    .yAxis(new heat.YAxisConfigBuilder().unit(options.axis))
    .cellValues(new heat.CellValuesBuilder().unit("short").decimals(0))
    .color(
      new heat.HeatmapColorOptionsBuilder().mode(heat.HeatmapColorMode.Scheme).scheme("Oranges").steps(64),
    );
