import { gauge } from "../../core/metric.ts";

/** Metrics of the `kubernetes_lease` prober. */
export const leaseMetrics = {
  renew: gauge(
    "heartbeat_lease_renew_timestamp_seconds",
    "When the lease was last renewed, by the clock of its holder, as a Unix timestamp",
    ["heartbeat"],
  ),
  duration: gauge(
    "heartbeat_lease_duration_seconds",
    "How long others wait after a renewal before they take the lease, as it says itself",
    ["heartbeat"],
  ),
  transitions: gauge(
    "heartbeat_lease_transitions",
    "How often the lease went from one holder to another, as it says itself",
    ["heartbeat"],
  ),
  holder: gauge(
    "heartbeat_lease_holder_info",
    "Who holds the lease; the value is always 1, and absent while nobody does",
    ["heartbeat", "holder"],
  ),
};
