import type { Clock } from "../../../core/clock.ts";
import { type Failure as FailedOutcome, failed, type ProbeLog } from "../../../core/prober.ts";
import type { HttpReason } from "../reasons.ts";

/** A failure on the way; successes of a step say `ok: true`. */
export type Failure = FailedOutcome<HttpReason>;

/** A failure of a step, for the outcome. */
export const failure = (reason: HttpReason, detail: string): Failure => failed(reason, detail);

/**
 * The deadline of one probe. A single listener on the signal serves all steps, one after the other: each puts down
 * how it is cut short.
 */
export interface Guard {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: ProbeLog;
  /** Called when the deadline passes. */
  cut: (() => void) | undefined;
}

/** What a step failed with when `error` stopped it, in words and the code that tells most. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  const message = error.message === "" ? error.name : error.message;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/** The `code` of an error of Node.js. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
