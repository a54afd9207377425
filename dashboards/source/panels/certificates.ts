import { orUnknown } from "../probes.ts";
import { lost, NAME, named, type Series } from "../promql.ts";
import { GREY, yesNo } from "../states.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";
import { barGauge } from "./bar-gauge.ts";
import type { PanelBuilder } from "./options.ts";
import { stateTimeline } from "./state-timeline.ts";
import { table } from "./table.ts";

/** Days left: an automatic renewal should have happened before 21. */
const EXPIRY = [
  [null, "red"],
  [7, "orange"],
  [21, "green"],
] as const;

/** The unit `d` would turn 12 days into 1.7 weeks. */
const DAYS = "suffix:days";

/** Days until expiry, the next to expire first. */
const daysLeft = (expiry: string): string =>
  `sort(min by (name) (${named(`((${expiry}) - time()) / 86400`)}))`;

/** Adds the labels of the certificate and of TLS to an expiry, where `/metrics` or `/probe` has them. */
const certificates = (series: Series, expiry: string): string => {
  const chain = series("probe_ssl_last_chain_info");
  const version = series("probe_tls_version_info");
  const on = "on (job, instance, target)";
  return `${chain}\n  * ${on} group_left (version) ${version}\n  * ${on} group_left () (${expiry})\n  or (${expiry}) unless ${on} ${chain}`;
};

/**
 * Builds the panels about certificates.
 * @param within restricts an expression to some targets
 */
export const certificatePanels = (
  series: Series,
  within: (expr: string) => string = (expr) => expr,
): readonly PanelBuilder[] => [
  barGauge({
    title: "Days until a certificate expires",
    description:
      "Days until the first certificate of the chain expires. If the probe fails now, the last known value of the last hour is used; if the exporter is down, none. Orange below 21 days, red below 7; automatic renewals usually happen at 30.",
    unit: DAYS,
    decimals: 0,
    min: 0,
    max: 90,
    width: 12,
    height: 9,
    none: "no targets with TLS",
    thresholds: EXPIRY,
    query: {
      expr: daysLeft(
        within(
          `(last_over_time(${series("probe_ssl_earliest_cert_expiry")}[1h]) and on (job, instance) ${series("up")} == 1)`,
        ),
      ),
      legend: NAME,
    },
  }),
  table({
    title: "Certificates",
    description:
      "When the first certificate of the chain of each target expires, and, with probe_details, its certificate and the negotiated TLS version.",
    width: 12,
    height: 9,
    none: "no targets with TLS",
    rows: { name: "Target", subject: "Subject", issuer: "Issuer", version: { title: "TLS", width: 80 } },
    sort: { column: "Expires", descending: false },
    columns: [
      {
        title: "Expires",
        unit: "dateTimeFromNow",
        width: 120,
        expr: `1000 * max by (name, subject, issuer, version) (${named(certificates(series, within(series("probe_ssl_earliest_cert_expiry"))))})`,
      },
    ],
  }),
  barGauge({
    title: "Days until a client certificate expires",
    description:
      "Days until the certificate that the exporter presents to the target expires. Orange below 21 days, red below 7.",
    unit: DAYS,
    decimals: 0,
    min: 0,
    max: 90,
    width: 12,
    none: "no modules with a client certificate",
    thresholds: EXPIRY,
    query: {
      expr: daysLeft(within(series("probe_tls_client_certificate_expiry_timestamp_seconds"))),
      legend: NAME,
    },
  }),
];

/** Builds the panel about connections without TLS. */
export const tlsTimeline = (series: Series): PanelBuilder =>
  stateTimeline({
    title: "TLS",
    description:
      "Green if the final response came over TLS. A change to blue is a redirect to plain HTTP. Grey: no fresh result.",
    width: 12,
    none: ONLY_WITH_DETAILS,
    states: [...yesNo("TLS", "plain", ["green", "blue"]), { name: "unknown", code: 2, color: GREY }],
    query: {
      expr: orUnknown(series, series("probe_http_ssl"), lost(series, "probe_http_ssl")),
      legend: NAME,
    },
  });
