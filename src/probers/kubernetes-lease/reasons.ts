import { LEASE_CALL_REASONS } from "../../core/lease.ts";
import type { FailureReason } from "../../core/reasons.ts";

/** Every reason for which a probe of this kind can fail. */
export const leaseReasons = [
  ...LEASE_CALL_REASONS,
  "bad_request",
  "content_mismatch",
  "empty",
  "stale",
] as const satisfies readonly FailureReason[];

/** One of `leaseReasons`. */
export type LeaseReason = (typeof leaseReasons)[number];
