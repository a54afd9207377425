import { FILE_REASONS } from "../../core/file-errors.ts";
import { NETWORK_REASONS } from "../../core/network.ts";
import type { FailureReason } from "../../core/reasons.ts";

/** Every reason for which a probe of this kind can fail. */
export const websocketReasons = [
  ...NETWORK_REASONS,
  "timeout",
  "network",
  "http_status",
  "body_mismatch",
  "malformed",
  "too_large",
  "bad_request",
  ...FILE_REASONS,
  "queue_timeout",
] as const satisfies readonly FailureReason[];

/** One of `websocketReasons`. */
export type WebsocketReason = (typeof websocketReasons)[number];
