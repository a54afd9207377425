import type { Clock } from "../core/clock.ts";
import type { Memory } from "../core/memory.ts";
import type { ProbeTarget } from "../core/prober.ts";
import type { AgedResult, Result, Skip } from "../core/result.ts";
import type { Module, Target } from "../core/target.ts";
import { elapsed, type Seconds, seconds } from "../core/units.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { createGate, type Limits } from "./limits.ts";
import type { ProbeRequest } from "./probe-request.ts";
import { createRestoredResults } from "./restored-results.ts";
import { runProbe, ShutdownError, SkippedError } from "./run-probe.ts";
import { createStagger } from "./stagger.ts";

/** What somebody who asked for a probe gets. `late`: the probe was still running when their patience ended. */
export type ProbeResponse =
  | ({ readonly kind: "result" } & AgedResult)
  | { readonly kind: "late"; readonly waited: Seconds }
  /** No probe was started; `known` is the newest result there is. */
  | { readonly kind: "skipped"; readonly skip: Skip; readonly known?: AgedResult };

export interface ProbeOptions {
  /** Time that the asker grants the probe. A probe in flight that was granted less by others is given as much, from its start on. */
  readonly timeout: Seconds;
  /** Time that the asker waits for a result; without it, until the probe ends. */
  readonly patience?: Seconds;
  /** Asked by hand: neither a fresh result nor `Retry-After` stands in the way. */
  readonly force?: boolean;
}

interface Flight {
  readonly run: Promise<Result>;
  readonly deadline: Deadline;
}

/** The one door to all probes. */
export interface Engine {
  probe(subject: ProbeRequest, options: ProbeOptions): Promise<ProbeResponse>;
  /** The newest result of a key, with its age. */
  latest(key: string): AgedResult | undefined;
  /** Reports whether a probe of this key is in flight. */
  isProbing(key: string): boolean;
  /** Resolves when the probe of this key that is in flight has ended, however it ends; at once without one. */
  ended(key: string): Promise<void>;
  /** Why a probe would not be started now. */
  skip(subject: ProbeRequest): Skip | undefined;
  counts(): { inFlight: number; queued: number };
  setLimits(limits: Limits): void;
  /** Forgets the results of targets that are not in `targets`, and restores those of the others from before a restart. */
  retain(targets: ReadonlyMap<string, Target>): void;
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
  /** Told of each result exactly once, in the order of completion. */
  readonly onResult: (subject: ProbeRequest, result: Result) => void;
  readonly onBug: (module: Module, target: ProbeTarget, error: unknown) => void;
  /** Called when a probe was asked for and `Retry-After` of the target's last result holds it back. */
  readonly onHeld?: (subject: ProbeRequest, last: Result) => void;
  /** Why no probe of this subject may be started now; `undefined` when one may. A probe in flight is joined all the same. */
  readonly skips?: (subject: ProbeRequest) => Skip | undefined;
}

export function createEngine({ clock, memory, limits, onResult, onBug, onHeld, skips }: EngineDeps): Engine {
  const gate = createGate(limits);
  const ending = new AbortController();
  const inFlight = new Map<string, Flight>();
  const configured = new Map<string, Result>();
  const adhoc = new Map<string, Result>();
  const restored = createRestoredResults(memory.namespace("engine/results"));
  let lastId = 0;
  const deps = {
    clock,
    memory,
    gate,
    turn: createStagger(),
    shutdown: ending.signal,
    nextId: () => (lastId += 1),
    onBug,
  };

  const remember = ({ key, target, module, minInterval }: ProbeRequest, result: Result): void => {
    if (target.configured) {
      configured.set(key, result);
      if (module.prober.costly) restored.keep(key, result);
    } else if (minInterval > 0 || result.retryAfter !== undefined || module.coldStartAfter !== undefined) {
      adhoc.delete(key);
      adhoc.set(key, result);
      const oldest = adhoc.size > ADHOC_RESULTS ? adhoc.keys().next().value : undefined;
      if (oldest !== undefined) adhoc.delete(oldest);
    }
  };

  const start = (subject: ProbeRequest, timeout: Seconds): Flight => {
    const { key, target, module, host } = subject;
    // A budget is held against what was spent when a probe wanted to start (ADR 4); who leads, when it is sent.
    const skip = (): Skip | undefined => {
      const now = skips?.(subject);
      return now?.reason === "not_leader" ? now : undefined;
    };
    const deadline = startDeadline(clock, timeout);
    const run = runProbe(target, module, host, deadline, { ...deps, skip }).then(
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
    const flight = { run, deadline };
    inFlight.set(key, flight);
    return flight;
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
      const { key, minInterval } = subject;
      const known = force ? undefined : stored(key);
      if (known !== undefined) {
        const freshness = freshnessOf(known, minInterval, clock);
        if (freshness === "held") onHeld?.(subject, known);
        if (freshness !== "old") return { kind: "result", result: known, age: ageOf(known) };
      }
      const running = inFlight.get(key);
      const skip = running === undefined ? skips?.(subject) : undefined;
      if (skip !== undefined) return skipped(key, skip);
      running?.deadline.extend(timeout);
      const { run } = running ?? start(subject, timeout);
      let result: Result | undefined;
      try {
        result = patience === undefined ? await run : await within(run, patience, clock);
      } catch (error) {
        if (error instanceof SkippedError) return skipped(key, error.skip);
        throw error;
      }
      return result === undefined
        ? { kind: "late", waited: patience ?? timeout }
        : { kind: "result", result, age: seconds(0) };
    },
    latest(key) {
      const result = stored(key);
      return result === undefined ? undefined : { result, age: ageOf(result) };
    },
    isProbing: (key) => inFlight.has(key),
    async ended(key) {
      await inFlight.get(key)?.run.catch(() => {});
    },
    skip: (subject) => skips?.(subject),
    counts() {
      const { inside, waiting } = gate.counts();
      return { inFlight: inside, queued: waiting };
    },
    setLimits: (next) => gate.setLimits(next),
    retain(targets) {
      for (const key of configured.keys()) if (!targets.has(key)) configured.delete(key);
      restored.retain(targets);
      for (const [key, { module }] of targets) {
        const before = configured.has(key) ? undefined : restored.recall(key, module.prober);
        if (before !== undefined) configured.set(key, before);
      }
    },
    async shutdown() {
      ending.abort(new ShutdownError());
      await Promise.allSettled(Array.from(inFlight.values(), ({ run }) => run));
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

/**
 * Whether a result may be served again, and if only because the target asked not to be probed. Freshness counts from the
 * start of a probe, so that a slow one does not push the next out of its interval.
 */
function freshnessOf(result: Result, minInterval: Seconds, clock: Clock): "fresh" | "held" | "old" {
  const age = elapsed(result.startedAt, clock.now());
  if (age < 0) return "old";
  if (age < minInterval) return "fresh";
  return age < Math.min(result.retryAfter ?? 0, LONGEST_RETRY_AFTER) ? "held" : "old";
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
