import { exporterTile } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { tiles } from "../panels/stat.ts";
import { ofHttp, orUnknown } from "../probes.ts";
import { lost, NAME, type Series } from "../promql.ts";
import { PROBE_STATES } from "../states.ts";

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
    none: "no http target probed yet",
    states: PROBE_STATES,
    query: { expr: `sort(${success(series)})`, legend: NAME },
  }),
];

/** Returns the result of the last probe of each address. */
export const success = (series: Series): string =>
  orUnknown(series, ofHttp(series, series("probe_success")), lost(series, "probe_http_status_code"));
