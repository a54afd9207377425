import type { Resolution } from "../../core/network.ts";
import { type Phases, phasesOf } from "../../core/phases.ts";
import type { PeerFacts } from "../tls-facts.ts";
import type { Message } from "./wire/message.ts";

/**
 * The measurements of a running probe, in seconds. They are the only mutable state of a probe, and separate from the verdict, so
 * that a probe that fails half-way still reports them. A phase that it does not reach takes 0 s.
 */
export interface Trace {
  resolution: Resolution;
  resolve: number;
  connect: number;
  tls: number;
  request: number;
  /** Number of times that the query was sent again. */
  retries: number;
  /** The response, if there was one. */
  message: Message | undefined;
  /** Facts of the TLS handshake, even if the certificate was refused. */
  peer: PeerFacts | undefined;
}

/** Creates an empty trace. */
export const newTrace = (): Trace => ({
  resolution: { seconds: 0, protocol: 0, hash: 0 },
  resolve: 0,
  connect: 0,
  tls: 0,
  request: 0,
  retries: 0,
  message: undefined,
  peer: undefined,
});

const STEPS = { resolve: "resolve", connect: "connect", tls: "tls", processing: "request" } as const;

/** Returns the phases that the probe reached. */
export const tracedPhases = (trace: Trace): Phases =>
  phasesOf((phase) => (phase === "transfer" || trace[STEPS[phase]] === 0 ? undefined : trace[STEPS[phase]]));
