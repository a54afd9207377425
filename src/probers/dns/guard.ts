import type { Network } from "../../core/network.ts";
import type { ProbeLog } from "../../core/prober.ts";
import type { StepGuard } from "../tls-connection.ts";

/** The context of the steps of one probe. */
export interface Guard extends StepGuard {
  readonly log: ProbeLog;
  readonly network: Network;
}
