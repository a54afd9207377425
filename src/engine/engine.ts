import type { Clock } from "../core/clock.ts";
import type { Memory } from "../core/memory.ts";
import type { ProbeTarget } from "../core/prober.ts";
import type { AgedResult, Result, Skip } from "../core/result.ts";
import { LONGEST_RETRY_AFTER } from "../core/retry-after.ts";
import type { Module, Target } from "../core/target.ts";
import { elapsed, type Seconds, seconds } from "../core/units.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { createGate, type Limits } from "./limits.ts";
import type { ProbeRequest } from "./probe-request.ts";
import { createRestoredResults } from "./restored-results.ts";
import { type RunDeps, runProbe, ShutdownError, SkippedError } from "./run-probe.ts";
import { createStagger } from "./stagger.ts";

/** The response to a request for a probe. */
export type ProbeResponse =
  | ({ readonly kind: "result" } & AgedResult)
  /** The probe was still running when the patience of the request ended. */
  | { readonly kind: "late"; readonly waited: Seconds }
  /**
   * The request had to be answered while the probe was still running, because the event loop stood still for a part of the
   * wait: the target may have answered in time. `failing`: its last probe failed.
   */
  | { readonly kind: "held_up"; readonly waited: Seconds; readonly failing: boolean }
  /** No probe was started; `known` is the newest result, if there is one. */
  | { readonly kind: "skipped"; readonly skip: Skip; readonly known?: AgedResult };

/** Options of a request for a probe. */
export interface ProbeOptions {
  /** Time that the request grants the probe. A probe in flight with less time is given as much, from its start on. */
  readonly timeout: Seconds;
  /** Longest time to wait for the result, without the stalls of the event loop; unlimited by default. */
  readonly patience?: Seconds;
  /** Time after which a request with patience is answered in any case, stalls included; unlimited by default. */
  readonly answerWithin?: Seconds | undefined;
  /** Probes even if there is a fresh result or a `Retry-After`. */
  readonly force?: boolean;
}

/** A probe in flight. */
interface Flight {
  readonly run: Promise<Result>;
  readonly deadline: Deadline;
}

/** Runs all probes. */
export interface Engine {
  /** Returns a fresh result, joins the probe in flight, or starts a probe. */
  probe(request: ProbeRequest, options: ProbeOptions): Promise<ProbeResponse>;
  /** Returns the newest result of a key, with its age. */
  latest(key: string): AgedResult | undefined;
  /** Reports whether a probe of this key is in flight. */
  isProbing(key: string): boolean;
  /** Resolves when the probe of this key that is in flight has ended, however it ends; at once without one. */
  ended(key: string): Promise<void>;
  /** Returns why a probe would not be started now. */
  skip(request: ProbeRequest): Skip | undefined;
  /** Returns the numbers of probes that run and that wait for a slot. */
  counts(): { inFlight: number; queued: number };
  setLimits(limits: Limits): void;
  /** Forgets the results of targets that are not in `targets`, and restores those of the others from before a restart. */
  retain(targets: ReadonlyMap<string, Target>): void;
  /** Aborts all probes, and rejects later ones. */
  shutdown(): Promise<void>;
}

/** Most addresses that are not configured and of which something is kept; the oldest are forgotten first. */
const ADHOC_RESULTS = 10_000;

/** The parts that the engine needs. */
export interface EngineDeps {
  readonly clock: Clock;
  /** State that probes share with later ones. */
  readonly memory: Memory;
  readonly limits: Limits;
  readonly network: RunDeps["network"];
  /** Called once per result, in order of completion. */
  readonly onResult: (request: ProbeRequest, result: Result) => void;
  /** Called if a prober throws or does not stop at its deadline. */
  readonly onBug: (module: Module, target: ProbeTarget, error: unknown) => void;
  /** Called when a probe is requested and `Retry-After` of the target's last result holds it back. */
  readonly onHeld?: (request: ProbeRequest, last: Result) => void;
  /** Returns why no probe may be started for this request now. A request joins a probe in flight in any case. */
  readonly skips?: (request: ProbeRequest) => Skip | undefined;
}

/** Creates the engine. */
export function createEngine({
  clock,
  memory,
  limits,
  network,
  onResult,
  onBug,
  onHeld,
  skips,
}: EngineDeps): Engine {
  const gate = createGate(limits);
  const shutdown = new AbortController();
  const inFlight = new Map<string, Flight>();
  const configured = new Map<string, Result>();
  const adhoc = new Map<string, Result>();
  /** Keys of addresses that are not configured whose last probe failed. */
  const adhocFailing = new Set<string>();
  const restored = createRestoredResults(memory.namespace("engine/results"));
  let lastId = 0;
  const deps = {
    clock,
    memory,
    gate,
    network,
    stagger: createStagger(),
    shutdown: shutdown.signal,
    nextId: () => (lastId += 1),
    onBug,
  };

  const remember = ({ key, target, module, minInterval }: ProbeRequest, result: Result): void => {
    if (target.configured) {
      configured.set(key, result);
      if (module.prober.costly) restored.keep(key, result);
      return;
    }
    adhocFailing.delete(key);
    if (!result.outcome.ok) forgetOldest(adhocFailing.add(key));
    if (minInterval > 0 || result.retryAfter !== undefined || module.coldStartAfter !== undefined) {
      adhoc.delete(key);
      forgetOldest(adhoc.set(key, result));
    }
  };

  const start = (request: ProbeRequest, timeout: Seconds): Flight => {
    const { key } = request;
    // Budgets are checked when a probe is requested (ADR 4), leadership again when it is sent.
    const skip = (): Skip | undefined => {
      const now = skips?.(request);
      return now?.reason === "not_leader" ? now : undefined;
    };
    const deadline = startDeadline(clock, timeout);
    const run = runProbe(request, deadline, { ...deps, skip }).then(
      (probed) => {
        inFlight.delete(key);
        const result = { ...probed, ...coldStartOf(probed, stored(key), request.module) };
        remember(request, result);
        onResult(request, result);
        return result;
      },
      (error: unknown) => {
        inFlight.delete(key);
        throw error;
      },
    );
    // Requests that wait handle a rejection. Without this, one that no request waits for would end the process.
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
  const isFailing = (key: string): boolean =>
    adhocFailing.has(key) || configured.get(key)?.outcome.ok === false;
  const ageOf = (result: Result): Seconds => seconds(Math.max(0, elapsed(result.endedAt, clock.now())));

  return {
    async probe(request, { timeout, patience, answerWithin, force = false }) {
      const { key, minInterval } = request;
      const known = force ? undefined : stored(key);
      if (known !== undefined) {
        const freshness = freshnessOf(known, minInterval, clock);
        if (freshness === "held") onHeld?.(request, known);
        if (freshness !== "old") return { kind: "result", result: known, age: ageOf(known) };
      }
      const running = inFlight.get(key);
      const skip = running === undefined ? skips?.(request) : undefined;
      if (skip !== undefined) return skipped(key, skip);
      running?.deadline.extend(timeout);
      const { run } = running ?? start(request, timeout);
      try {
        const ended = await within(run, { patience, answerWithin }, clock);
        switch (ended) {
          case "late":
            return { kind: "late", waited: patience ?? timeout };
          case "held_up":
            return { kind: "held_up", waited: answerWithin ?? timeout, failing: isFailing(key) };
          default:
            return { kind: "result", result: ended, age: seconds(0) };
        }
      } catch (error) {
        if (error instanceof SkippedError) return skipped(key, error.skip);
        throw error;
      }
    },
    latest(key) {
      const result = stored(key);
      return result === undefined ? undefined : { result, age: ageOf(result) };
    },
    isProbing: (key) => inFlight.has(key),
    async ended(key) {
      await inFlight.get(key)?.run.catch(() => {});
    },
    skip: (request) => skips?.(request),
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
      shutdown.abort(new ShutdownError());
      for (const { deadline } of inFlight.values()) deadline.abort(shutdown.signal.reason);
      await Promise.allSettled(Array.from(inFlight.values(), ({ run }) => run));
    },
  };
}

/** The first probe of a target is a cold start too: it had none for as long as the exporter has been running. */
function coldStartOf(
  { startedAt }: Result,
  before: Result | undefined,
  { coldStartAfter }: Module,
): Pick<Result, "coldStart"> {
  if (coldStartAfter === undefined) return {};
  return { coldStart: before === undefined || elapsed(before.endedAt, startedAt) >= coldStartAfter };
}

/**
 * Tells whether a result is fresh, or is served again only because the target asked not to be probed. Freshness counts from
 * the start of a probe, so that a slow probe does not delay the next one beyond its interval.
 */
function freshnessOf(result: Result, minInterval: Seconds, clock: Clock): "fresh" | "held" | "old" {
  const age = elapsed(result.startedAt, clock.now());
  if (age < 0) return "old";
  if (age < minInterval) return "fresh";
  return age < Math.min(result.retryAfter ?? 0, LONGEST_RETRY_AFTER) ? "held" : "old";
}

/** Resolves like `run`, or to the kind of the response when the request waits no longer. */
async function within<T>(
  run: Promise<T>,
  { patience, answerWithin }: { [Name in "patience" | "answerWithin"]: Seconds | undefined },
  clock: Clock,
): Promise<T | "late" | "held_up"> {
  if (patience === undefined) return run;
  const cancels: (() => void)[] = [];
  const over = new Promise<"late" | "held_up">((resolve) => {
    cancels.push(clock.timeout(patience, () => resolve("late")));
    if (answerWithin === undefined) return;
    const stalledBefore = clock.stalled();
    const end = (): void => resolve(clock.stalled() > stalledBefore ? "held_up" : "late");
    // The second timer runs after sockets have been read once more.
    cancels.push(clock.after(answerWithin, () => cancels.push(clock.after(seconds(0), end))));
  });
  try {
    return await Promise.race([run, over]);
  } finally {
    for (const cancel of cancels) cancel();
  }
}

/** Bounds what is remembered about addresses that are not configured. */
function forgetOldest(known: Pick<Set<string>, "size" | "keys" | "delete">): void {
  const oldest = known.size > ADHOC_RESULTS ? known.keys().next().value : undefined;
  if (oldest !== undefined) known.delete(oldest);
}
