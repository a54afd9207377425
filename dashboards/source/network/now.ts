import { exporterTile } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { tiles } from "../panels/stat.ts";
import { NETWORK_KINDS, ofNetwork, orUnknown } from "../probes.ts";
import { lost, NAME, type Series } from "../promql.ts";
import { PROBE_STATES } from "../states.ts";
import { NO_PROBES } from "./texts.ts";

/** Builds the panels about the last probes. */
export const now = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, { width: 3, height: 6 }),
  tiles({
    title: "Probes",
    description:
      "Result of the last probe of each address. A single failure is not an outage; see the overview for the status after thresholds. Grey: its exporter is down.",
    unit: "none",
    width: 21,
    height: 6,
    none: NO_PROBES,
    states: PROBE_STATES,
    query: { expr: `sort(${success(series)})`, legend: NAME },
  }),
];

/** Returns the result of the last probe of each address. */
export const success = (series: Series): string =>
  orUnknown(
    series,
    ofNetwork(series, series("probe_success")),
    lost(series, "heartbeat_target_info", NETWORK_KINDS),
  );
