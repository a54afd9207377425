import { catalogue } from "../catalogue/index.ts";
import { defined } from "../core/defined.ts";
import { isObject } from "../core/json-object.ts";
import type { Metric } from "../core/metric.ts";
import { isPrecise } from "../core/precision.ts";
import { FAILURE_REASONS, type FailureReason } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import type { HistogramName } from "../core/series-choice.ts";
import { isTimestamp, type Seconds, seconds, type Timestamp } from "../core/units.ts";

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
  /** When the counts began; absent in tallies that an earlier version stored. */
  readonly createdAt?: Timestamp;
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
export const newTally = ({ reasons, histograms }: TallyPlan, createdAt?: Timestamp): Tally => ({
  ...defined({ createdAt }),
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
 * Adds a result. Returns the next tally.
 * @param histograms those that the target has
 * @param dollars the cost of the probe, if known
 */
export function count(
  before: Tally,
  result: Result,
  histograms: readonly HistogramName[],
  dollars?: number,
): Tally {
  const { probes, failures, tokens } = before;
  const { outcome, facts = {} } = result;
  const status = outcome.ok ? "success" : "failure";
  return {
    ...before,
    probes: { ...probes, [status]: probes[status] + 1 },
    failures: outcome.ok ? failures : added(failures, { [outcome.reason]: 1 }),
    tokens: facts.tokens === undefined ? tokens : added(tokens, facts.tokens),
    ...(dollars === undefined ? {} : { dollars: (before.dollars ?? 0) + dollars }),
    histograms: withTimes(before.histograms, timesOf(result), histograms),
  };
}

/** The times of a result that histograms observe. */
type Times = Readonly<Partial<Record<HistogramName, Seconds>>>;

/**
 * Returns the times of a result that histograms observe. Those of a cold start show how long the model takes to load, not how
 * fast it is, and a stall of the exporter makes times unknown.
 */
export function timesOf({
  outcome,
  duration,
  uncertainty = seconds(0),
  facts = {},
  coldStart = false,
}: Result): Times {
  if (coldStart) return {};
  const precise = isPrecise(duration, uncertainty) ? duration : undefined;
  return defined({
    duration: outcome.ok ? precise : undefined,
    failed_duration: outcome.ok ? undefined : precise,
    first_token: facts.firstToken,
    inter_token: facts.interToken,
  });
}

function withTimes(
  before: Tally["histograms"],
  times: Times,
  names: readonly HistogramName[],
): Tally["histograms"] {
  const next = names.flatMap((name) => {
    const time = times[name];
    return time === undefined ? [] : [[name, observed(before[name], HISTOGRAM_METRICS[name], time)] as const];
  });
  return next.length === 0 ? before : { ...before, ...Object.fromEntries(next) };
}

/**
 * Reads a stored tally. Invalid values, and histograms whose buckets have changed, start at 0. Histograms that the target no
 * longer has are dropped.
 */
export function readTally(value: unknown, plan: TallyPlan): Tally | undefined {
  if (!isObject(value)) return undefined;
  const { createdAt, probes, failures, tokens, dollars, histograms } = value;
  const fresh = newTally(plan, isTimestamp(createdAt) ? createdAt : undefined);
  const kept = plan.histograms.flatMap((name) => {
    const stored = readHistogram(field(histograms, name), HISTOGRAM_METRICS[name]);
    return stored === undefined ? [] : [[name, stored] as const];
  });
  return {
    ...fresh,
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
