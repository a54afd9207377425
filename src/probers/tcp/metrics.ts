import { certificateMetrics } from "../certificates.ts";
import { conversationMetrics } from "../query-response/metrics.ts";
import { resolutionMetrics } from "../resolution.ts";

/** Metrics of the `tcp` prober, named as in blackbox_exporter. */
export const tcpMetrics = { ...conversationMetrics, ...resolutionMetrics, ...certificateMetrics };
