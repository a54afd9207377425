import { certificatePanels } from "./certificates.ts";
import type { DashboardOptions } from "./dashboard.ts";
import { stat, stateTimeline, timeSeries } from "./panels.ts";
import { NAME, named, ONLY_WITH_DETAILS, type Series, yesNo } from "./promql.ts";
import { table, uptimeColumn } from "./table.ts";

const NO_HTTP = "no http target probed yet";

export const http: DashboardOptions = {
  uid: "heartbeat-http",
  title: "Heartbeat / HTTP and TLS",
  description:
    "Results of http probes: status, phases and certificates. Covers /metrics, the targets of /sd and addresses scraped through /probe.",
  of: "probe_http_status_code",
  choices: { target: "probe_http_status_code" },
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Responses", panels: responses(series) },
    { title: "Time", panels: time(series) },
    { title: "Certificates", panels: certificates(series) },
    { title: "Name resolution and bodies", collapsed: true, panels: bodies(series) },
  ],
};

/** Restricts an expression to http probes, because metrics of probes have no label `kind`. */
const ofHttp = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) ${series("probe_http_status_code")}`;

const now = (series: Series) => [
  stat({
    title: "Probes",
    description:
      "Result of the last probe of each address. A single failure is not an outage; see the overview for the status after thresholds.",
    unit: "none",
    width: 24,
    height: 6,
    noData: NO_HTTP,
    names: true,
    states: yesNo("ok", "failed"),
    queries: [{ expr: named(ofHttp(series, series("probe_success"))), legend: NAME }],
  }),
];

const responses = (series: Series) => [
  stateTimeline({
    title: "Success over time",
    description: "When the probes of each address succeeded (green) or failed (red).",
    unit: "none",
    width: 12,
    noData: NO_HTTP,
    states: yesNo("ok", "failed"),
    queries: [{ expr: named(ofHttp(series, series("probe_success"))), legend: NAME }],
  }),
  timeSeries({
    title: "Status codes",
    description: "Status code of the final response; 0 if there was no response.",
    unit: "none",
    decimals: 0,
    min: 0,
    width: 12,
    noData: NO_HTTP,
    queries: [{ expr: named(series("probe_http_status_code")), legend: NAME }],
  }),
  table({
    title: "Address details",
    description:
      "Uptime is the share of successful probes in the selected time range; p95 is the 95th percentile of their durations, as scraped. Redirects and HTTP version need probe_details: true or a scrape of /probe.",
    width: 12,
    height: 9,
    noData: NO_HTTP,
    rows: { target: "Target", instance: "Instance" },
    sort: { column: "Uptime", descending: false },
    columns: [
      uptimeColumn(perAddress(ofHttp(series, `avg_over_time(${series("probe_success")}[$__range])`))),
      {
        title: "p95",
        unit: "s",
        decimals: 3,
        expr: perAddress(
          ofHttp(series, `quantile_over_time(0.95, ${series("probe_duration_seconds")}[$__range])`),
        ),
      },
      { title: "Status code", unit: "none", expr: perAddress(series("probe_http_status_code")) },
      { title: "Redirects", unit: "none", expr: perAddress(series("probe_http_redirects")) },
      { title: "HTTP", unit: "none", decimals: 1, expr: perAddress(series("probe_http_version")) },
    ],
  }),
  stateTimeline({
    title: "Failure reasons",
    description: "Why and when probes failed. See docs/metrics.md for the list of reasons.",
    unit: "none",
    width: 12,
    height: 9,
    noData: "no failures in this time range",
    states: [{ name: "failed", code: 1, color: "red" }],
    queries: [{ expr: named(ofHttp(series, series("probe_failure_reason"))), legend: `${NAME} {{reason}}` }],
  }),
];

const perAddress = (expr: string): string => `max by (target, instance) (\n  ${expr}\n)`;

const time = (series: Series) => [
  timeSeries({
    title: "Duration",
    description:
      "Duration of the last probe. Above the dashed line, the expected duration, a target is degraded.",
    unit: "s",
    min: 0,
    width: 12,
    noData: NO_HTTP,
    queries: [
      { expr: named(ofHttp(series, series("probe_duration_seconds"))), legend: NAME },
      {
        expr: `max by (target) (${ofHttp(series, series("heartbeat_expected_duration_seconds"))})`,
        legend: "expected {{target}}",
        limit: true,
      },
    ],
  }),
  timeSeries({
    title: "Time by phase",
    description:
      "Mean time spent in each phase, over all selected addresses: resolve, connect, TLS, processing (waiting for the first byte), transfer. Select a single target to see its own phases.",
    unit: "s",
    stacked: true,
    min: 0,
    width: 12,
    noData: ONLY_WITH_DETAILS,
    queries: [{ expr: `avg by (phase) (${series("probe_http_duration_seconds")})`, legend: "{{phase}}" }],
  }),
];

const certificates = (series: Series) => [
  ...certificatePanels(series),
  stateTimeline({
    title: "TLS",
    description: "Green if the final response came over TLS. A change to grey is a redirect to plain HTTP.",
    unit: "none",
    width: 12,
    noData: ONLY_WITH_DETAILS,
    states: yesNo("TLS", "plain", ["green", "#7b7f87"]),
    queries: [{ expr: named(series("probe_http_ssl")), legend: NAME }],
  }),
];

const bodies = (series: Series) => [
  timeSeries({
    title: "Name resolution",
    description: "Time for resolving the host name of each target.",
    unit: "s",
    min: 0,
    width: 8,
    noData: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_dns_lookup_time_seconds")), legend: NAME }],
  }),
  timeSeries({
    title: "IP address changes",
    description:
      "Number of changes of the IP address behind each name, per step. Frequent changes indicate DNS load balancing; a single one before an outage indicates a move.",
    unit: "none",
    bars: true,
    width: 8,
    noData: ONLY_WITH_DETAILS,
    queries: [{ expr: named(`changes(${series("probe_ip_addr_hash")}[$__rate_interval])`), legend: NAME }],
  }),
  timeSeries({
    title: "Body length",
    description:
      "Length of the final body after decompression. A sudden drop is often an error page with status 200.",
    unit: "bytes",
    min: 0,
    width: 8,
    noData: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_http_uncompressed_body_length")), legend: NAME }],
  }),
];
