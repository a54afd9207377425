import { catalogue } from "../catalogue/index.ts";
import type { Metric } from "../core/metric.ts";
import type { Result } from "../core/result.ts";
import type { HistogramName } from "../core/series-choice.ts";
import { type Family, familyParts, type Row } from "./families.ts";
import { type Exemplar, joinPairs, type Labels, type LineWriter, renderPairs } from "./format.ts";
import { type Histogram, type Tally, timesOf } from "./tallies.ts";

/** The tally of a target at one moment. */
export interface TallyRow extends Row {
  readonly tally: Tally;
  /** Its recent results whose logs are kept, newest first: the exemplars. */
  readonly recent: readonly Result[];
}

type TallyFamily = Family<TallyRow>;

const statusOf = ({ outcome }: Result): "success" | "failure" => (outcome.ok ? "success" : "failure");

/** Makes the exemplar of a result. `value` is what the result added, or the value that a histogram observed. */
const exemplarOf = (result: Result | undefined, value: number): Exemplar | undefined =>
  result === undefined ? undefined : { traceId: result.id, value, at: result.endedAt };

/** A counter with one series per key of `counts`. `example` finds a result that the series with this key has counted. */
const counters = (
  metric: Metric,
  label: string,
  counts: (tally: Tally) => Readonly<Record<string, number>>,
  example: (recent: readonly Result[], key: string) => Exemplar | undefined = () => undefined,
): TallyFamily => ({
  metric,
  lines({ labels, tally, recent }, writer) {
    let out = "";
    for (const [key, count] of Object.entries(counts(tally))) {
      const pairs = joinPairs(labels, renderPairs({ [label]: key }));
      const exemplar = recent.length === 0 ? undefined : example(recent, key);
      out +=
        writer.line(metric.name, pairs, count, exemplar) + writer.created(metric, pairs, tally.createdAt);
    }
    return out;
  },
});

/** A value that a histogram observed. */
interface Observation {
  readonly result: Result;
  readonly value: number;
}

/**
 * Renders a histogram with cumulative buckets, as the text format requires.
 * @param observed what it observed lately, newest first
 */
function histogramLines(
  metric: Metric,
  pairs: string,
  { tally, histogram, observed }: HistogramRow,
  writer: LineWriter,
): string {
  const { name, buckets: bounds = [] } = metric;
  let out = "";
  let total = 0;
  let lower = Number.NEGATIVE_INFINITY;
  for (const [i, count] of histogram.buckets.entries()) {
    total += count;
    const bound = bounds[i] ?? Number.POSITIVE_INFINITY;
    const found = observed.find(({ value }) => value > lower && value <= bound);
    const exemplar = found === undefined ? undefined : exemplarOf(found.result, found.value);
    out += writer.line(`${name}_bucket`, joinPairs(pairs, `le="${writer.bound(bound)}"`), total, exemplar);
    lower = bound;
  }
  out += writer.line(`${name}_sum`, pairs, histogram.sum) + writer.line(`${name}_count`, pairs, total);
  return out + writer.created(metric, pairs, tally.createdAt);
}

interface HistogramRow {
  readonly tally: Tally;
  readonly histogram: Histogram;
  readonly observed: readonly Observation[];
}

/** A histogram with one series per target, or the part of it with the same values of further labels. */
const histogram =
  (metric: Metric, name: HistogramName, more: Labels = {}): TallyFamily["lines"] =>
  ({ labels, tally, recent }, writer) => {
    const own = tally.histograms[name];
    if (own === undefined) return "";
    const observed = recent.flatMap((result) => {
      const value = timesOf(result)[name];
      return value === undefined ? [] : [{ result, value }];
    });
    const pairs = joinPairs(labels, renderPairs(more));
    return histogramLines(metric, pairs, { tally, histogram: own, observed }, writer);
  };

const durations = (status: "success" | "failure", name: HistogramName): TallyFamily["lines"] =>
  histogram(catalogue.healthCheckDuration, name, { status });

/** All metrics of a tally, in the order of the catalogue. */
const TALLY_FAMILIES: readonly TallyFamily[] = [
  counters(
    catalogue.healthChecks,
    "status",
    ({ probes }) => probes,
    (recent, status) =>
      exemplarOf(
        recent.find((result) => statusOf(result) === status),
        1,
      ),
  ),
  {
    metric: catalogue.healthCheckDuration,
    lines: (row, writer) =>
      durations("success", "duration")(row, writer) + durations("failure", "failed_duration")(row, writer),
  },
  counters(
    catalogue.failures,
    "reason",
    ({ failures }) => failures,
    (recent, reason) =>
      exemplarOf(
        recent.find(({ outcome }) => !outcome.ok && outcome.reason === reason),
        1,
      ),
  ),
  counters(catalogue.llmTokensTotal, "type", ({ tokens }) => tokens),
  {
    metric: catalogue.llmCost,
    lines: ({ labels, tally }, writer) =>
      tally.dollars === undefined
        ? ""
        : writer.line(catalogue.llmCost.name, labels, tally.dollars) +
          writer.created(catalogue.llmCost, labels, tally.createdAt),
  },
  {
    metric: catalogue.llmFirstTokenHistogram,
    lines: histogram(catalogue.llmFirstTokenHistogram, "first_token"),
  },
  {
    metric: catalogue.llmInterTokenHistogram,
    lines: histogram(catalogue.llmInterTokenHistogram, "inter_token"),
  },
];

/** Renders the counters and histograms of targets in parts, metric by metric. */
export const tallyParts = (rows: readonly TallyRow[], writer: LineWriter): Generator<string> =>
  familyParts(TALLY_FAMILIES, rows, writer);
