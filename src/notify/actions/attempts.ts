import type { Action } from "../../core/action.ts";
import { isObject, type JsonObject } from "../../core/json-object.ts";
import type { Log } from "../../core/log.ts";
import type { StateStore } from "../../core/memory.ts";
import { after, elapsed, isTimestamp, seconds, type Timestamp, timestamp } from "../../core/units.ts";

/** Why no attempt is made about an alert. */
export type AttemptRefusal =
  | "running"
  | "cooldown"
  | "exhausted"
  | "recovered"
  | "maintenance"
  | "rate_limited"
  | "no_target"
  | "unknown_target"
  | "bad_argument"
  | "too_many_targets"
  | "stale";

/** The attempts of one action on one target. */
export interface AttemptState {
  /** Attempts since the last reset: see `resetAfter` of the action. */
  readonly count: number;
  /** When the alert was last received as firing. */
  readonly firingAt: Timestamp;
  /** When the alert was first received as resolved; absent while it fires. */
  readonly resolvedAt?: Timestamp;
  readonly cooldownUntil?: Timestamp;
  /** True if all attempts were made and the alert still fires. */
  readonly exhausted: boolean;
  /** An attempt accepted and not started. It is made after a restart, unless that takes too long. */
  readonly pending?: { readonly since: Timestamp; readonly labels: Readonly<Record<string, string>> };
  /** An attempt started. It is never repeated, even if a restart interrupts it. */
  readonly running?: { readonly since: Timestamp };
}

/** The limits of an action on one target. */
export type AttemptPolicy = Pick<Action, "maxAttempts" | "cooldown" | "resetAfter">;

/** Age beyond which a pending attempt is not made after a restart. */
const STALE = seconds(600);

/** Handles a firing alert: either makes an attempt pending or returns why not. */
export function onFiring(
  previous: AttemptState | undefined,
  alert: { readonly startsAt: Timestamp; readonly labels: Readonly<Record<string, string>> },
  now: Timestamp,
  policy: AttemptPolicy,
): { readonly next: AttemptState; readonly refusal?: AttemptRefusal } {
  const current =
    previous === undefined || wasAbsent(previous, alert.startsAt, now, policy)
      ? { ...previous, count: 0, exhausted: false }
      : previous;
  const { resolvedAt: _firingAgain, ...rest } = current;
  const state: AttemptState = { ...rest, firingAt: now };
  if (state.pending !== undefined || state.running !== undefined) return { next: state, refusal: "running" };
  if (state.count >= policy.maxAttempts) {
    // During the cooldown of the last attempt the alert may still resolve.
    const cooling = isCooling(state, now);
    return { next: { ...state, exhausted: state.exhausted || !cooling }, refusal: "exhausted" };
  }
  if (isCooling(state, now)) return { next: state, refusal: "cooldown" };
  return { next: { ...state, pending: { since: now, labels: alert.labels } } };
}

const isCooling = ({ cooldownUntil }: AttemptState, now: Timestamp): boolean =>
  cooldownUntil !== undefined && now < cooldownUntil;

/**
 * Returns true if the alert was absent for `resetAfter` before this start. An alert that starts after it was last
 * received was resolved in between, even if no notification said so.
 */
function wasAbsent(
  { resolvedAt, firingAt }: AttemptState,
  startsAt: Timestamp,
  now: Timestamp,
  { resetAfter }: AttemptPolicy,
): boolean {
  const isNew = resolvedAt !== undefined || startsAt > firingAt;
  const until = timestamp(Math.min(startsAt, now));
  return isNew && elapsed(resolvedAt ?? firingAt, until) >= resetAfter;
}

/** Handles a resolved alert. */
export const onResolved = (state: AttemptState, now: Timestamp): AttemptState => ({
  ...state,
  resolvedAt: state.resolvedAt ?? now,
  exhausted: false,
});

/** Starts the pending attempt: counts it and starts its cooldown, whatever its result will be. */
export function begin(state: AttemptState, now: Timestamp, policy: AttemptPolicy): AttemptState {
  const { pending: _started, ...rest } = state;
  return {
    ...rest,
    count: state.count + 1,
    running: { since: now },
    cooldownUntil: after(now, policy.cooldown),
  };
}

/** Discards the pending attempt. */
export function discardPending({ pending: _discarded, ...state }: AttemptState): AttemptState {
  return state;
}

/** Ends the execution of an attempt, and restarts its cooldown from here. */
export const end = (state: AttemptState, now: Timestamp, policy: AttemptPolicy): AttemptState => ({
  ...state,
  cooldownUntil: after(now, policy.cooldown),
});

/**
 * Concludes an attempt.
 * @param helped whether the target is healthy again; `undefined` if that cannot be told
 */
export function settle(
  state: AttemptState,
  helped: boolean | undefined,
  policy: AttemptPolicy,
): AttemptState {
  const { running: _ended, ...rest } = state;
  const last = state.count >= policy.maxAttempts && state.resolvedAt === undefined;
  return last && helped === false ? { ...rest, exhausted: true } : rest;
}

/** Decides after a restart what happens to an attempt that was pending or running before it. */
export function restored(
  state: AttemptState,
  now: Timestamp,
): { readonly next: AttemptState; readonly todo: "nothing" | "resume" | "interrupted" | "stale" } {
  if (state.running !== undefined) {
    const { running: _interrupted, ...next } = state;
    return { next, todo: "interrupted" };
  }
  if (state.pending === undefined) return { next: state, todo: "nothing" };
  const stale = Math.abs(elapsed(state.pending.since, now)) > STALE;
  return stale ? { next: discardPending(state), todo: "stale" } : { next: state, todo: "resume" };
}

/** Returns true if forgetting the state would change no later decision. */
export function isForgettable(state: AttemptState, now: Timestamp, { resetAfter }: AttemptPolicy): boolean {
  const { pending, running, resolvedAt } = state;
  const isReset = resolvedAt !== undefined && elapsed(resolvedAt, now) >= resetAfter;
  return isReset && pending === undefined && running === undefined && !isCooling(state, now);
}

/** Parses a persisted state; returns `undefined` if it is malformed. */
export function readAttemptState(value: unknown): AttemptState | undefined {
  if (!isObject(value)) return undefined;
  const one: Partial<Record<keyof AttemptState, unknown>> = value;
  const isValid =
    Number.isInteger(one.count) &&
    isTimestamp(one.firingAt) &&
    typeof one.exhausted === "boolean" &&
    [one.resolvedAt, one.cooldownUntil].every((time) => time === undefined || isTimestamp(time)) &&
    (one.pending === undefined || isPending(one.pending)) &&
    (one.running === undefined || hasTime(one.running));
  return isValid ? (value as unknown as AttemptState) : undefined;
}

const hasTime = (value: unknown): value is JsonObject => isObject(value) && isTimestamp(value["since"]);

const isPending = (value: unknown): boolean =>
  hasTime(value) &&
  isObject(value["labels"]) &&
  Object.values(value["labels"]).every((label) => typeof label === "string");

/** The attempts of all actions on all targets, persisted. */
export interface AttemptStore {
  get(action: string, target: string): AttemptState | undefined;
  put(action: string, target: string, state: AttemptState): void;
  delete(action: string, target: string): void;
  list(): readonly AttemptEntry[];
  /** Returns the number of targets stored for an action. */
  count(action: string): number;
}

/** The attempts of one action on one target, with both names. */
export interface AttemptEntry {
  readonly action: string;
  readonly target: string;
  readonly state: AttemptState;
}

/**
 * Restores the attempts of the previous run.
 * @param store used for nothing else
 */
export function createAttemptStore(store: StateStore, log: Log): AttemptStore {
  const entries = new Map<string, AttemptEntry>();
  const keyOf = (action: string, target: string): string => JSON.stringify([action, target]);
  for (const [key, value] of store.entries()) {
    const names = namesIn(key);
    const state = readAttemptState(value);
    if (names !== undefined && state !== undefined) {
      const [action, target] = names;
      entries.set(key, { action, target, state });
    } else {
      store.delete(key);
      log.error({ key }, "the stored attempts of an action cannot be read and were deleted");
    }
  }
  return {
    get: (action, target) => entries.get(keyOf(action, target))?.state,
    put(action, target, state) {
      const key = keyOf(action, target);
      entries.set(key, { action, target, state });
      store.put(key, state);
    },
    delete(action, target) {
      const key = keyOf(action, target);
      entries.delete(key);
      store.delete(key);
    },
    list: () => [...entries.values()],
    count: (action) => [...entries.values()].filter((entry) => entry.action === action).length,
  };
}

function namesIn(key: string): Names | undefined {
  const names = parsed(key);
  return isNames(names) ? names : undefined;
}

type Names = readonly [action: string, target: string];

const isNames = (value: unknown): value is Names =>
  Array.isArray(value) && value.length === 2 && value.every((name) => typeof name === "string");

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
