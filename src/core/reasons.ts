/**
 * Why a probe failed: the one bounded list, safe as a label value.
 * What exactly happened (texts, addresses) belongs into `Outcome.detail`, which is for debug output and logs only.
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
  "budget_exhausted",
  "file_missing",
  "stale",
  "forbidden_target",
  "queue_timeout",
  "internal",
] as const;

export type FailureReason = (typeof FAILURE_REASONS)[number];

/** The reasons with which the engine fails a probe of any kind: no place became free in time, or the prober has a bug. */
export const ENGINE_REASONS = ["queue_timeout", "internal"] as const satisfies readonly FailureReason[];
