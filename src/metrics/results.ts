import { catalogue } from "../catalogue/index.ts";
import { type Metric, type Sample, sample } from "../core/metric.ts";
import type { Result, Skip } from "../core/result.ts";
import type { Seconds } from "../core/units.ts";
import { type Family, familyParts, labelled } from "./families.ts";
import { joinPairs, type LineWriter, renderPairs } from "./format.ts";
import type { TargetRow } from "./targets.ts";

/** A sample that every prober's results have. */
interface CommonSample {
  readonly metric: Metric;
  readonly sampleOf: (result: Result, age: Seconds) => Sample | undefined;
}

/** The samples of every result, in order. */
const COMMON_SAMPLES: readonly CommonSample[] = [
  {
    metric: catalogue.probeSuccess,
    sampleOf: ({ outcome }) => sample(catalogue.probeSuccess, outcome.ok ? 1 : 0),
  },
  {
    metric: catalogue.probeDuration,
    sampleOf: ({ duration }) => sample(catalogue.probeDuration, duration),
  },
  {
    metric: catalogue.probeTimeout,
    sampleOf: ({ timeout }) => sample(catalogue.probeTimeout, timeout),
  },
  {
    metric: catalogue.probeResultAge,
    sampleOf: (_result, age) => sample(catalogue.probeResultAge, age),
  },
  {
    metric: catalogue.probeFailureReason,
    sampleOf: ({ outcome }) =>
      outcome.ok ? undefined : sample(catalogue.probeFailureReason, 1, { reason: outcome.reason }),
  },
  {
    metric: catalogue.probeDegradedReason,
    sampleOf: ({ outcome, degraded }) =>
      !outcome.ok || degraded === undefined
        ? undefined
        : sample(catalogue.probeDegradedReason, 1, { reason: degraded.reason }),
  },
  {
    metric: catalogue.coldStart,
    sampleOf: ({ coldStart }) =>
      coldStart === undefined ? undefined : sample(catalogue.coldStart, Number(coldStart)),
  },
];

/** Makes the samples of one result of age `age`: those of every result, then the prober's. Its heartbeats are separate. */
export function* resultSamples(result: Result, age: Seconds): Generator<Sample> {
  for (const { sampleOf } of COMMON_SAMPLES) {
    const one = sampleOf(result, age);
    if (one !== undefined) yield one;
  }
  yield* result.samples;
}

/** Makes the sample that marks a result as the last one while probes are skipped. */
export const skipSamples = (skip: Skip | undefined): readonly Sample[] =>
  skip === undefined ? [] : [sample(catalogue.probeSkipped, 1, { reason: skip.reason })];

/** Returns false for a detail of a probe, which `/metrics` shows only for targets with `probe_details`. */
const isShown = ({ snapshot: { target } }: TargetRow, { detail }: Metric): boolean =>
  detail !== true || target.series.details;

const lineOf = ({ labels }: TargetRow, { metric, value, labels: own }: Sample, writer: LineWriter): string =>
  writer.line(metric.name, own === undefined ? labels : joinPairs(labels, renderPairs(own)), value);

const commonFamily = ({ metric, sampleOf }: CommonSample): Family<TargetRow> => ({
  metric,
  lines(row, writer) {
    const { newest } = row.snapshot;
    const one =
      newest === undefined || !isShown(row, metric) ? undefined : sampleOf(newest.result, newest.age);
    return one === undefined ? "" : lineOf(row, one, writer);
  },
});

/** Makes the family of a prober's metric. */
const proberFamily = (metric: Metric): Family<TargetRow> => ({
  metric,
  lines(row, writer) {
    let out = "";
    for (const one of samplesOf(row))
      if (one.metric.name === metric.name && isShown(row, one.metric)) out += lineOf(row, one, writer);
    return out;
  },
});

const samplesOf = ({ snapshot: { newest } }: TargetRow): readonly Sample[] => newest?.result.samples ?? [];

const COMMON_FAMILIES: readonly Family<TargetRow>[] = [
  ...COMMON_SAMPLES.map(commonFamily),
  labelled(catalogue.probeSkipped, "reason", ({ snapshot: { skipped } }) =>
    skipped === undefined ? [] : [[skipped.reason, 1]],
  ),
];

/** Renders the newest results of targets in parts, metric by metric. */
export function* resultParts(rows: readonly TargetRow[], writer: LineWriter): Generator<string> {
  // By name, because several modules can define metrics of the same name.
  const metrics = new Map<string, Metric>();
  for (const row of rows) {
    for (const { metric } of samplesOf(row))
      if (!metrics.has(metric.name) && isShown(row, metric)) metrics.set(metric.name, metric);
    yield "";
  }
  const families = [...COMMON_FAMILIES, ...Array.from(metrics.values(), proberFamily)];
  const names = new Set(families.map(({ metric }) => metric.name));
  yield* familyParts(families, rows, writer, (name) => names.has(name));
}
