import type { Resolution } from "../../core/network.ts";
import { type Phases, phasesOf } from "../../core/phases.ts";
import type { PeerFacts } from "../tls-facts.ts";

/** The facts of a running probe, separate from its verdict: a probe that fails half-way still reports them. */
export interface ConversationTrace {
  /** Undefined for a target that is not resolved. */
  resolution: Resolution | undefined;
  /** Lengths in seconds; undefined if the probe did not reach the phase. */
  connect: number | undefined;
  tls: number | undefined;
  conversation: number | undefined;
  /** Facts of the last TLS handshake, even if the certificate was refused. */
  peer: PeerFacts | undefined;
  /** True once the target is connected to, over TLS if the module wants it. */
  connected: boolean;
  failedDueToRegex: boolean;
  failedDueToBytes: boolean;
  /** The labels of each series of `probe_expect_info`. */
  readonly expectInfo: Readonly<Record<string, string>>[];
}

/** Creates an empty trace. */
export const newConversationTrace = (): ConversationTrace => ({
  resolution: undefined,
  connect: undefined,
  tls: undefined,
  conversation: undefined,
  peer: undefined,
  connected: false,
  failedDueToRegex: false,
  failedDueToBytes: false,
  expectInfo: [],
});

/** Returns the phases that the probe reached. The conversation counts as the target's processing. */
export const conversationPhases = (trace: ConversationTrace): Phases => {
  const lengths = {
    resolve: trace.resolution?.seconds,
    connect: trace.connect,
    tls: trace.tls,
    processing: trace.conversation,
    transfer: undefined,
  };
  return phasesOf((phase) => lengths[phase]);
};
