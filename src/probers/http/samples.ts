import { catalogue } from "../../catalogue/index.ts";
import { type Sample, sample } from "../../core/metric.ts";
import type { ResponseVerdict } from "./judge.ts";
import type { HttpModule } from "./options.ts";
import { parseHttpDate, valueOf } from "./transport/headers.ts";
import type { PeerFacts } from "./transport/tls-facts.ts";
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
 * The series of one probe: blackbox_exporter's, present exactly when it has them. Only what is known of certificates
 * is also there when they were not accepted, because that is when people look.
 * @param visited the final response, if there was one
 */
export function samplesOf(
  { jsonRules, tls }: HttpModule,
  trace: Trace,
  visited: FinalResponse | undefined,
  verdict: ResponseVerdict | undefined,
): Sample[] {
  const exchange = visited?.exchange;
  const samples = [
    sample(catalogue.httpStatusCode, exchange?.status ?? 0),
    sample(catalogue.httpContentLength, exchange?.contentLength ?? 0),
    sample(catalogue.httpBodyLength, verdict?.bodyLength ?? 0),
    sample(catalogue.httpRedirects, trace.redirects),
    sample(catalogue.httpSsl, visited?.tls === true ? 1 : 0),
    sample(catalogue.httpVersion, exchange === undefined ? 0 : Number(exchange.version)),
    sample(catalogue.failedDueToRegex, verdict?.failedDueToRegex === true ? 1 : 0),
  ];
  if (jsonRules.length > 0) {
    samples.push(sample(catalogue.failedDueToCel, verdict?.failedDueToCel === true ? 1 : 0));
  }
  const { resolution, resolve } = trace;
  if (resolution !== undefined) {
    samples.push(
      sample(catalogue.dnsLookupTime, resolution.seconds),
      sample(catalogue.ipProtocol, resolution.protocol),
      sample(catalogue.ipAddrHash, resolution.hash),
    );
  }
  if (resolve !== undefined) samples.push(sample(catalogue.httpDuration, resolve, PHASES.resolve));
  if (trace.attempted) {
    samples.push(
      sample(catalogue.httpDuration, trace.connect, PHASES.connect),
      sample(catalogue.httpDuration, trace.tls, PHASES.tls),
      sample(catalogue.httpDuration, trace.processing, PHASES.processing),
      sample(catalogue.httpDuration, trace.transfer, PHASES.transfer),
    );
  }
  const lastModified = parseHttpDate((exchange && valueOf(exchange.headers, "last-modified")) ?? "");
  if (lastModified !== undefined) samples.push(sample(catalogue.httpLastModified, lastModified));
  if (trace.peer !== undefined) samples.push(...certificateSamples(trace.peer));
  const clientExpiry = tls.clientCertificateExpiry();
  if (clientExpiry !== undefined) samples.push(sample(catalogue.tlsClientCertExpiry, clientExpiry));
  return samples;
}

function certificateSamples({ version, cipher, certificate }: PeerFacts): Sample[] {
  const { earliestExpiry, lastChainExpiry, labels } = certificate;
  return [
    sample(catalogue.sslEarliestCertExpiry, earliestExpiry),
    ...(lastChainExpiry === undefined ? [] : [sample(catalogue.sslLastChainExpiry, lastChainExpiry)]),
    sample(catalogue.sslLastChainInfo, 1, labels),
    sample(catalogue.tlsVersionInfo, 1, { version }),
    sample(catalogue.tlsCipherInfo, 1, { cipher }),
  ];
}
