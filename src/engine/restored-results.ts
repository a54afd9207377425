import { defined } from "../core/defined.ts";
import { type AnswerFacts, readAnswerFacts } from "../core/facts.ts";
import { isObject } from "../core/json-object.ts";
import { retainKeys, type StateStore } from "../core/memory.ts";
import type { Metric, Sample } from "../core/metric.ts";
import { type Degradation, failed, type Outcome, type Prober, succeeded } from "../core/prober.ts";
import { DEGRADED_REASONS, FAILURE_REASONS } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import { isTimestamp, type Seconds, seconds } from "../core/units.ts";

/**
 * The last result of each target whose probes cost money, kept over a restart: it is served again until it expires, as
 * if the exporter had not restarted. A restored result has no log, and 0 as its number, so that it is not counted twice.
 */
export interface RestoredResults {
  keep(key: string, result: Result): void;
  /** Returns the result kept under `key` with samples of the prober's metrics; `undefined` if there is no readable one. */
  recall(key: string, prober: Pick<Prober, "metrics">): Result | undefined;
  /** Forgets the results of all other keys. */
  retain(keys: { has(key: string): boolean }): void;
}

/** A sample as it is stored: its metric by name. */
type StoredSample = readonly [name: string, value: number, labels?: Readonly<Record<string, string>>];

/** Gives access to the results in `store`. */
export function createRestoredResults(store: StateStore): RestoredResults {
  return {
    keep(key, result) {
      const { startedAt, endedAt, duration, timeout, outcome, samples, answered, retryAfter, coldStart } =
        result;
      store.put(key, {
        startedAt,
        endedAt,
        duration,
        timeout,
        // Not the detail, which may quote the answer of the target.
        reason: outcome.ok ? undefined : outcome.reason,
        samples: samples.map(
          ({ metric, value, labels }): StoredSample =>
            labels === undefined ? [metric.name, value] : [metric.name, value, labels],
        ),
        facts: storedFacts(result),
        answered,
        retryAfter,
        coldStart,
        degraded: result.degraded?.reason,
      });
    },
    recall: (key, { metrics }) => read(store.get(key), metrics),
    retain: (keys) => retainKeys(store, keys),
  };
}

/** Leaves out the answer: what a target said is not written to disk. */
function storedFacts({ facts }: Result): AnswerFacts | undefined {
  if (facts === undefined) return undefined;
  const { answer: _answer, ...rest } = facts;
  return rest;
}

function read(value: unknown, metrics: readonly Metric[]): Result | undefined {
  if (!isObject(value)) return undefined;
  const { startedAt, endedAt } = value;
  const duration = lengthOf(value["duration"]);
  const timeout = lengthOf(value["timeout"]);
  const outcome = outcomeOf(value["reason"]);
  if (!isTimestamp(startedAt) || !isTimestamp(endedAt) || duration === undefined || timeout === undefined)
    return undefined;
  if (outcome === undefined) return undefined;
  const { samples, answered, coldStart } = value;
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  return {
    id: 0,
    startedAt,
    endedAt,
    duration,
    timeout,
    outcome,
    samples: Array.isArray(samples) ? samples.flatMap((one) => sampleOf(one, byName)) : [],
    ...defined({
      facts: readAnswerFacts(value["facts"]),
      answered: typeof answered === "boolean" ? answered : undefined,
      retryAfter: lengthOf(value["retryAfter"]),
      coldStart: typeof coldStart === "boolean" ? coldStart : undefined,
      degraded: degradationOf(value["degraded"]),
    }),
    log: [],
  };
}

const lengthOf = (value: unknown): Seconds | undefined =>
  Number.isFinite(value) ? seconds(Number(value)) : undefined;

/** Explains an outcome whose detail is not stored. */
const BEFORE_RESTART = "as it was before the exporter restarted";

function degradationOf(reason: unknown): Degradation | undefined {
  const known = DEGRADED_REASONS.find((one) => one === reason);
  return known === undefined ? undefined : { reason: known, detail: BEFORE_RESTART };
}

function outcomeOf(reason: unknown): Outcome | undefined {
  if (reason === undefined) return succeeded;
  const known = FAILURE_REASONS.find((one) => one === reason);
  return known === undefined ? undefined : failed(known, BEFORE_RESTART);
}

/** A sample of a metric that the prober no longer has is dropped. */
function sampleOf(stored: unknown, metrics: ReadonlyMap<string, Metric>): readonly Sample[] {
  if (!Array.isArray(stored)) return [];
  const [name, value, labels] = stored as readonly unknown[];
  const metric = metrics.get(String(name));
  if (metric === undefined || typeof value !== "number") return [];
  if (labels === undefined) return [{ metric, value }];
  return isLabels(labels) ? [{ metric, value, labels }] : [];
}

const isLabels = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((text) => typeof text === "string");
