import { catalogue } from "../catalogue/index.ts";
import { defined } from "../core/defined.ts";
import { isObject } from "../core/json-object.ts";
import type { Metric } from "../core/metric.ts";
import { FAILURE_REASONS, type FailureReason } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import { type Timestamp, timestamp } from "../core/units.ts";

/** Values of a histogram: the count of each bucket on its own, the last one for values above all bounds. */
export interface Histogram {
  readonly buckets: readonly number[];
  readonly sum: number;
}

type CounterValues = Readonly<Record<string, number>>;

/**
 * The counters and histograms of one target: plain data, never changed in place. Absent values have no series, such as
 * tokens of a type that the API does not report, or dollars of a model without a price.
 */
export interface Tally {
  /** When the counts began; absent in tallies that an earlier version stored. */
  readonly createdAt?: Timestamp;
  readonly probes: Readonly<Record<"success" | "failure", number>>;
  readonly durations: Readonly<Record<"success" | "failure", Histogram>>;
  readonly failures: CounterValues;
  readonly tokens: CounterValues;
  readonly dollars?: number;
  readonly firstToken?: Histogram;
  readonly interToken?: Histogram;
}

const newHistogram = ({ buckets = [] }: Metric): Histogram => ({
  buckets: Array.from({ length: buckets.length + 1 }, () => 0),
  sum: 0,
});

/**
 * Makes the tally of a target without results.
 * @param reasons the reasons for which its probes can fail, whose counters start at 0
 */
export const newTally = (reasons: readonly FailureReason[], createdAt?: Timestamp): Tally => ({
  ...defined({ createdAt }),
  probes: { success: 0, failure: 0 },
  durations: {
    success: newHistogram(catalogue.healthCheckDuration),
    failure: newHistogram(catalogue.healthCheckDuration),
  },
  failures: Object.fromEntries(reasons.map((reason) => [reason, 0])),
  tokens: {},
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
 * @param dollars the cost of the probe, if known
 */
export function count(
  before: Tally,
  { outcome, duration, facts = {}, coldStart = false }: Result,
  dollars?: number,
): { next: Tally; changed: ReadonlySet<Metric> } {
  const changed = new Set<Metric>([catalogue.healthChecks]);
  const status = outcome.ok ? "success" : "failure";
  let next: Tally = { ...before, probes: { ...before.probes, [status]: before.probes[status] + 1 } };
  const change = (metric: Metric, part: Partial<Tally>): void => {
    next = { ...next, ...part };
    changed.add(metric);
  };
  if (!coldStart) {
    const { healthCheckDuration } = catalogue;
    const own = observed(next.durations[status], healthCheckDuration, duration);
    change(healthCheckDuration, { durations: { ...next.durations, [status]: own } });
  }
  if (!outcome.ok) change(catalogue.failures, { failures: added(next.failures, { [outcome.reason]: 1 }) });
  if (dollars !== undefined) change(catalogue.llmCost, { dollars: (next.dollars ?? 0) + dollars });
  const { tokens, firstToken, interToken } = facts;
  if (tokens !== undefined) change(catalogue.llmTokensTotal, { tokens: added(next.tokens, tokens) });
  // The times of a cold start show how long the model takes to load, not how fast it is.
  const { llmFirstTokenHistogram, llmInterTokenHistogram } = catalogue;
  if (firstToken !== undefined && !coldStart)
    change(llmFirstTokenHistogram, {
      firstToken: observed(next.firstToken, llmFirstTokenHistogram, firstToken),
    });
  if (interToken !== undefined && !coldStart)
    change(llmInterTokenHistogram, {
      interToken: observed(next.interToken, llmInterTokenHistogram, interToken),
    });
  return { next, changed };
}

/** Reads a stored tally. Invalid values, and histograms whose buckets have changed, start at 0. */
export function readTally(value: unknown, reasons: readonly FailureReason[]): Tally | undefined {
  if (!isObject(value)) return undefined;
  const { createdAt, probes, durations, failures, tokens, dollars, firstToken, interToken } = value;
  const began = numberOf(createdAt);
  const fresh = newTally(reasons, began === undefined ? undefined : timestamp(began));
  const spent = numberOf(dollars);
  const first = readHistogram(firstToken, catalogue.llmFirstTokenHistogram);
  const inter = readHistogram(interToken, catalogue.llmInterTokenHistogram);
  return {
    ...fresh,
    probes: { ...fresh.probes, ...readCounts(probes, Object.keys(fresh.probes)) },
    durations: {
      success:
        readHistogram(field(durations, "success"), catalogue.healthCheckDuration) ?? fresh.durations.success,
      failure:
        readHistogram(field(durations, "failure"), catalogue.healthCheckDuration) ?? fresh.durations.failure,
    },
    failures: { ...fresh.failures, ...withoutZeros(readCounts(failures, FAILURE_REASONS)) },
    tokens: readCounts(tokens, isObject(tokens) ? Object.keys(tokens) : []),
    ...defined({ dollars: spent, firstToken: first, interToken: inter }),
  };
}

const readCounts = (value: unknown, names: readonly string[]): CounterValues =>
  Object.fromEntries(
    names.flatMap((name) => {
      const known = numberOf(field(value, name));
      return known === undefined ? [] : [[name, known]];
    }),
  );

/** Drops zeros: an earlier version stored them for reasons that the prober does not have. */
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
