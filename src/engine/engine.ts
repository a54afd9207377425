import type { Clock } from "../core/clock.ts";
import type { Memory } from "../core/memory.ts";
import type { Metric } from "../core/metric.ts";
import type { ProbeTarget } from "../core/prober.ts";
import type { AgedResult, Result, Skip } from "../core/result.ts";
import type { Module } from "../core/target.ts";
import { elapsed, type Seconds, seconds } from "../core/units.ts";
import { createGate, type Limits } from "./limits.ts";
import type { ProbeRequest } from "./probe-request.ts";
import { createRestoredResults } from "./restored-results.ts";
import { type RunDeps, runProbe, ShutdownError, SkippedError } from "./run-probe.ts";
import { createStagger } from "./stagger.ts";

/** What somebody who asked for a probe gets. `late`: the probe was still running when their patience ended. */
export type ProbeResponse =
  | ({ readonly kind: "result" } & AgedResult)
  | { readonly kind: "late"; readonly waited: Seconds }
  /** No probe was started; `known` is the newest result there is. */
  | { readonly kind: "skipped"; readonly skip: Skip; readonly known?: AgedResult };

export interface ProbeOptions {
  /** How long the probe may take, should one be started. */
  readonly timeout: Seconds;
  /** How long the asker waits, also for a probe that somebody else started; without it until the end. */
  readonly patience?: Seconds;
  /** Asked by hand: neither a fresh result nor `Retry-After` stands in the way. */
  readonly force?: boolean;
}

/** The one door to all probes. */
export interface Engine {
  probe(subject: ProbeRequest, options: ProbeOptions): Promise<ProbeResponse>;
  /** The newest result of a key, with its age. */
  latest(key: string): AgedResult | undefined;
  /** Why a probe would not be started now. */
  skip(subject: ProbeRequest): Skip | undefined;
  counts(): { inFlight: number; queued: number };
  setLimits(limits: Limits): void;
  /** Forgets what is not in `keys` (targets that the configuration no longer has), and recalls what was known of these before a restart. */
  retain(keys: ReadonlySet<string>): void;
  /** Aborts all probes; later ones reject. */
  shutdown(): Promise<void>;
}

/** Results of addresses that are not configured, kept for their freshness only: the oldest go first. */
const ADHOC_RESULTS = 10_000;

/** `Retry-After` beyond this is taken for a mistake. */
const LONGEST_RETRY_AFTER = seconds(3600);

export interface EngineDeps {
  readonly clock: Clock;
  /** Where probes leave something for later ones. */
  readonly memory: Memory;
  readonly limits: Limits;
  readonly network: RunDeps["network"];
  /** Told of each result exactly once, in the order of completion. */
  readonly onResult: (subject: ProbeRequest, result: Result) => void;
  readonly onBug: (module: Module, target: ProbeTarget, error: unknown) => void;
  /** Why no probe of this subject may be started now; `undefined` when one may. A probe in flight is joined all the same. */
  readonly skips?: (subject: ProbeRequest) => Skip | undefined;
  /** The metric of a name, for results that are kept over a restart; without it they keep no samples. */
  readonly metricNamed?: (name: string) => Metric | undefined;
}

export function createEngine({
  clock,
  memory,
  limits,
  network,
  onResult,
  onBug,
  skips,
  metricNamed = () => undefined,
}: EngineDeps): Engine {
  const gate = createGate(limits);
  const ending = new AbortController();
  const inFlight = new Map<string, Promise<Result>>();
  const configured = new Map<string, Result>();
  const adhoc = new Map<string, Result>();
  const kept = createRestoredResults(memory.namespace("engine/results"), metricNamed);
  let lastId = 0;
  const deps = {
    clock,
    memory,
    gate,
    network,
    turn: createStagger(),
    shutdown: ending.signal,
    nextId: () => (lastId += 1),
    onBug,
  };

  const remember = ({ key, target, module, minInterval }: ProbeRequest, result: Result): void => {
    if (target.configured) {
      configured.set(key, result);
      if (module.prober.costly) kept.keep(key, result);
    } else if (minInterval > 0 || result.retryAfter !== undefined || module.coldStartAfter !== undefined) {
      adhoc.delete(key);
      adhoc.set(key, result);
      const oldest = adhoc.size > ADHOC_RESULTS ? adhoc.keys().next().value : undefined;
      if (oldest !== undefined) adhoc.delete(oldest);
    }
  };

  const start = (subject: ProbeRequest, timeout: Seconds): Promise<Result> => {
    const { key, target, module, host } = subject;
    // A budget is held against what was spent when a probe wanted to start (ADR 4); who leads, when it is sent.
    const skip = (): Skip | undefined => {
      const now = skips?.(subject);
      return now?.reason === "not_leader" ? now : undefined;
    };
    const run = runProbe(target, module, host, timeout, { ...deps, skip }).then(
      (ended) => {
        inFlight.delete(key);
        const result = { ...ended, ...coldStartOf(ended, stored(key), module) };
        remember(subject, result);
        onResult(subject, result);
        return result;
      },
      (error: unknown) => {
        inFlight.delete(key);
        throw error;
      },
    );
    // Those who wait handle it; when nobody waits any more, nobody needs to.
    run.catch(() => {});
    inFlight.set(key, run);
    return run;
  };

  const skipped = (key: string, skip: Skip): ProbeResponse => {
    const known = stored(key);
    return known === undefined
      ? { kind: "skipped", skip }
      : { kind: "skipped", skip, known: { result: known, age: ageOf(known) } };
  };

  const stored = (key: string): Result | undefined => configured.get(key) ?? adhoc.get(key);
  const ageOf = (result: Result): Seconds => seconds(Math.max(0, elapsed(result.endedAt, clock.now())));

  return {
    async probe(subject, { timeout, patience, force = false }) {
      const known = stored(subject.key);
      if (known !== undefined && !force && isFresh(known, subject.minInterval, clock)) {
        return { kind: "result", result: known, age: ageOf(known) };
      }
      const running = inFlight.get(subject.key);
      const skip = running === undefined ? skips?.(subject) : undefined;
      if (skip !== undefined) return skipped(subject.key, skip);
      const run = running ?? start(subject, timeout);
      let result: Result | undefined;
      try {
        result = patience === undefined ? await run : await within(run, patience, clock);
      } catch (error) {
        if (error instanceof SkippedError) return skipped(subject.key, error.skip);
        throw error;
      }
      return result === undefined
        ? { kind: "late", waited: patience ?? seconds(0) }
        : { kind: "result", result, age: seconds(0) };
    },
    latest(key) {
      const result = stored(key);
      return result === undefined ? undefined : { result, age: ageOf(result) };
    },
    skip: (subject) => skips?.(subject),
    counts() {
      const { inside, waiting } = gate.counts();
      return { inFlight: inside, queued: waiting };
    },
    setLimits: (next) => gate.setLimits(next),
    retain(keys) {
      for (const key of configured.keys()) if (!keys.has(key)) configured.delete(key);
      kept.retain(keys);
      for (const key of keys) {
        const before = configured.has(key) ? undefined : kept.recall(key);
        if (before !== undefined) configured.set(key, before);
      }
    },
    async shutdown() {
      ending.abort(new ShutdownError());
      await Promise.allSettled(inFlight.values());
    },
  };
}

/** Nothing known of a target is a silence, too: nobody has asked it for as long as the exporter runs. */
function coldStartOf(
  { startedAt }: Result,
  before: Result | undefined,
  { coldStartAfter }: Module,
): Pick<Result, "coldStart"> {
  if (coldStartAfter === undefined) return {};
  return { coldStart: before === undefined || elapsed(before.endedAt, startedAt) >= coldStartAfter };
}

/** Freshness counts from the start of a probe, so that a slow one does not push the next out of its interval. */
function isFresh(result: Result, minInterval: Seconds, clock: Clock): boolean {
  const age = elapsed(result.startedAt, clock.now());
  const held = Math.min(result.retryAfter ?? 0, LONGEST_RETRY_AFTER);
  return age >= 0 && age < Math.max(minInterval, held);
}

/** What `run` resolves to, or `undefined` when it takes longer than `patience`. */
async function within<T>(run: Promise<T>, patience: Seconds, clock: Clock): Promise<T | undefined> {
  let cancel: (() => void) | undefined;
  const timer = new Promise<undefined>((resolve) => {
    cancel = clock.after(patience, () => resolve(undefined));
  });
  try {
    return await Promise.race([run, timer]);
  } finally {
    cancel?.();
  }
}
