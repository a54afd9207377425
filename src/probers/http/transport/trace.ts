import type { Resolution } from "../../../core/network.ts";
import type { PeerFacts } from "./tls-facts.ts";

/**
 * What has been measured so far, kept apart from the verdict: a probe that fails half-way still reports it. The only
 * thing that changes while a probe runs.
 */
export interface Trace {
  resolution: Resolution | undefined;
  /** Seconds of resolving, over all hops; undefined while nothing was resolved here. */
  resolve: number | undefined;
  /** Whether a request got so far that the connection was attempted. */
  attempted: boolean;
  connect: number;
  tls: number;
  processing: number;
  transfer: number;
  redirects: number;
  /** Who answered the last TLS handshake, also when the certificate was not accepted. */
  peer: PeerFacts | undefined;
}

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
