import { type Sample, sample } from "../../core/metric.ts";
import { certificateSamples } from "../certificates.ts";
import { resolutionSamples } from "../resolution.ts";
import { dnsMetrics } from "./metrics.ts";
import type { DnsModule } from "./options.ts";
import type { Trace } from "./trace.ts";
import { TYPES } from "./wire/codes.ts";
import type { Message } from "./wire/message.ts";

const PHASES = {
  resolve: { phase: "resolve" },
  connect: { phase: "connect" },
  request: { phase: "request" },
} as const;

/**
 * Makes the samples of one probe. They are blackbox_exporter's, and are present when that has them; those of retries and of
 * certificates are further ones.
 */
export function samplesOf({ question, transport, tls }: DnsModule, trace: Trace): Sample[] {
  const { resolution, resolve, connect, request, message } = trace;
  const samples = [
    sample(dnsMetrics.querySucceeded, message === undefined ? 0 : 1),
    sample(dnsMetrics.answerRecords, message?.answer.length ?? 0),
    sample(dnsMetrics.authorityRecords, message?.authority.length ?? 0),
    sample(dnsMetrics.additionalRecords, message?.additional.length ?? 0),
    sample(dnsMetrics.duration, resolve, PHASES.resolve),
    sample(dnsMetrics.duration, connect + trace.tls, PHASES.connect),
    sample(dnsMetrics.duration, request, PHASES.request),
    sample(dnsMetrics.retries, trace.retries),
    ...resolutionSamples(resolution),
  ];
  if (message !== undefined && question.type === TYPES["SOA"])
    samples.push(sample(dnsMetrics.serial, serialOf(message)));
  if (transport === "tls") samples.push(...certificateSamples(trace.peer, tls.clientCertificateExpiry()));
  return samples;
}

/** Returns the serial number in the last SOA record of the answer. */
const serialOf = ({ answer }: Message): number =>
  Number(answer.findLast(({ type }) => type === TYPES["SOA"])?.words[2] ?? 0);
