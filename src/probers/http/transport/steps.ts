import type { Network } from "../../../core/network.ts";
import { type Failure as FailedOutcome, failed, type ProbeLog } from "../../../core/prober.ts";
import type { Credentials } from "../../http-credentials.ts";
import type { StepGuard } from "../../tls-connection.ts";
import type { HttpReason } from "../reasons.ts";

/** A failed step; successful ones have `ok: true`. */
export type Failure = FailedOutcome<HttpReason>;

/** Makes the failure of a step, which becomes the outcome. */
export const failure = (reason: HttpReason, detail: string): Failure => failed(reason, detail);

/** The context of the steps of one probe. */
export interface Guard extends StepGuard {
  readonly log: ProbeLog;
  readonly network: Network;
}

/** The credentials of an `http` module, which a probe may have to fetch. */
export type HttpCredentials = Credentials<HttpReason, Guard>;
