import type { FailureReason } from "../../core/reasons.ts";
import { CONVERSATION_REASONS } from "../query-response/reasons.ts";

/** Every reason for which a probe of this kind can fail. */
export const tcpReasons = [
  "bad_request",
  "forbidden_target",
  "dns",
  "connect",
  ...CONVERSATION_REASONS,
] as const satisfies readonly FailureReason[];

/** One of `tcpReasons`. */
export type TcpReason = (typeof tcpReasons)[number];
