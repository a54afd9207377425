import { exporterTile } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { type Verdicts, verdictTiles } from "../panels/verdicts.ts";
import { ofHttp, orUnknown } from "../probes.ts";
import { lost, type Series } from "../promql.ts";

/** Builds the panels about the last probes. */
export const now = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, { width: 3, height: 6 }),
  verdictTiles(verdicts(series)),
];

/** Returns the http probes. */
export const verdicts = (series: Series): Verdicts => ({
  series,
  success: orUnknown(series, ofHttp(series, series("probe_success")), lost(series, "probe_http_status_code")),
  within: (expr) => ofHttp(series, expr),
  probed: series("probe_http_status_code"),
  none: "no http target probed yet",
});
