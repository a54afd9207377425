import { gauge } from "../../core/metric.ts";

/** Metrics of the `kubernetes_lease` prober. */
export const leaseMetrics = {
  renew: gauge(
    "heartbeat_lease_renew_timestamp_seconds",
    "Time of the last renewal of the lease by the clock of its holder, as a Unix timestamp",
    ["heartbeat"],
    { when: "once the lease was renewed" },
  ),
  duration: gauge(
    "heartbeat_lease_duration_seconds",
    "Time that candidates wait after a renewal before they take over the lease, as the lease states it",
    ["heartbeat"],
    { when: "if the lease states it" },
  ),
  transitions: gauge(
    "heartbeat_lease_transitions",
    "Number of times that the lease changed its holder, as the lease states it",
    ["heartbeat"],
    { when: "if the lease states it" },
  ),
  holder: gauge(
    "heartbeat_lease_holder_info",
    "Holder of the lease; the value is always 1, and there is no series while the lease has no holder",
    ["heartbeat", "holder"],
    { when: "while the lease has a holder" },
  ),
  up: gauge(
    "heartbeat_lease_up",
    "1 if the lease, of those that a selector matches, is renewed in time, 0 if it is stale; the label is namespace/name",
    ["lease"],
    { when: "for targets with a selector, for each lease, as long as it exists" },
  ),
  leases: gauge(
    "heartbeat_leases",
    "Number of leases that a selector matches by state: alive, stale, unknown without a timeout, omitted beyond max_leases",
    ["state"],
    { when: "for targets with a selector, while their leases can be read" },
  ),
};
