import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import {
  BarGaugeDisplayMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { absenceMappings, orAbsence } from "../absence.ts";
import { describe, labelOf, type PanelBuilder, type PanelOptions, type Query } from "./options.ts";

/** Builds one bar per series, with its current value. */
export function barGauge(options: PanelOptions & { readonly query: Query }): PanelBuilder {
  const { query } = options;
  const label = labelOf(query.legend);
  return describe(new bargauge.PanelBuilder(), options, {
    queries: [{ ...query, expr: orAbsence(query.expr, options, label) }],
    instant: true,
    mappings: absenceMappings(options, true),
  })
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .displayMode(BarGaugeDisplayMode.Basic)
    .orientation(VizOrientation.Horizontal)
    .text(new VizTextDisplayOptionsBuilder().titleSize(13).valueSize(13));
}
