/**
 * The reasons for which a probe can fail. The list is bounded, so that a reason can be a label value. Texts and addresses
 * belong into the detail of a failure, which only debug output and logs show.
 */
export const FAILURE_REASONS = [
  "dns",
  "connect",
  "tls",
  "timeout_connect",
  "timeout_first_token",
  "timeout",
  "stalled",
  "network",
  "http_status",
  "redirect",
  "body_mismatch",
  "header_mismatch",
  "certificate",
  "too_large",
  "auth",
  "billing",
  "rate_limited",
  "overloaded",
  "loading",
  "model_not_found",
  "bad_request",
  "server_error",
  "stream_error",
  "malformed",
  "empty",
  "truncated",
  "limit_ignored",
  "refused",
  "content_mismatch",
  "model_mismatch",
  "rcode",
  "record_mismatch",
  "grpc_status",
  "not_serving",
  "prober_unavailable",
  "budget_exhausted",
  "file_missing",
  "file_unreadable",
  "stale",
  "forbidden_target",
  "queue_timeout",
  "internal",
] as const;

/**
 * The reasons whose increase alerts. `heartbeat_failures_total` starts at 0 for those of them that a target's probes can fail
 * for, so that the first failure is an increase. For other reasons the series appears with the first failure.
 */
export const ALERTED_REASONS = [
  "rate_limited",
  "prober_unavailable",
  "queue_timeout",
  "internal",
] as const satisfies readonly (typeof FAILURE_REASONS)[number][];

/** One of `FAILURE_REASONS`. */
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** The reasons for which a target is degraded although its probe succeeded: the values of a label, few and fixed. */
export const DEGRADED_REASONS = ["slow", "body_mismatch", "header_mismatch", "threshold"] as const;

/** One of `DEGRADED_REASONS`. */
export type DegradedReason = (typeof DEGRADED_REASONS)[number];

/** The reasons for which the engine fails a probe of any prober: no slot became free in time, or the prober has a bug. */
export const ENGINE_REASONS = ["queue_timeout", "internal"] as const satisfies readonly FailureReason[];
