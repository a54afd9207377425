import { exporterTile } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { type Verdicts, verdictTiles } from "../panels/verdicts.ts";
import { NETWORK_KINDS, ofNetwork, orUnknown } from "../probes.ts";
import { lost, type Series } from "../promql.ts";

/** Builds the panels about the last probes. */
export const now = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, { width: 3, height: 6 }),
  verdictTiles(verdicts(series)),
];

/** Returns the tcp, unix, dns, icmp, grpc and websocket probes. */
export const verdicts = (series: Series): Verdicts => ({
  series,
  success: orUnknown(
    series,
    ofNetwork(series, series("probe_success")),
    lost(series, "heartbeat_target_info", NETWORK_KINDS),
  ),
  within: (expr) => ofNetwork(series, expr),
  probed: ofNetwork(series, series("probe_success")),
  none: "no tcp, unix, dns, icmp, grpc or websocket target probed yet",
});
