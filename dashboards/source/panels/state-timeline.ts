import {
  LegendDisplayMode,
  LegendPlacement,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { FieldColorBuilder, FieldColorModeId } from "@grafana/grafana-foundation-sdk/dashboard";
import * as timeline from "@grafana/grafana-foundation-sdk/statetimeline";
import { orAbsence, reasonMapping } from "../absence.ts";
import type { State } from "../states.ts";
import { describe, labelOf, type PanelBuilder, type PanelOptions, type Query } from "./options.ts";

/** The options of states over time. */
export interface TimelineOptions extends Omit<PanelOptions, "unit" | "thresholds"> {
  readonly states: readonly State[];
  readonly query: Query;
}

/**
 * Builds the state of each series over time, as bands in the colors of the states. With colors by thresholds, Grafana
 * would merge all values above a threshold and ignore the mappings.
 */
export function stateTimeline(options: TimelineOptions): PanelBuilder {
  const { query } = options;
  const label = labelOf(query.legend);
  return describe(
    new timeline.PanelBuilder(),
    { ...options, unit: "none" },
    {
      queries: [{ ...query, expr: orAbsence(query.expr, options, label) }],
      instant: false,
      mappings: [reasonMapping(options, true)],
    },
  )
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor("text"))
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .disablePagination()
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
