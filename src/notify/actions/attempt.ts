import type { Action } from "../../core/action.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Memory } from "../../core/memory.ts";
import { elapsed, type Seconds } from "../../core/units.ts";
import {
  type AttemptRefusal,
  type AttemptState,
  type AttemptStore,
  begin,
  discardPending,
  end,
  settle,
} from "./attempts.ts";
import type { ActionResult, Audit } from "./audit.ts";
import { execute } from "./execute.ts";

/** The health of a target or heartbeat right now: `absent` if no such name exists, `unknown` if it cannot be told. */
export type ObservedHealth = "healthy" | "unhealthy" | "unknown" | "absent";

/** The parts of the exporter that attempts use. */
export interface AttemptContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  /** Probes the target, or checks the heartbeat, with this name. */
  readonly observeHealth: (target: string) => Promise<ObservedHealth>;
  readonly inMaintenance: (target: string) => boolean;
}

export interface AttemptDeps extends AttemptContext {
  readonly attempts: AttemptStore;
  readonly audit: Audit;
  /** Counts the attempt against the limit of all actions; returns false if the limit is reached. */
  readonly admit: () => boolean;
  readonly refuse: (reason: AttemptRefusal) => void;
  readonly count: (result: ActionResult) => void;
  readonly signal: AbortSignal;
}

/**
 * Carries out a pending attempt, if a last check finds that it is still needed.
 * @returns a follow-up that waits and then checks whether the action helped; `undefined` if nothing was executed
 */
export async function attempt(
  action: Action,
  target: string,
  deps: AttemptDeps,
): Promise<(() => Promise<void>) | undefined> {
  const { attempts, clock, memory, log, audit, signal } = deps;
  const { name } = action;
  const labels = attempts.get(name, target)?.pending?.labels;
  if (labels === undefined) return undefined;
  const update = (change: (state: AttemptState) => AttemptState): AttemptState | undefined => {
    const state = attempts.get(name, target);
    if (state === undefined) return undefined;
    const next = change(state);
    attempts.put(name, target, next);
    return next;
  };

  const reason = await refusalBefore(action, target, deps);
  // On shutdown the attempt stays pending, and the next run resumes it.
  if (signal.aborted) return undefined;
  if (reason !== undefined) {
    update(discardPending);
    deps.refuse(reason);
    return undefined;
  }
  if (action.dryRun) {
    update((state) => ({ ...begin(state, clock.now(), action), count: state.count }));
    update((state) => settle(state, undefined, action));
    deps.count("dry_run");
    audit.add({ action: name, target, at: clock.now(), result: "dry_run", detail: "nothing was done" });
    log.warn({ action: name, target }, "action: dry run");
    return undefined;
  }

  // Counted and stored before it starts, so that a crash cannot repeat it.
  const begun = update((state) => begin(state, clock.now(), action));
  try {
    await memory.flush();
  } catch (error) {
    log.error({ action: name, target, err: error }, "an attempt was not made because it cannot be stored");
    update((state) => settle(state, undefined, action));
    deps.count("failure");
    return undefined;
  }
  if (signal.aborted || begun === undefined) return undefined;
  const startedAt = clock.now();
  log.warn({ action: name, target, attempt: begun.count, of: action.maxAttempts }, "action started");
  const { result, detail, output } = await execute(action, labels, signal, clock);
  // On shutdown the attempt stays marked as running, and the next run reports it as interrupted.
  if (signal.aborted) return undefined;
  const durationSeconds = elapsed(startedAt, clock.now());
  update((state) => end(state, clock.now(), action));
  deps.count(result);
  const about = { action: name, target, attempt: begun.count };
  const number = audit.add({ ...about, at: startedAt, result, detail, durationSeconds, output });
  log.warn({ ...about, result, detail, duration: durationSeconds }, "action ended");

  return async () => {
    const helped = await verifyAfter(action, target, deps);
    if (signal.aborted) return;
    update((state) => settle(state, helped, action));
    if (helped === undefined) return;
    audit.amend(number, { helped });
    log.warn({ ...about, helped }, helped ? "action helped" : "action did not help");
  };
}

/** Checks right before the attempt whether it should still be made; returns why not. */
async function refusalBefore(
  { verify }: Action,
  target: string,
  { inMaintenance, observeHealth, admit }: AttemptDeps,
): Promise<AttemptRefusal | undefined> {
  if (inMaintenance(target)) return "maintenance";
  const health = verify === "never" ? "unknown" : await observeHealth(target);
  if (health === "healthy") return "recovered";
  if (verify === "required" && health !== "unhealthy") return "unknown_target";
  return admit() ? undefined : "rate_limited";
}

/** Waits for the target to settle, then returns whether it is healthy; `undefined` if that cannot be told. */
async function verifyAfter(
  action: Action,
  target: string,
  { clock, observeHealth, signal }: AttemptDeps,
): Promise<boolean | undefined> {
  if (action.verify === "never") return undefined;
  await pause(clock, action.settle, signal);
  if (signal.aborted) return undefined;
  const health = await observeHealth(target);
  return health === "healthy" ? true : health === "unhealthy" ? false : undefined;
}

const pause = (clock: Clock, length: Seconds, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = clock.after(length, resolve);
    signal.addEventListener(
      "abort",
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
