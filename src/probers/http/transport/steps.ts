import type { Clock } from "../../../core/clock.ts";
import type { Network } from "../../../core/network.ts";
import type { Outcome, ProbeLog } from "../../../core/prober.ts";
import type { FailureReason } from "../../../core/reasons.ts";

/** A failure on the way; successes of a step say `ok: true`. */
export type Failure = Extract<Outcome, { ok: false }>;

/** A failure of a step, for the outcome. */
export const failure = (reason: FailureReason, detail: string): Failure => ({ ok: false, reason, detail });

/**
 * The deadline of one probe. A single listener on the signal serves all steps, one after the other: each puts down
 * how it is cut short.
 */
export interface Guard {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: ProbeLog;
  readonly network: Network;
  /** Called when the deadline passes. */
  cut: (() => void) | undefined;
}
