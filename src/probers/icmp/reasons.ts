import type { FailureReason } from "../../core/reasons.ts";

/** Every reason for which a probe of this kind can fail. */
export const icmpReasons = [
  "dns",
  "connect",
  "timeout",
  "too_large",
  "malformed",
  "forbidden_target",
  "prober_unavailable",
] as const satisfies readonly FailureReason[];

/** One of `icmpReasons`. */
export type IcmpReason = (typeof icmpReasons)[number];
