import type { DashboardOptions } from "./dashboard.ts";
import { barGauge, stat, stateTimeline, timeSeries } from "./panels.ts";
import { NAME, named, type Series, yesNo } from "./promql.ts";
import { table, uptimeColumn } from "./table.ts";

const NO_HTTP = "no http target was probed yet";

export const http: DashboardOptions = {
  uid: "heartbeat-http",
  title: "Heartbeat / HTTP and TLS",
  description:
    "What module kind http measures: status, phases, certificates. Works for /metrics, for the targets of /sd and for addresses that are scraped through /probe.",
  of: "probe_http_status_code",
  choices: { target: "probe_http_status_code" },
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Answers", panels: answers(series) },
    { title: "Time", panels: time(series) },
    { title: "Certificates", panels: certificates(series) },
    { title: "Names and bodies", collapsed: true, panels: bodies(series) },
  ],
};

/** Keeps what is about HTTP: the metrics of all probes know no kind. */
const ofHttp = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) ${series("probe_http_status_code")}`;

const now = (series: Series) => [
  stat({
    title: "Probes",
    description:
      "Whether the last probe of each address succeeded. One failure is not an outage; thresholds are on the overview.",
    unit: "none",
    width: 24,
    height: 6,
    noData: NO_HTTP,
    names: true,
    states: yesNo("ok", "failed"),
    queries: [{ expr: named(ofHttp(series, series("probe_success"))), legend: NAME }],
  }),
];

const answers = (series: Series) => [
  stateTimeline({
    title: "Success over time",
    description: "When the probes of each address succeeded (green) and failed (red).",
    unit: "none",
    width: 12,
    noData: NO_HTTP,
    states: yesNo("ok", "failed"),
    queries: [{ expr: named(ofHttp(series, series("probe_success"))), legend: NAME }],
  }),
  timeSeries({
    title: "Status codes",
    description: "Status code of the final response; 0 where there was none.",
    unit: "none",
    decimals: 0,
    min: 0,
    width: 12,
    noData: NO_HTTP,
    queries: [{ expr: named(series("probe_http_status_code")), legend: NAME }],
  }),
  table({
    title: "Addresses in numbers",
    description:
      "Uptime is the share of successful probes in the shown time; the 95th percentile is over the durations in the same time, as they were scraped.",
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
    title: "Reasons of failures",
    description: "Why probes failed, and when; docs/metrics.md has the list of reasons.",
    unit: "none",
    width: 12,
    height: 9,
    noData: "no failure in the shown time",
    states: [{ name: "failed so", code: 1, color: "red" }],
    queries: [{ expr: named(ofHttp(series, series("probe_failure_reason"))), legend: `${NAME} {{reason}}` }],
  }),
];

const perAddress = (expr: string): string => `max by (target, instance) (\n  ${expr}\n)`;

const time = (series: Series) => [
  timeSeries({
    title: "Duration",
    description:
      "How long the last probe took. Above the dashed line, where one is configured, a target is degraded.",
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
      "Where the time goes, on the mean over what is shown: name, connection, TLS, waiting for the first byte (processing), transfer. Choose one target to see its own.",
    unit: "s",
    stacked: true,
    min: 0,
    width: 12,
    noData: NO_HTTP,
    queries: [{ expr: `avg by (phase) (${series("probe_http_duration_seconds")})`, legend: "{{phase}}" }],
  }),
];

/** From here on a renewal that should have happened by itself has not. */
const EXPIRY = [
  [null, "red"],
  [7, "orange"],
  [21, "green"],
] as const;

/** The next to expire first. */
const daysLeft = (expiry: string): string => `sort(${named(`(${expiry} - time()) / 86400`)})`;

const certificates = (series: Series) => [
  barGauge({
    title: "Days until a certificate expires",
    description:
      "Days until the first certificate of the chain expires, the last known when the probe fails now. Orange under 21 days, red under 7; renewals usually happen at 30.",
    unit: "d",
    decimals: 0,
    min: 0,
    max: 90,
    width: 12,
    height: 9,
    noData: "no target over TLS",
    thresholds: EXPIRY,
    queries: [
      {
        expr: daysLeft(`last_over_time(${series("probe_ssl_earliest_cert_expiry")}[1h])`),
        legend: NAME,
      },
    ],
  }),
  table({
    title: "Certificates",
    description:
      "The certificate that each target sent, TLS as it was negotiated, and when the verified chain expires.",
    width: 12,
    height: 9,
    noData: "no target over TLS",
    rows: { target: "Target", instance: "Instance", subject: "Subject", issuer: "Issuer", version: "TLS" },
    sort: { column: "Expires", descending: false },
    columns: [
      {
        title: "Expires",
        unit: "dateTimeFromNow",
        expr: `1000 * max by (target, instance, subject, issuer, version) (\n  ${series("probe_ssl_last_chain_info")}\n  * on (job, instance, target) group_left (version) ${series("probe_tls_version_info")}\n  * on (job, instance, target) group_left () ${series("probe_ssl_earliest_cert_expiry")}\n)`,
      },
    ],
  }),
  barGauge({
    title: "Days until a client certificate expires",
    description: "Days until the certificate that the exporter itself shows to the target expires.",
    unit: "d",
    decimals: 0,
    min: 0,
    max: 90,
    width: 12,
    noData: "no module with a client certificate",
    thresholds: EXPIRY,
    queries: [
      {
        expr: daysLeft(series("probe_tls_client_certificate_expiry_timestamp_seconds")),
        legend: NAME,
      },
    ],
  }),
  stateTimeline({
    title: "Over TLS",
    description:
      "Whether the final response came over TLS. A green band that turns grey is a redirect to plain HTTP.",
    unit: "none",
    width: 12,
    noData: NO_HTTP,
    states: yesNo("TLS", "plain", ["green", "#7b7f87"]),
    queries: [{ expr: named(series("probe_http_ssl")), legend: NAME }],
  }),
];

const bodies = (series: Series) => [
  timeSeries({
    title: "Name resolution",
    description: "How long it took to resolve the name of each target.",
    unit: "s",
    min: 0,
    width: 8,
    noData: NO_HTTP,
    queries: [{ expr: named(series("probe_dns_lookup_time_seconds")), legend: NAME }],
  }),
  timeSeries({
    title: "Changes of address",
    description:
      "How often the address behind a name changed per step. Often: a balancer by DNS. Once, before an outage: a move.",
    unit: "none",
    bars: true,
    width: 8,
    noData: NO_HTTP,
    queries: [{ expr: named(`changes(${series("probe_ip_addr_hash")}[$__rate_interval])`), legend: NAME }],
  }),
  timeSeries({
    title: "Length of bodies",
    description:
      "Length of the final body after decompression. A sudden small one is often an error page with status 200.",
    unit: "bytes",
    min: 0,
    width: 8,
    noData: NO_HTTP,
    queries: [{ expr: named(series("probe_http_uncompressed_body_length")), legend: NAME }],
  }),
];
