import type { FailureReason } from "../../core/reasons.ts";

/** Every reason for which a probe of this kind can fail. */
export const llmReasons = [
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
  "forbidden_target",
  "queue_timeout",
] as const satisfies readonly FailureReason[];

/** One of `llmReasons`. */
export type LlmReason = (typeof llmReasons)[number];
