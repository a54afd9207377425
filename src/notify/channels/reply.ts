import type { AttemptResult } from "../delivery/retry.ts";

/** The outcome of sending a message once. */
export interface ChannelReply {
  readonly result: AttemptResult;
  /** Status of the response; absent without one, and after a mail that was accepted. */
  readonly status?: number;
  /** Beginning of the response on one line, without secrets. */
  readonly excerpt: string;
}

/** Longest part of a response that is kept, in UTF-16 code units. */
export const LONGEST_EXCERPT = 300;
