import { dashboardLink } from "./links.ts";
import type { PanelBuilder } from "./panels/options.ts";
import { stat } from "./panels/stat.ts";
import type { Series } from "./promql.ts";

/** Restricts an expression to instances that were exporters within the last day, so that one that is gone is shown as down. */
export const knownExporters = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance) last_over_time(${series("heartbeat_exporter_build_info")}[1d])`;

/** Adds instances whose `/probe` was scraped within the last hour. Their `up` tells whether the exporter answered. */
const orProbes = (series: Series): string =>
  `(${series("up")}\n  and on (job, instance) (last_over_time(${series("heartbeat_exporter_build_info")}[1d]) or last_over_time(${series("probe_success")}[1h])))`;

/**
 * Builds the tile that every dashboard starts with. While an exporter is down its things are not watched, and other
 * panels are grey, partly or as a whole; this one is red.
 */
export const exporterTile = (series: Series, size: { width: number; height: number }): PanelBuilder =>
  stat({
    title: "Exporter",
    description:
      "Number of exporters that Prometheus cannot scrape. While one is down, nothing is known about its targets and heartbeats: they are grey, and no alert about them can fire or resolve. Red as well if no exporter has been scraped for a day.",
    unit: "suffix:down",
    ...size,
    none: "no exporter",
    noneColor: "red",
    downColor: "red",
    thresholds: [
      [null, "red"],
      [0, "green"],
      [1, "red"],
    ],
    states: [{ name: "up", code: 0, color: "green" }],
    links: [dashboardLink("Exporter", "heartbeat-exporter")],
    query: { expr: `sum(${orProbes(series)} == bool 0)`, legend: "down" },
  });
