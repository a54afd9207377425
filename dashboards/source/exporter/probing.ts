import { knownExporters } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";

const NO_EXPORTER = "no exporter is scraped";

/** Builds the panels about probes and scrapes. */
export const probing = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Running and queued probes",
    description:
      "Probes in progress, and probes waiting for a free slot. Waiting counts towards a probe's deadline: raise max_concurrent_probes or probe less.",
    unit: "none",
    min: 0,
    width: 8,
    none: NO_EXPORTER,
    queries: [
      { expr: series("heartbeat_exporter_probes_in_flight"), legend: "{{instance}} running" },
      { expr: series("heartbeat_exporter_probes_queued"), legend: "{{instance}} queued" },
    ],
  }),
  bars({
    title: "Probes",
    description: "Probes of configured targets per interval, by result.",
    width: 8,
    none: NO_EXPORTER,
    queries: [
      {
        expr: `sum by (status) (increase(${series("heartbeat_health_checks_total")}[$__rate_interval]))`,
        legend: "{{status}}",
      },
    ],
  }),
  bars({
    title: "Failures caused by the exporter",
    description:
      "Probes per interval that failed because of the exporter: internal is a bug to report, queue_timeout means too many probes at once.",
    width: 8,
    none: "no targets configured",
    queries: [
      {
        expr: `sum by (instance, reason) (increase(${series("heartbeat_failures_total", 'reason=~"internal|queue_timeout"')}[$__rate_interval]))`,
        legend: "{{instance}} {{reason}}",
      },
    ],
  }),
  timeSeries({
    title: "Result age",
    description:
      "Age of the oldest result. Above the longest interval, the dashed line, probes have stalled.",
    unit: "s",
    min: 0,
    width: 8,
    none: "no target probed yet",
    queries: [
      { expr: `max by (instance) (${series("probe_result_age_seconds")})`, legend: "{{instance}}" },
      { expr: `max(${series("heartbeat_interval_seconds")})`, legend: "longest interval", limit: true },
    ],
  }),
  timeSeries({
    title: "Scrape duration",
    description: "How long Prometheus takes to scrape each exporter.",
    unit: "s",
    min: 0,
    width: 8,
    none: NO_EXPORTER,
    queries: [{ expr: knownExporters(series, series("scrape_duration_seconds")), legend: "{{instance}}" }],
  }),
  timeSeries({
    title: "Series",
    description: "Samples per scrape. Their number grows only with targets and heartbeats.",
    unit: "short",
    min: 0,
    width: 8,
    none: NO_EXPORTER,
    queries: [{ expr: knownExporters(series, series("scrape_samples_scraped")), legend: "{{instance}}" }],
  }),
];
