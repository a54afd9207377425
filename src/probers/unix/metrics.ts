import { certificateMetrics } from "../certificates.ts";
import { conversationMetrics } from "../query-response/metrics.ts";

/** Metrics of the `unix` prober, named as in blackbox_exporter. */
export const unixMetrics = { ...conversationMetrics, ...certificateMetrics };
