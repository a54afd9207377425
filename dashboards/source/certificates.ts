import { barGauge } from "./panels.ts";
import { NAME, named, type Series } from "./promql.ts";
import { table } from "./table.ts";

/** Days left: an automatic renewal should have happened before 21. */
const EXPIRY = [
  [null, "red"],
  [7, "orange"],
  [21, "green"],
] as const;

/** Days until expiry, the next to expire first. */
const daysLeft = (expiry: string): string => `sort(${named(`((${expiry}) - time()) / 86400`)})`;

/** Adds the labels of the certificate and of TLS to an expiry, where `/metrics` or `/probe` has them. */
const certificates = (series: Series, expiry: string): string => {
  const chain = series("probe_ssl_last_chain_info");
  const version = series("probe_tls_version_info");
  const on = "on (job, instance, target)";
  return `${chain}\n  * ${on} group_left (version) ${version}\n  * ${on} group_left () (${expiry})\n  or (${expiry}) unless ${on} ${chain}`;
};

/**
 * Makes the panels about certificates.
 * @param within restricts an expression to some targets
 */
export const certificatePanels = (series: Series, within: (expr: string) => string = (expr) => expr) => [
  barGauge({
    title: "Days until a certificate expires",
    description:
      "Days until the first certificate of the chain expires. If the probe fails now, the last known value is used. Orange below 21 days, red below 7; automatic renewals usually happen at 30.",
    unit: "d",
    decimals: 0,
    min: 0,
    max: 90,
    width: 12,
    height: 9,
    noData: "no targets with TLS",
    thresholds: EXPIRY,
    queries: [
      {
        expr: daysLeft(within(`last_over_time(${series("probe_ssl_earliest_cert_expiry")}[1h])`)),
        legend: NAME,
      },
    ],
  }),
  table({
    title: "Certificates",
    description:
      "When the first certificate of the chain of each target expires, and, with probe_details, its certificate and the negotiated TLS version.",
    width: 12,
    height: 9,
    noData: "no targets with TLS",
    rows: { target: "Target", instance: "Instance", subject: "Subject", issuer: "Issuer", version: "TLS" },
    sort: { column: "Expires", descending: false },
    columns: [
      {
        title: "Expires",
        unit: "dateTimeFromNow",
        expr: `1000 * max by (target, instance, subject, issuer, version) (\n  ${certificates(series, within(series("probe_ssl_earliest_cert_expiry")))}\n)`,
      },
    ],
  }),
  barGauge({
    title: "Days until a client certificate expires",
    description: "Days until the certificate that the exporter presents to the target expires.",
    unit: "d",
    decimals: 0,
    min: 0,
    max: 90,
    width: 12,
    noData: "no modules with a client certificate",
    thresholds: EXPIRY,
    queries: [
      {
        expr: daysLeft(within(series("probe_tls_client_certificate_expiry_timestamp_seconds"))),
        legend: NAME,
      },
    ],
  }),
];
