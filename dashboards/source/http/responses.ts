import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { table, uptimeColumn } from "../panels/table.ts";
import { timeSeries } from "../panels/time-series.ts";
import { ofHttp } from "../probes.ts";
import { NAME, named, type Series } from "../promql.ts";
import { PROBE_STATES, present } from "../states.ts";
import { success } from "./now.ts";

const NO_HTTP = "no http target probed yet";

/** Builds the panels about responses and failures. */
export const responses = (series: Series): readonly PanelBuilder[] => [
  stateTimeline({
    title: "Success over time",
    description:
      "When the probes of each address succeeded (green), failed (red) or could not run because the exporter was down (grey).",
    width: 12,
    none: NO_HTTP,
    states: PROBE_STATES,
    query: { expr: success(series), legend: NAME },
  }),
  timeSeries({
    title: "Status codes",
    description: "Status code of the final response; 0 if there was no response.",
    unit: "none",
    decimals: 0,
    min: 0,
    width: 12,
    none: NO_HTTP,
    queries: [{ expr: named(series("probe_http_status_code")), legend: NAME }],
  }),
  table({
    title: "Address details",
    description:
      "Uptime is the share of successful probes in the selected time range; p95 is the 95th percentile of their durations, as scraped. Redirects and HTTP version need probe_details: true or a scrape of /probe.",
    width: 12,
    height: 9,
    none: NO_HTTP,
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
  stateTimeline({
    title: "Failure reasons",
    description: "Why and when probes failed. See docs/metrics.md for the list of reasons.",
    width: 12,
    height: 9,
    none: "no failure",
    noneColor: "green",
    when: { expr: series("probe_http_status_code"), otherwise: NO_HTTP },
    states: present("failed", "red"),
    query: { expr: named(ofHttp(series, series("probe_failure_reason"))), legend: `${NAME} {{reason}}` },
  }),
];

const perAddress = (expr: string): string => `max by (name) (${named(expr)})`;
