import { type Sample, sample } from "../../core/metric.ts";
import type { Resolution } from "../../core/network.ts";
import { type Phases, phasesOf } from "../../core/phases.ts";
import { certificateSamples } from "../certificates.ts";
import type { ConnectionTrace } from "../open-connection.ts";
import { resolutionSamples } from "../resolution.ts";
import { websocketMetrics } from "./metrics.ts";
import type { WebsocketModule } from "./options.ts";

/** The measurements of a running probe, times in seconds. */
export interface WebsocketTrace extends ConnectionTrace {
  resolution: Resolution | undefined;
  /** Time for the handshakes; undefined before a connection was tried. */
  processing: number | undefined;
  /** Time for the conversation; undefined without one. */
  transfer: number | undefined;
  /** HTTP status of the answer to the handshake, 0 without one. */
  status: number;
  upgraded: boolean;
  /** True if a step of the conversation failed. */
  stepFailed: boolean;
}

/** Creates an empty trace. */
export const newTrace = (): WebsocketTrace => ({
  resolution: undefined,
  connect: 0,
  tls: 0,
  peer: undefined,
  processing: undefined,
  transfer: undefined,
  status: 0,
  upgraded: false,
  stepFailed: false,
});

/** Returns the phases that the probe reached. */
export const phasesIn = (trace: WebsocketTrace): Phases =>
  phasesOf((phase) => {
    const length = phase === "resolve" ? trace.resolution?.seconds : trace[phase];
    return length === 0 ? undefined : length;
  });

/**
 * Makes the samples of one probe. They are blackbox_exporter's, and are present when that has them; as there, the phase
 * `processing` includes the TLS handshake. Those of certificates are further ones.
 */
export function samplesOf({ tls }: WebsocketModule, trace: WebsocketTrace): Sample[] {
  const { resolution, connect, processing, transfer, status, upgraded, stepFailed, peer } = trace;
  const samples = [
    sample(websocketMetrics.statusCode, status),
    sample(websocketMetrics.upgraded, upgraded ? 1 : 0),
    sample(websocketMetrics.failedDueToRegex, stepFailed ? 1 : 0),
  ];
  const addPhase = (phase: string, seconds: number): void => {
    samples.push(sample(websocketMetrics.duration, seconds, { phase }));
  };
  if (resolution !== undefined) {
    samples.push(...resolutionSamples(resolution));
    if (resolution.protocol !== 0) addPhase("resolve", resolution.seconds);
  }
  if (connect > 0) addPhase("connect", connect);
  if (processing !== undefined) addPhase("processing", processing);
  if (transfer !== undefined) addPhase("transfer", transfer);
  samples.push(...certificateSamples(peer, tls.clientCertificateExpiry()));
  return samples;
}
