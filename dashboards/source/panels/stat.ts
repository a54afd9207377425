import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import * as stats from "@grafana/grafana-foundation-sdk/stat";
import { absenceMappings, orAbsence } from "../absence.ts";
import { describe, labelOf, type PanelBuilder, type PanelOptions, type Query } from "./options.ts";

/** The options of current values. */
export interface StatOptions extends PanelOptions {
  readonly query: Query;
  /** Size of the value in pixels; as large as fits if omitted. */
  readonly size?: number;
}

/** Builds one current value, colored by thresholds or states. */
export const stat = (options: StatOptions): PanelBuilder =>
  values(options)
    .textMode(BigValueTextMode.Value)
    .text(text({ value: options.size ?? 28 }));

/**
 * Builds one tile per series, colored by thresholds or states. The name is the larger text, because the color already
 * tells the state.
 */
export const tiles = (options: StatOptions): PanelBuilder =>
  values(options)
    .textMode(BigValueTextMode.ValueAndName)
    .text(text({ title: options.size ?? 16, value: 12 }));

/** Uses instant queries, so that stale values disappear. */
function values(options: StatOptions): stats.PanelBuilder {
  const { query } = options;
  const label = labelOf(query.legend);
  const expr = orAbsence(query.expr, options, label);
  return describe(
    new stats.PanelBuilder(),
    { height: 4, ...options },
    {
      queries: [{ ...query, expr }],
      instant: true,
      mappings: absenceMappings(options, label !== undefined),
    },
  )
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .orientation(VizOrientation.Auto);
}

function text({
  title,
  value,
}: {
  readonly title?: number;
  readonly value: number;
}): VizTextDisplayOptionsBuilder {
  const sizes = new VizTextDisplayOptionsBuilder().valueSize(value);
  return title === undefined ? sizes : sizes.titleSize(title);
}
