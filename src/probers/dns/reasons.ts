import { FILE_REASONS } from "../../core/file-errors.ts";
import { NETWORK_REASONS } from "../../core/network.ts";
import { type Failure as FailedOutcome, failed } from "../../core/prober.ts";
import type { FailureReason } from "../../core/reasons.ts";

/** Every reason for which a probe of this kind can fail. */
export const dnsReasons = [
  ...NETWORK_REASONS,
  ...FILE_REASONS,
  "bad_request",
  "timeout",
  "network",
  "malformed",
  "too_large",
  "truncated",
  "rcode",
  "record_mismatch",
] as const satisfies readonly FailureReason[];

/** One of `dnsReasons`. */
export type DnsReason = (typeof dnsReasons)[number];

/** A failed step; successful ones have `ok: true`. */
export type Failure = FailedOutcome<DnsReason>;

/** Makes the failure of a step, which becomes the outcome. */
export const failure = (reason: DnsReason, detail: string): Failure => failed(reason, detail);
