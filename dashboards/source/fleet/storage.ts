import type { PanelBuilder } from "../panels/options.ts";
import { tiles } from "../panels/stat.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";
import { yesNo } from "../states.ts";

const NO_STORE = "no store configured";

/** Builds the panels about the stores of exporters. */
export const storage = (series: Series): readonly PanelBuilder[] => [
  stateTimeline({
    title: "Store",
    description:
      "Whether the store can be read and written. If not, the exporter works in memory, and its state is lost with a restart.",
    width: 8,
    none: NO_STORE,
    states: yesNo("works", "fails"),
    query: { expr: series("heartbeat_exporter_store_up"), legend: "{{instance}}" },
  }),
  timeSeries({
    title: "Size",
    description: "Size of the store on disk, and the number of results in its history.",
    unit: "bytes",
    min: 0,
    width: 8,
    none: NO_STORE,
    queries: [
      { expr: series("heartbeat_exporter_store_size_bytes"), legend: "{{instance}} size" },
      { expr: series("heartbeat_exporter_store_results"), legend: "{{instance}} results", unit: "short" },
    ],
  }),
  bars({
    title: "Failed writes",
    description: "Failed writes to the store per interval, by reason.",
    width: 8,
    none: NO_STORE,
    queries: [
      {
        expr: `sum by (instance, reason) (increase(${series("heartbeat_exporter_store_write_failures_total")}[$__rate_interval]))`,
        legend: "{{instance}} {{reason}}",
      },
    ],
  }),
  tiles({
    title: "Downtime before the last start",
    description:
      "Downtime of the exporter before its last start. It does not count as silence of heartbeats.",
    unit: "s",
    width: 8,
    none: NO_STORE,
    thresholds: [[null, "blue"]],
    query: { expr: series("heartbeat_exporter_down_seconds"), legend: "{{instance}}" },
  }),
];
