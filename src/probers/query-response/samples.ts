import { type Sample, sample } from "../../core/metric.ts";
import { certificateSamples } from "../certificates.ts";
import { resolutionSamples } from "../resolution.ts";
import { conversationMetrics } from "./metrics.ts";
import type { ConversationTrace } from "./trace.ts";

/** Labels of all series of a configured target on `/metrics`. */
const TARGET_LABELS = new Set(["target", "module"]);

/**
 * Makes the samples of one probe, present when blackbox_exporter has them, except those of certificates, which are also
 * present if the certificates were rejected.
 * @param configured true for a configured target, whose labels come first: as in Prometheus, others of these names become
 * `exported_target` and `exported_module`
 */
export function conversationSamples(
  trace: ConversationTrace,
  clientExpiry: number | undefined,
  configured: boolean,
): Sample[] {
  const { resolution, connected, peer } = trace;
  const samples = resolution === undefined ? [] : [...resolutionSamples(resolution)];
  if (connected) {
    samples.push(
      sample(conversationMetrics.failedDueToRegex, Number(trace.failedDueToRegex)),
      sample(conversationMetrics.failedDueToBytes, Number(trace.failedDueToBytes)),
      ...expectInfoSamples(trace.expectInfo, configured),
    );
  }
  samples.push(...certificateSamples(peer, clientExpiry));
  return samples;
}

/** Makes one sample of each set of labels: several steps may have the same. */
function expectInfoSamples(
  infos: readonly Readonly<Record<string, string>>[],
  configured: boolean,
): readonly Sample[] {
  const bySeries = new Map<string, Sample>();
  for (const info of infos) {
    const labels = configured ? withoutTargetLabels(info) : info;
    const series = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    bySeries.set(series, { metric: conversationMetrics.expectInfo, value: 1, labels });
  }
  return [...bySeries.values()];
}

const withoutTargetLabels = (labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [
      TARGET_LABELS.has(name) ? `exported_${name}` : name,
      value,
    ]),
  );
