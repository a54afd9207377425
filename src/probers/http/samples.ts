import { type Sample, sample } from "../../core/metric.ts";
import { certificateSamples } from "../certificates.ts";
import { parseHttpDate, valueOf } from "../http-headers.ts";
import { resolutionSamples } from "../resolution.ts";
import type { ResponseVerdict } from "./judge.ts";
import { httpMetrics } from "./metrics.ts";
import type { HttpModule } from "./options.ts";
import type { Trace } from "./transport/trace.ts";
import type { FinalResponse } from "./visit.ts";

const PHASES = {
  resolve: { phase: "resolve" },
  connect: { phase: "connect" },
  tls: { phase: "tls" },
  processing: { phase: "processing" },
  transfer: { phase: "transfer" },
} as const;

/**
 * Makes the samples of one probe. They are blackbox_exporter's, and are present when that has them, with one exception:
 * those of certificates are also present if the certificates were rejected, because that is when operators need them.
 * @param visited the final response, if there was one
 */
export function samplesOf(
  { content, tls }: HttpModule,
  trace: Trace,
  visited: FinalResponse | undefined,
  verdict: ResponseVerdict | undefined,
): Sample[] {
  const exchange = visited?.exchange;
  const samples = [
    sample(httpMetrics.statusCode, exchange?.status ?? 0),
    sample(httpMetrics.contentLength, exchange?.contentLength ?? 0),
    sample(httpMetrics.bodyLength, verdict?.bodyLength ?? 0),
    sample(httpMetrics.redirects, trace.redirects),
    sample(httpMetrics.ssl, visited?.tls === true ? 1 : 0),
    sample(httpMetrics.version, exchange === undefined ? 0 : Number(exchange.version)),
    sample(httpMetrics.failedDueToRegex, verdict?.failedDueToRegex === true ? 1 : 0),
  ];
  if (content.failsJson) {
    samples.push(sample(httpMetrics.failedDueToCel, verdict?.failedDueToCel === true ? 1 : 0));
  }
  const { resolution, resolve } = trace;
  if (resolution !== undefined) samples.push(...resolutionSamples(resolution));
  if (resolve !== undefined) samples.push(sample(httpMetrics.duration, resolve, PHASES.resolve));
  if (trace.attempted) {
    samples.push(
      sample(httpMetrics.duration, trace.connect, PHASES.connect),
      sample(httpMetrics.duration, trace.tls, PHASES.tls),
      sample(httpMetrics.duration, trace.processing, PHASES.processing),
      sample(httpMetrics.duration, trace.transfer, PHASES.transfer),
    );
  }
  const lastModified = parseHttpDate((exchange && valueOf(exchange.headers, "last-modified")) ?? "");
  if (lastModified !== undefined) samples.push(sample(httpMetrics.lastModified, lastModified));
  samples.push(...certificateSamples(trace.peer, tls.clientCertificateExpiry()));
  return samples;
}
