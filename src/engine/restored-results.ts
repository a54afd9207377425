import { retainKeys, type StateStore } from "../core/memory.ts";
import type { Metric, Sample } from "../core/metric.ts";
import { failed, type Outcome, succeeded } from "../core/prober.ts";
import { FAILURE_REASONS } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import { seconds, timestamp } from "../core/units.ts";

/**
 * The last result of each target whose probes cost money, over a restart: it is served again until its time is over, as
 * if nobody had been away. It has no log, and 0 for a number, so that nobody counts it a second time.
 */
export interface RestoredResults {
  keep(key: string, result: Result): void;
  /** `undefined` when there is none, or none that can be understood. */
  recall(key: string): Result | undefined;
  /** Forgets what is not in `keys`. */
  retain(keys: ReadonlySet<string>): void;
}

/** Samples are kept by the names of their metrics. */
type StoredSample = readonly [name: string, value: number, labels?: Readonly<Record<string, string>>];

/** @param metricNamed the metric of that name; a sample of one that there is no more is left out */
export function createRestoredResults(
  shelf: StateStore,
  metricNamed: (name: string) => Metric | undefined,
): RestoredResults {
  return {
    keep(key, result) {
      const { startedAt, endedAt, duration, timeout, outcome, samples, answered, retryAfter, coldStart } =
        result;
      const kept = samples.map(
        ({ metric, value, labels }): StoredSample =>
          labels === undefined ? [metric.name, value] : [metric.name, value, labels],
      );
      // The detail may quote the answer of the target, and is for those who look at the time.
      const reason = outcome.ok ? undefined : outcome.reason;
      shelf.put(key, {
        startedAt,
        endedAt,
        duration,
        timeout,
        reason,
        samples: kept,
        answered,
        retryAfter,
        coldStart,
      });
    },
    recall: (key) => read(shelf.get(key), metricNamed),
    retain: (keys) => retainKeys(shelf, keys),
  };
}

function read(value: unknown, metricNamed: (name: string) => Metric | undefined): Result | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const raw = value as Readonly<Record<string, unknown>>;
  const [startedAt, endedAt, duration, timeout] = ["startedAt", "endedAt", "duration", "timeout"].map(
    (name) => finite(raw[name]),
  );
  const outcome = outcomeOf(raw["reason"]);
  if (startedAt === undefined || endedAt === undefined || duration === undefined || timeout === undefined)
    return undefined;
  if (outcome === undefined) return undefined;
  const { samples, answered, retryAfter, coldStart } = raw;
  const held = finite(retryAfter);
  return {
    id: 0,
    startedAt: timestamp(startedAt),
    endedAt: timestamp(endedAt),
    duration: seconds(duration),
    timeout: seconds(timeout),
    outcome,
    samples: Array.isArray(samples) ? samples.flatMap((one) => sampleOf(one, metricNamed)) : [],
    ...(typeof answered === "boolean" ? { answered } : {}),
    ...(held === undefined ? {} : { retryAfter: seconds(held) }),
    ...(typeof coldStart === "boolean" ? { coldStart } : {}),
    log: [],
  };
}

const finite = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

function outcomeOf(reason: unknown): Outcome | undefined {
  if (reason === undefined) return succeeded;
  const known = FAILURE_REASONS.find((one) => one === reason);
  return known === undefined ? undefined : failed(known, "as it was before the exporter was started");
}

function sampleOf(kept: unknown, metricNamed: (name: string) => Metric | undefined): readonly Sample[] {
  if (!Array.isArray(kept)) return [];
  const [name, value, labels] = kept as readonly unknown[];
  const metric = typeof name === "string" ? metricNamed(name) : undefined;
  if (metric === undefined || typeof value !== "number") return [];
  if (labels === undefined) return [{ metric, value }];
  return isLabels(labels) ? [{ metric, value, labels }] : [];
}

const isLabels = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((text) => typeof text === "string");
