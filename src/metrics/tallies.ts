import { catalogue } from "../catalogue/index.ts";
import { defined } from "../core/defined.ts";
import { isObject } from "../core/json-object.ts";
import type { Metric } from "../core/metric.ts";
import { isPrecise } from "../core/precision.ts";
import { FAILURE_REASONS, type FailureReason } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import type { HistogramName } from "../core/series-choice.ts";
import { seconds } from "../core/units.ts";

/** Values of a histogram: the count of each bucket on its own, the last one for values above all bounds. */
export interface Histogram {
  readonly buckets: readonly number[];
  readonly sum: number;
}

type CounterValues = Readonly<Record<string, number>>;

/** The choice of what a target counts. */
export interface TallyPlan {
  /** The reasons of failures whose counters start at 0. */
  readonly reasons: readonly FailureReason[];
  readonly histograms: readonly HistogramName[];
}

/**
 * The counters and histograms of one target: plain data, never changed in place. Absent values have no series, such as
 * tokens of a type that the API does not report, or dollars of a model without a price.
 */
export interface Tally {
  readonly probes: Readonly<Record<"success" | "failure", number>>;
  readonly failures: CounterValues;
  readonly tokens: CounterValues;
  readonly dollars?: number;
  /** Those that the target has; of tokens only after the first value. */
  readonly histograms: Readonly<Partial<Record<HistogramName, Histogram>>>;
}

/** The metric of each histogram. Both durations are one metric, with a label. */
const HISTOGRAM_METRICS = {
  duration: catalogue.healthCheckDuration,
  failed_duration: catalogue.healthCheckDuration,
  first_token: catalogue.llmFirstTokenHistogram,
  inter_token: catalogue.llmInterTokenHistogram,
} as const satisfies Record<HistogramName, Metric>;

/** The histograms that start at 0. The others have values only for models that stream. */
const STARTING_AT_0: ReadonlySet<HistogramName> = new Set(["duration", "failed_duration"]);

const newHistogram = ({ buckets = [] }: Metric): Histogram => ({
  buckets: Array.from({ length: buckets.length + 1 }, () => 0),
  sum: 0,
});

/** Makes the tally of a target without results. */
export const newTally = ({ reasons, histograms }: TallyPlan): Tally => ({
  probes: { success: 0, failure: 0 },
  failures: Object.fromEntries(reasons.map((reason) => [reason, 0])),
  tokens: {},
  histograms: Object.fromEntries(
    histograms
      .filter((name) => STARTING_AT_0.has(name))
      .map((name) => [name, newHistogram(HISTOGRAM_METRICS[name])]),
  ),
});

/** Adds a value as Prometheus does: the bound of a bucket is inclusive. */
function observed(histogram: Histogram | undefined, metric: Metric, value: number): Histogram {
  const { buckets, sum } = histogram ?? newHistogram(metric);
  const found = metric.buckets?.findIndex((bound) => value <= bound) ?? -1;
  const at = found === -1 ? buckets.length - 1 : found;
  return { buckets: buckets.with(at, (buckets[at] ?? 0) + 1), sum: sum + value };
}

const added = (counts: CounterValues, more: Readonly<Record<string, number>>): CounterValues => ({
  ...counts,
  ...Object.fromEntries(Object.entries(more).map(([name, by]) => [name, (counts[name] ?? 0) + by])),
});

/**
 * Adds a result. Returns the next tally, and the metrics that changed.
 * @param histograms those that the target has
 * @param dollars the cost of the probe, if known
 */
export function count(
  before: Tally,
  { outcome, duration, uncertainty = seconds(0), facts = {}, coldStart = false }: Result,
  histograms: readonly HistogramName[],
  dollars?: number,
): { next: Tally; changed: ReadonlySet<Metric> } {
  const changed = new Set<Metric>([catalogue.healthChecks]);
  const status = outcome.ok ? "success" : "failure";
  let next: Tally = { ...before, probes: { ...before.probes, [status]: before.probes[status] + 1 } };
  const change = (metric: Metric, part: Partial<Tally>): void => {
    next = { ...next, ...part };
    changed.add(metric);
  };
  if (!outcome.ok) change(catalogue.failures, { failures: added(next.failures, { [outcome.reason]: 1 }) });
  if (dollars !== undefined) change(catalogue.llmCost, { dollars: (next.dollars ?? 0) + dollars });
  const { tokens, firstToken, interToken } = facts;
  if (tokens !== undefined) change(catalogue.llmTokensTotal, { tokens: added(next.tokens, tokens) });
  // The times of a cold start show how long the model takes to load, not how fast it is.
  if (coldStart) return { next, changed };
  const precise = isPrecise(duration, uncertainty) ? duration : undefined;
  const times: Readonly<Record<HistogramName, number | undefined>> = {
    duration: outcome.ok ? precise : undefined,
    failed_duration: outcome.ok ? undefined : precise,
    first_token: firstToken,
    inter_token: interToken,
  };
  for (const name of histograms) {
    const time = times[name];
    const metric = HISTOGRAM_METRICS[name];
    if (time === undefined) continue;
    change(metric, {
      histograms: { ...next.histograms, [name]: observed(next.histograms[name], metric, time) },
    });
  }
  return { next, changed };
}

/**
 * Reads a stored tally. Invalid values, and histograms whose buckets have changed, start at 0. Histograms that the target no
 * longer has are dropped.
 */
export function readTally(value: unknown, plan: TallyPlan): Tally | undefined {
  if (!isObject(value)) return undefined;
  const { probes, failures, tokens, dollars, histograms } = value;
  const fresh = newTally(plan);
  const kept = plan.histograms.flatMap((name) => {
    const stored = readHistogram(field(histograms, name), HISTOGRAM_METRICS[name]);
    return stored === undefined ? [] : [[name, stored] as const];
  });
  return {
    probes: { ...fresh.probes, ...readCounts(probes, Object.keys(fresh.probes)) },
    failures: { ...fresh.failures, ...withoutZeros(readCounts(failures, FAILURE_REASONS)) },
    tokens: readCounts(tokens, isObject(tokens) ? Object.keys(tokens) : []),
    histograms: { ...fresh.histograms, ...Object.fromEntries(kept) },
    ...defined({ dollars: numberOf(dollars) }),
  };
}

const readCounts = (value: unknown, names: readonly string[]): CounterValues =>
  Object.fromEntries(
    names.flatMap((name) => {
      const known = numberOf(field(value, name));
      return known === undefined ? [] : [[name, known]];
    }),
  );

/** Drops zeros: an earlier version stored them for reasons that do not start at 0. */
const withoutZeros = (counts: CounterValues): CounterValues =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

const field = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

function readHistogram(value: unknown, metric: Metric): Histogram | undefined {
  if (!isObject(value) || !Array.isArray(value["buckets"])) return undefined;
  const buckets = value["buckets"].map(numberOf).filter((count) => count !== undefined);
  const sum = numberOf(value["sum"]);
  if (sum === undefined || buckets.length !== newHistogram(metric).buckets.length) return undefined;
  return { buckets, sum };
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
