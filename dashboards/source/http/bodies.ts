import type { PanelBuilder } from "../panels/options.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import { NAME, named, type Series } from "../promql.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";

/** Builds the panels about names and bodies. */
export const bodies = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Name resolution",
    description: "Time for resolving the host name of each target.",
    unit: "s",
    min: 0,
    width: 8,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_dns_lookup_time_seconds")), legend: NAME }],
  }),
  bars({
    title: "IP address changes",
    description:
      "Number of changes of the IP address behind each name, per step. Frequent changes indicate DNS load balancing; a single one before an outage indicates a move.",
    width: 8,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: named(`changes(${series("probe_ip_addr_hash")}[$__rate_interval])`), legend: NAME }],
  }),
  timeSeries({
    title: "Body length",
    description:
      "Length of the final body after decompression. A sudden drop is often an error page with status 200.",
    unit: "bytes",
    min: 0,
    width: 8,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_http_uncompressed_body_length")), legend: NAME }],
  }),
];
