import type { PanelBuilder } from "../panels/options.ts";
import { timeSeries } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";

const NO_EXPORTER = "no exporter is scraped";

/** Restricts an expression to exporters, because every client library has metrics of its process. */
const own = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance) ${series("heartbeat_exporter_build_info")}`;

/** Builds the panels about the process. */
export const resources = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "CPU",
    description: "CPU usage of the exporter; 100 % is one core.",
    unit: "percentunit",
    min: 0,
    width: 6,
    none: NO_EXPORTER,
    queries: [
      {
        expr: own(series, `rate(${series("process_cpu_seconds_total")}[$__rate_interval])`),
        legend: "{{instance}}",
      },
    ],
  }),
  timeSeries({
    title: "Memory",
    description: "Resident memory of the process, and its heap in use.",
    unit: "bytes",
    min: 0,
    width: 6,
    none: NO_EXPORTER,
    queries: [
      { expr: own(series, series("process_resident_memory_bytes")), legend: "{{instance}} resident" },
      { expr: own(series, series("nodejs_heap_size_used_bytes")), legend: "{{instance}} heap" },
    ],
  }),
  timeSeries({
    title: "Event loop lag",
    description:
      "99th percentile between two scrapes. Measured times are accurate only to this value: with a lag of 10 ms, a difference of 5 ms means nothing.",
    unit: "s",
    min: 0,
    width: 6,
    none: NO_EXPORTER,
    queries: [{ expr: series("heartbeat_exporter_event_loop_lag_seconds"), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Open files",
    description: "File descriptors in use. At the limit, the dashed line, no more connections can be opened.",
    unit: "none",
    min: 0,
    width: 6,
    none: NO_EXPORTER,
    queries: [
      { expr: own(series, series("process_open_fds")), legend: "{{instance}}" },
      { expr: own(series, series("process_max_fds")), legend: "limit {{instance}}", limit: true },
    ],
  }),
];
