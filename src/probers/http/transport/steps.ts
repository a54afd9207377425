import type { Clock } from "../../../core/clock.ts";
import type { Network } from "../../../core/network.ts";
import type { Outcome, ProbeLog } from "../../../core/prober.ts";
import type { FailureReason } from "../../../core/reasons.ts";

/** A failed step; successful ones have `ok: true`. */
export type Failure = Extract<Outcome, { ok: false }>;

/** Makes the failure of a step, which becomes the outcome. */
export const failure = (reason: FailureReason, detail: string): Failure => ({ ok: false, reason, detail });

/**
 * The context of the steps of one probe. A single listener on the signal serves all steps, which run one after the other: each
 * sets `cut` to its own abort function.
 */
export interface Guard {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: ProbeLog;
  readonly network: Network;
  /** Called at the deadline. */
  cut: (() => void) | undefined;
}
