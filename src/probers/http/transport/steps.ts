import type { Clock } from "../../../core/clock.ts";
import type { Network } from "../../../core/network.ts";
import { type Failure as FailedOutcome, failed, type ProbeLog } from "../../../core/prober.ts";
import type { HttpReason } from "../reasons.ts";

/** A failed step; successful ones have `ok: true`. */
export type Failure = FailedOutcome<HttpReason>;

/** Makes the failure of a step, which becomes the outcome. */
export const failure = (reason: HttpReason, detail: string): Failure => failed(reason, detail);

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
