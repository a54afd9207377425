import { FILE_REASONS } from "../../core/file-errors.ts";
import type { FailureReason } from "../../core/reasons.ts";

/** Every reason for which a probe of this kind can fail. */
export const heartbeatLogReasons = [
  "dns",
  "connect",
  "tls",
  "timeout",
  "network",
  "http_status",
  "redirect",
  "certificate",
  "too_large",
  "auth",
  "malformed",
  ...FILE_REASONS,
  "stale",
  "forbidden_target",
] as const satisfies readonly FailureReason[];

/** One of `heartbeatLogReasons`. */
export type HeartbeatLogReason = (typeof heartbeatLogReasons)[number];
