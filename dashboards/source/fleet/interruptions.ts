import type { PanelBuilder } from "../panels/options.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";

const NO_EXPORTER = "no exporter is scraped";

/** Builds the panels about times at which an exporter did not work. */
export const interruptions = (series: Series): readonly PanelBuilder[] => [
  bars({
    title: "Restarts",
    description: "Restarts of each exporter per interval. Three within an hour raise an alert.",
    width: 8,
    none: NO_EXPORTER,
    queries: [
      {
        expr: `changes(${series("process_start_time_seconds")}[$__rate_interval])\nand on (job, instance) ${series("heartbeat_exporter_build_info")}`,
        legend: "{{instance}}",
      },
    ],
  }),
  timeSeries({
    title: "Absence",
    description:
      "Seconds per interval for which the exporter was frozen or blocked, as a suspended machine is. They count as silence of no heartbeat.",
    unit: "s",
    min: 0,
    width: 8,
    none: NO_EXPORTER,
    queries: [
      {
        expr: `increase(${series("heartbeat_exporter_absence_seconds_total")}[$__rate_interval])`,
        legend: "{{instance}}",
      },
    ],
  }),
  timeSeries({
    title: "Stalls",
    description:
      "Seconds per interval for which the event loop stood still while probes or deliveries waited. They extend deadlines and are not part of measured durations.",
    unit: "s",
    min: 0,
    width: 8,
    none: NO_EXPORTER,
    queries: [
      {
        expr: `increase(${series("heartbeat_exporter_event_loop_stalled_seconds_total")}[$__rate_interval])`,
        legend: "{{instance}}",
      },
    ],
  }),
  timeSeries({
    title: "Hanging file operations",
    description:
      "Operations on files that have not ended after a second, as on a network file system that does not respond. Each keeps a thread.",
    unit: "none",
    min: 0,
    width: 8,
    none: NO_EXPORTER,
    queries: [{ expr: series("heartbeat_exporter_file_operations_hanging"), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Event loop lag by exporter",
    description:
      "99th percentile between two scrapes. Above 0.1 s an exporter is too busy to measure accurately.",
    unit: "s",
    min: 0,
    width: 8,
    none: NO_EXPORTER,
    queries: [{ expr: series("heartbeat_exporter_event_loop_lag_seconds"), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Targets",
    description: "Configured targets of each exporter. Shards should have about as many each.",
    unit: "none",
    min: 0,
    width: 8,
    none: "no targets configured",
    queries: [{ expr: `count by (instance) (${series("heartbeat_target_info")})`, legend: "{{instance}}" }],
  }),
];
