import type { PanelBuilder } from "../panels/options.ts";
import { areas, bars, timeSeries } from "../panels/time-series.ts";
import { NAME, named, type Series } from "../promql.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";

/** Builds the panels about name servers. */
export const dns = (series: Series): readonly PanelBuilder[] => [
  areas({
    title: "Time by phase (DNS)",
    description:
      "Mean time spent in each phase, over all selected name servers: resolve (the name of the server), connect (with the TLS handshake), request. Select a single target to see its own phases.",
    unit: "s",
    min: 0,
    width: 6,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: `avg by (phase) (${series("probe_dns_duration_seconds")})`, legend: "{{phase}}" }],
  }),
  timeSeries({
    title: "Records in answers",
    description:
      "Number of records in the answer section. A sudden 0 is an answer without the record, which succeeds unless the module has rules for it.",
    unit: "none",
    decimals: 0,
    min: 0,
    width: 6,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_dns_answer_rrs")), legend: NAME }],
  }),
  timeSeries({
    title: "Serial numbers of zones",
    description:
      "Serial number in the SOA record, for queries of type SOA. Lines of servers of the same zone that stay apart mean that one does not get updates.",
    unit: "none",
    decimals: 0,
    width: 6,
    none: `queries of type SOA: ${ONLY_WITH_DETAILS}`,
    queries: [{ expr: named(series("probe_dns_serial")), legend: NAME }],
  }),
  bars({
    title: "Queries sent again",
    description:
      "Queries that were sent again because no answer had come, per probe. Lost packets, or a slow server.",
    width: 6,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_dns_retries")), legend: NAME }],
  }),
];
