import type { Resolution } from "../../../core/network.ts";
import { type Phases, phasesOf } from "../../../core/phases.ts";
import type { PeerFacts } from "../../tls-facts.ts";

/**
 * The measurements of a running probe. They are the only mutable state of a probe, and separate from the verdict, so that a
 * probe that fails half-way still reports them.
 */
export interface Trace {
  resolution: Resolution | undefined;
  /** Time spent on resolution over all hops, in seconds; undefined before the first resolution. */
  resolve: number | undefined;
  /** True once a request was ready to connect. */
  attempted: boolean;
  connect: number;
  tls: number;
  processing: number;
  transfer: number;
  redirects: number;
  /** Facts of the last TLS handshake, even if the certificate was refused. */
  peer: PeerFacts | undefined;
}

/** Length of a phase that began and ended in what was read at once, in seconds. */
const SHORTEST = 1e-6;

/** Returns the length of a phase from its measured length. It is never 0, which means that the probe did not reach the phase. */
export const phaseLength = (measured: number): number => Math.max(SHORTEST, measured);

/** Creates an empty trace. */
export const newTrace = (): Trace => ({
  resolution: undefined,
  resolve: undefined,
  attempted: false,
  connect: 0,
  tls: 0,
  processing: 0,
  transfer: 0,
  redirects: 0,
  peer: undefined,
});

/** Returns the phases that the probe reached. */
export const tracedPhases = (trace: Trace): Phases =>
  phasesOf((phase) => (trace[phase] === 0 ? undefined : trace[phase]));
