import { type Sample, sample } from "../../core/metric.ts";
import type { Resolution } from "../../core/network.ts";
import { type Phases, phasesOf } from "../../core/phases.ts";
import { certificateSamples } from "../certificates.ts";
import type { ConnectionTrace } from "../open-connection.ts";
import { resolutionSamples } from "../resolution.ts";
import { SERVING_STATUSES } from "./health-messages.ts";
import { grpcMetrics } from "./metrics.ts";
import type { GrpcModule } from "./options.ts";
import type { CallResult } from "./reply.ts";
import { STATUS } from "./status.ts";

/** The measurements of a running probe, times in seconds. */
export interface GrpcTrace extends ConnectionTrace {
  resolution: Resolution | undefined;
  /** Time for the connection and the call; undefined before a connection was tried. */
  check: number | undefined;
  processing: number;
  transfer: number;
  /** True once the answer began. */
  answered: boolean;
}

/** Creates an empty trace. */
export const newTrace = (): GrpcTrace => ({
  resolution: undefined,
  check: undefined,
  connect: 0,
  tls: 0,
  peer: undefined,
  processing: 0,
  transfer: 0,
  answered: false,
});

/** Returns the phases that the probe reached. */
export const phasesIn = (trace: GrpcTrace): Phases =>
  phasesOf((phase) => {
    if (phase === "resolve") return trace.resolution?.seconds;
    return trace[phase] === 0 ? undefined : trace[phase];
  });

/**
 * Makes the samples of one probe. They are blackbox_exporter's, and are present when that has them. Those of certificates are
 * also present if there was no good answer, because that is when operators need them.
 * @param result the result of the call or of the connection for it; undefined if there was none
 */
export function samplesOf({ tls }: GrpcModule, trace: GrpcTrace, result: CallResult | undefined): Sample[] {
  const { resolution, check, answered, peer } = trace;
  const code = result === undefined || result.ok ? STATUS.ok : result.code;
  const samples = [
    sample(grpcMetrics.statusCode, code),
    sample(grpcMetrics.ssl, answered && peer !== undefined ? 1 : 0),
    sample(grpcMetrics.duration, resolution?.protocol ? resolution.seconds : 0, { phase: "resolve" }),
  ];
  if (check !== undefined) {
    samples.push(sample(grpcMetrics.duration, check, { phase: "check" }));
    const serving = result?.ok === true ? SERVING_STATUSES[result.serving] : undefined;
    for (const status of SERVING_STATUSES)
      samples.push(sample(grpcMetrics.servingStatus, status === serving ? 1 : 0, { serving_status: status }));
  }
  if (resolution !== undefined) samples.push(...resolutionSamples(resolution));
  samples.push(...certificateSamples(peer, tls.clientCertificateExpiry()));
  return samples;
}
