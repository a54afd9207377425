import { FILE_REASONS } from "../../core/file-errors.ts";
import { NETWORK_REASONS } from "../../core/network.ts";
import type { FailureReason } from "../../core/reasons.ts";

/** Every reason for which a probe of this kind can fail. */
export const grpcReasons = [
  ...NETWORK_REASONS,
  "timeout",
  "queue_timeout",
  "network",
  "grpc_status",
  "not_serving",
  "http_status",
  "malformed",
  "too_large",
  "bad_request",
  ...FILE_REASONS,
] as const satisfies readonly FailureReason[];

/** One of `grpcReasons`. */
export type GrpcReason = (typeof grpcReasons)[number];
