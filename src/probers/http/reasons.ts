import { FILE_REASONS } from "../../core/file-errors.ts";
import type { FailureReason } from "../../core/reasons.ts";

/** Every reason for which a probe of this kind can fail. */
export const httpReasons = [
  "dns",
  "connect",
  "tls",
  "timeout_connect",
  "timeout",
  "network",
  "http_status",
  "redirect",
  "body_mismatch",
  "header_mismatch",
  "certificate",
  "too_large",
  "auth",
  "bad_request",
  "malformed",
  ...FILE_REASONS,
  "forbidden_target",
  "queue_timeout",
] as const satisfies readonly FailureReason[];

/** One of `httpReasons`. */
export type HttpReason = (typeof httpReasons)[number];
