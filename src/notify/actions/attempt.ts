import type { Action } from "../../core/action.ts";
import type { Clock } from "../../core/clock.ts";
import { elapsed, type Seconds } from "../../core/units.ts";
import type { ActionsDeps } from "./actions.ts";
import type { AttemptBook } from "./attempts.ts";
import { type AttemptRefusal, type Attempts, begin, drop, end, settle } from "./attempts.ts";
import type { ActionResult, Audit } from "./audit.ts";
import { execute } from "./execute.ts";

/** How something is, asked now: `absent` when the exporter knows nothing of that name, `unknown` when it could not ask. */
export type ObservedHealth = "healthy" | "unhealthy" | "unknown" | "absent";

export interface AttemptDeps extends ActionsDeps {
  readonly book: AttemptBook;
  readonly audit: Audit;
  /** Whether all actions together may do one thing more; it counts then. */
  readonly admit: () => boolean;
  readonly refuse: (reason: AttemptRefusal) => void;
  readonly count: (result: ActionResult) => void;
  readonly signal: AbortSignal;
}

/**
 * Does what was taken on, if there is still reason to: the last look before, and the deed.
 * @returns the look after it, which takes its time and nobody else's turn; nothing where there was no deed
 */
export async function attempt(
  action: Action,
  target: string,
  deps: AttemptDeps,
): Promise<(() => Promise<void>) | undefined> {
  const { book, clock, memory, log, audit, signal } = deps;
  const { name } = action;
  const labels = book.get(name, target)?.pending?.labels;
  if (labels === undefined) return undefined;
  const update = (change: (state: Attempts) => Attempts): Attempts | undefined => {
    const state = book.get(name, target);
    if (state === undefined) return undefined;
    const next = change(state);
    book.put(name, target, next);
    return next;
  };

  const reason = await objection(action, target, deps);
  // What is pending at the end of the exporter is taken up by its next run.
  if (signal.aborted) return undefined;
  if (reason !== undefined) {
    update(drop);
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

  // It counts before it begins, and that is stored: whatever happens, it is not done twice.
  const begun = update((state) => begin(state, clock.now(), action));
  try {
    await memory.flush();
  } catch (error) {
    log.error({ action: name, target, err: error }, "an attempt cannot be stored, and is not made");
    update((state) => settle(state, undefined, action));
    deps.count("failure");
    return undefined;
  }
  if (signal.aborted || begun === undefined) return undefined;
  const startedAt = clock.now();
  log.warn({ action: name, target, attempt: begun.count, of: action.maxAttempts }, "action begins");
  const { result, detail, output } = await execute(action, labels, signal, clock);
  // The next run finds that it was begun, and says so.
  if (signal.aborted) return undefined;
  const durationSeconds = elapsed(startedAt, clock.now());
  update((state) => end(state, clock.now(), action));
  deps.count(result);
  const about = { action: name, target, attempt: begun.count };
  const number = audit.add({ ...about, at: startedAt, result, detail, durationSeconds, output });
  log.warn({ ...about, result, detail, duration: durationSeconds }, "action ended");

  return async () => {
    const helped = await lookAfter(action, target, deps);
    if (signal.aborted) return;
    update((state) => settle(state, helped, action));
    if (helped === undefined) return;
    audit.amend(number, { helped });
    log.warn({ ...about, helped }, helped ? "action helped" : "action did not help");
  };
}

/** Why the attempt is not made, as things are now. */
async function objection(
  { verify }: Action,
  target: string,
  { inMaintenance, wellness, admit }: AttemptDeps,
): Promise<AttemptRefusal | undefined> {
  if (inMaintenance(target)) return "maintenance";
  const found = verify === "never" ? "unknown" : await wellness(target);
  if (found === "healthy") return "recovered";
  if (verify === "required" && found !== "unhealthy") return "unknown_target";
  return admit() ? undefined : "rate_limited";
}

/** Whether it helped, if that can be known. */
async function lookAfter(
  action: Action,
  target: string,
  { clock, wellness, signal }: AttemptDeps,
): Promise<boolean | undefined> {
  if (action.verify === "never") return undefined;
  await pause(clock, action.settle, signal);
  if (signal.aborted) return undefined;
  const found = await wellness(target);
  return found === "healthy" ? true : found === "unhealthy" ? false : undefined;
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
