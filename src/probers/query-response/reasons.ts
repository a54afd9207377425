import { FILE_REASONS } from "../../core/file-errors.ts";
import type { FailureReason } from "../../core/reasons.ts";

/** Every reason for which a conversation can fail, besides those of its connection. */
export const CONVERSATION_REASONS = [
  "tls",
  "certificate",
  "timeout_connect",
  "timeout",
  "network",
  "body_mismatch",
  "too_large",
  ...FILE_REASONS,
] as const satisfies readonly FailureReason[];

/** One of `CONVERSATION_REASONS`. */
export type ConversationReason = (typeof CONVERSATION_REASONS)[number];
