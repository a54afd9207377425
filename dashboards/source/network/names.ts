import type { PanelBuilder } from "../panels/options.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import { ofNetwork } from "../probes.ts";
import { NAME, named, type Series } from "../promql.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";

/** Builds the panels about names of targets and the addresses behind them. */
export const names = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Name resolution",
    description: "Time for resolving the host name of each target.",
    unit: "s",
    min: 0,
    width: 12,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: named(ofNetwork(series, series("probe_dns_lookup_time_seconds"))), legend: NAME }],
  }),
  bars({
    title: "IP address changes",
    description:
      "Number of changes of the IP address behind each name, per step. Frequent changes indicate DNS load balancing; a single one before an outage indicates a move.",
    width: 12,
    none: ONLY_WITH_DETAILS,
    queries: [
      {
        expr: named(ofNetwork(series, `changes(${series("probe_ip_addr_hash")}[$__rate_interval])`)),
        legend: NAME,
      },
    ],
  }),
];
