import type { PanelBuilder } from "../panels/options.ts";
import { table, uptimeColumn } from "../panels/table.ts";
import { timeSeries } from "../panels/time-series.ts";
import { failureReasons, successTimeline } from "../panels/verdicts.ts";
import { ofHttp } from "../probes.ts";
import { NAME, named, type Series } from "../promql.ts";
import { verdicts } from "./now.ts";

/** Builds the panels about responses and failures. */
export const responses = (series: Series): readonly PanelBuilder[] => [
  successTimeline(verdicts(series)),
  timeSeries({
    title: "Status codes",
    description: "Status code of the final response; 0 if there was no response.",
    unit: "none",
    decimals: 0,
    min: 0,
    width: 12,
    none: verdicts(series).none,
    queries: [{ expr: named(series("probe_http_status_code")), legend: NAME }],
  }),
  table({
    title: "Address details",
    description:
      "Uptime is the share of successful probes in the selected time range; p95 is the 95th percentile of their durations, as scraped. Redirects and HTTP version need probe_details: true or a scrape of /probe.",
    width: 12,
    height: 9,
    none: verdicts(series).none,
    rows: { name: "Address" },
    sort: { column: "Uptime", descending: false },
    columns: [
      uptimeColumn(perAddress(ofHttp(series, `avg_over_time(${series("probe_success")}[$__range])`))),
      {
        title: "p95",
        unit: "s",
        width: 90,
        decimals: 3,
        expr: perAddress(
          ofHttp(series, `quantile_over_time(0.95, ${series("probe_duration_seconds")}[$__range])`),
        ),
      },
      {
        title: "Status code",
        unit: "none",
        width: 110,
        expr: perAddress(series("probe_http_status_code")),
      },
      { title: "Redirects", unit: "none", width: 90, expr: perAddress(series("probe_http_redirects")) },
      {
        title: "HTTP",
        unit: "none",
        width: 70,
        decimals: 1,
        expr: perAddress(series("probe_http_version")),
      },
    ],
  }),
  failureReasons(verdicts(series)),
];

const perAddress = (expr: string): string => `max by (name) (${named(expr)})`;
