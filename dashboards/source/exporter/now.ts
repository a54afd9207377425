import { knownExporters } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { tiles } from "../panels/stat.ts";
import { table } from "../panels/table.ts";
import type { Series } from "../promql.ts";
import { yesNo } from "../states.ts";

const NO_EXPORTER = "no exporter";

/** Builds the panels about the present. */
export const now = (series: Series): readonly PanelBuilder[] => [
  tiles({
    title: "Exporters",
    description:
      "Up if Prometheus can scrape the exporter. If it is down, nothing is known about its targets and heartbeats.",
    unit: "none",
    width: 8,
    height: 5,
    none: NO_EXPORTER,
    noneColor: "red",
    downColor: "red",
    states: yesNo("up", "down"),
    query: { expr: knownExporters(series, series("up")), legend: "{{instance}}" },
  }),
  tiles({
    title: "Configuration",
    description:
      "Result of the last attempt to load the configuration. If it was rejected, the previous one is still in use.",
    unit: "none",
    width: 8,
    height: 5,
    none: NO_EXPORTER,
    states: yesNo("loaded", "rejected"),
    query: { expr: series("heartbeat_exporter_config_last_reload_successful"), legend: "{{instance}}" },
  }),
  table({
    title: "Versions",
    description: "Version of each exporter, and since when it has used its configuration.",
    width: 8,
    height: 5,
    none: NO_EXPORTER,
    rows: { instance: "Instance", version: "Version", node_version: "Node.js" },
    columns: [
      {
        title: "Configured",
        unit: "dateTimeFromNow",
        expr: `1000 * max by (instance, version, node_version) (\n  ${series("heartbeat_exporter_build_info")}\n  * on (job, instance) group_left () ${series("heartbeat_exporter_config_last_reload_success_timestamp_seconds")}\n)`,
      },
    ],
  }),
];
