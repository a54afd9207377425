import { gauge } from "../../core/metric.ts";
import { certificateMetrics } from "../certificates.ts";
import { resolutionMetrics } from "../resolution.ts";

/** Metrics of the `dns` prober, named as in blackbox_exporter. */
export const dnsMetrics = {
  querySucceeded: gauge(
    "probe_dns_query_succeeded",
    "1 if the server answered the query, whatever the answer, 0 if not",
    [],
    { detail: true },
  ),
  duration: gauge(
    "probe_dns_duration_seconds",
    "Time spent in each phase of the query: resolve, connect with the TLS handshake, request",
    ["phase"],
    { detail: true },
  ),
  answerRecords: gauge("probe_dns_answer_rrs", "Number of records in the answer section", [], {
    detail: true,
  }),
  authorityRecords: gauge("probe_dns_authority_rrs", "Number of records in the authority section", [], {
    detail: true,
  }),
  additionalRecords: gauge("probe_dns_additional_rrs", "Number of records in the additional section", [], {
    detail: true,
  }),
  serial: gauge("probe_dns_serial", "Serial number of the zone, 0 if the answer has no SOA record", [], {
    when: "for answers to queries of type SOA",
    detail: true,
  }),
  retries: gauge(
    "probe_dns_retries",
    "Number of times that the query was sent again, because no answer had come",
    [],
    { detail: true },
  ),
  ...resolutionMetrics,
  ...certificateMetrics,
};
