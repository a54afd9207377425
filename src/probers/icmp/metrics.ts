import { gauge } from "../../core/metric.ts";
import { resolutionMetrics } from "../resolution.ts";

/** Metrics of the `icmp` prober, named as in blackbox_exporter except for `requests`. */
export const icmpMetrics = {
  duration: gauge(
    "probe_icmp_duration_seconds",
    "Time spent in each phase of the probe: resolve, setup (starting ping) and rtt; 0 if it was not reached",
    ["phase"],
    { detail: true },
  ),
  hopLimit: gauge("probe_icmp_reply_hop_limit", "Hop limit of the reply, TTL in IPv4, as it arrived", [], {
    when: "if the target replied",
    detail: true,
  }),
  requests: gauge(
    "probe_icmp_requests",
    "Number of echo requests sent in this probe; more than 1 means that some had no reply within a second",
    [],
    { when: "once a request was sent", detail: true },
  ),
  ...resolutionMetrics,
};
