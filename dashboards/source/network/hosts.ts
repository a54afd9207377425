import type { PanelBuilder } from "../panels/options.ts";
import { timeSeries } from "../panels/time-series.ts";
import { NAME, named, type Series } from "../promql.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";

/** Builds the panels about hosts that are pinged. */
export const hosts = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Round trip",
    description: "Time from an echo request to its reply. No line: the host did not reply.",
    unit: "s",
    min: 0,
    width: 8,
    none: ONLY_WITH_DETAILS,
    queries: [
      {
        expr: named(`${series("probe_icmp_duration_seconds", 'phase="rtt"')} > 0`),
        legend: NAME,
      },
    ],
  }),
  timeSeries({
    title: "Requests per probe",
    description:
      "Number of echo requests in one probe. More than 1 means that packets were lost: a request without a reply is sent again each second.",
    unit: "none",
    decimals: 0,
    min: 0,
    width: 8,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_icmp_requests")), legend: NAME }],
  }),
  timeSeries({
    title: "Hop limit of replies",
    description:
      "Hop limit of each reply as it arrived, TTL in IPv4. A change means that packets take another way, or that another host answers.",
    unit: "none",
    decimals: 0,
    min: 0,
    width: 8,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_icmp_reply_hop_limit")), legend: NAME }],
  }),
];
