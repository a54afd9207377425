import { catalogue } from "../catalogue/index.ts";
import type { Metric } from "../core/metric.ts";
import { type Labels, seriesLine } from "./exposition.ts";
import type { Histogram, Tally } from "./tallies.ts";
import type { TargetLabels } from "./targets.ts";

/** A metric of a tally, and the function that renders its lines for one target. */
export interface TallyFamily {
  readonly metric: Metric;
  readonly lines: (tally: Tally, labels: TargetLabels) => string;
}

/** Renders one line per entry of `counts`, with its key as the value of `label`. */
const counterLines = (
  metric: Metric,
  labels: TargetLabels,
  label: string,
  counts: Readonly<Record<string, number>>,
): string =>
  Object.entries(counts)
    .map(([value, count]) => seriesLine(metric.name, { ...labels, [label]: value }, count))
    .join("");

/** Renders a histogram with cumulative buckets, as the text format requires. */
function histogramLines(
  { name, buckets: bounds = [] }: Metric,
  labels: Labels,
  histogram?: Histogram,
): string {
  if (histogram === undefined) return "";
  let out = "";
  let total = 0;
  for (const [i, count] of histogram.buckets.entries()) {
    total += count;
    const bound = bounds[i];
    const le = bound === undefined ? "+Inf" : String(bound);
    out += seriesLine(`${name}_bucket`, { ...labels, le }, total);
  }
  return `${out}${seriesLine(`${name}_sum`, labels, histogram.sum)}${seriesLine(`${name}_count`, labels, total)}`;
}

/** All metrics of a tally, in the order of the catalogue. */
export const TALLY_FAMILIES: readonly TallyFamily[] = [
  {
    metric: catalogue.healthChecks,
    lines: ({ probes }, labels) => counterLines(catalogue.healthChecks, labels, "status", probes),
  },
  {
    metric: catalogue.healthCheckDuration,
    lines: ({ histograms: { duration, failed_duration } }, labels) =>
      histogramLines(catalogue.healthCheckDuration, { ...labels, status: "success" }, duration) +
      histogramLines(catalogue.healthCheckDuration, { ...labels, status: "failure" }, failed_duration),
  },
  {
    metric: catalogue.failures,
    lines: ({ failures }, labels) => counterLines(catalogue.failures, labels, "reason", failures),
  },
  {
    metric: catalogue.llmTokensTotal,
    lines: ({ tokens }, labels) => counterLines(catalogue.llmTokensTotal, labels, "type", tokens),
  },
  {
    metric: catalogue.llmCost,
    lines: ({ dollars }, labels) =>
      dollars === undefined ? "" : seriesLine(catalogue.llmCost.name, labels, dollars),
  },
  {
    metric: catalogue.llmFirstTokenHistogram,
    lines: ({ histograms }, labels) =>
      histogramLines(catalogue.llmFirstTokenHistogram, labels, histograms.first_token),
  },
  {
    metric: catalogue.llmInterTokenHistogram,
    lines: ({ histograms }, labels) =>
      histogramLines(catalogue.llmInterTokenHistogram, labels, histograms.inter_token),
  },
];
