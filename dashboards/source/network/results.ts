import type { PanelBuilder } from "../panels/options.ts";
import { type Column, table, uptimeColumn } from "../panels/table.ts";
import { durations, failureReasons, successTimeline } from "../panels/verdicts.ts";
import { ofNetwork } from "../probes.ts";
import { named, type Series } from "../promql.ts";
import { verdicts } from "./now.ts";

/** Builds the panels about verdicts, durations and failures. */
export function results(series: Series): readonly PanelBuilder[] {
  const probes = verdicts(series);
  return [
    successTimeline(probes),
    durations(probes),
    table({
      title: "Address details",
      description:
        "Uptime is the share of successful probes in the selected time range; p50 and p95 are percentiles of their durations, as scraped.",
      width: 12,
      height: 9,
      none: probes.none,
      rows: { name: "Address" },
      sort: { column: "Uptime", descending: false },
      columns: [
        uptimeColumn(perAddress(ofNetwork(series, `avg_over_time(${series("probe_success")}[$__range])`))),
        durationColumn(series, "p50", 0.5),
        durationColumn(series, "p95", 0.95),
      ],
    }),
    failureReasons(probes),
  ];
}

const perAddress = (expr: string): string => `max by (name) (${named(expr)})`;

const durationColumn = (series: Series, title: string, quantile: number): Column => ({
  title,
  unit: "s",
  width: 90,
  decimals: 3,
  expr: perAddress(
    ofNetwork(series, `quantile_over_time(${quantile}, ${series("probe_duration_seconds")}[$__range])`),
  ),
});
