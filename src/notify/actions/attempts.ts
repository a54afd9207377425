import type { Action } from "../../core/action.ts";
import type { Log } from "../../core/log.ts";
import type { StateStore } from "../../core/memory.ts";
import { after, elapsed, seconds, type Timestamp } from "../../core/units.ts";

/** Why nothing is done about an alert. */
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

/** What is remembered of an action about one target. */
export interface Attempts {
  /** Attempts since the alert last stayed away long enough. */
  readonly count: number;
  /** When the alert was last said to fire. */
  readonly firingAt: Timestamp;
  /** Since when it is said to be over. */
  readonly resolvedAt?: Timestamp;
  readonly cooldownUntil?: Timestamp;
  /** All attempts were made, and the alert fires still. */
  readonly exhausted: boolean;
  /** Taken on and not begun: it is done after a restart, if that is soon. */
  readonly pending?: { readonly since: Timestamp; readonly labels: Readonly<Record<string, string>> };
  /** Begun: it is not begun a second time, whatever happens. */
  readonly running?: { readonly since: Timestamp };
}

/** The limits of an action, as far as they are about one target. */
export type AttemptPolicy = Pick<Action, "maxAttempts" | "cooldown" | "resetAfter">;

/** What was taken on longer ago is not done any more after a restart. */
const STALE = seconds(600);

/** An alert fires: whether something may be done about it now. */
export function onFiring(
  known: Attempts | undefined,
  alert: { readonly startsAt: Timestamp; readonly labels: Readonly<Record<string, string>> },
  now: Timestamp,
  policy: AttemptPolicy,
): { readonly next: Attempts; readonly refusal?: AttemptRefusal } {
  const calm = known === undefined || stayedAway(known, alert.startsAt, now, policy);
  const { resolvedAt: _over, ...before } = known ?? { count: 0, exhausted: false, firingAt: now };
  const state: Attempts = { ...before, firingAt: now, ...(calm ? { count: 0, exhausted: false } : {}) };
  if (state.pending !== undefined || state.running !== undefined) return { next: state, refusal: "running" };
  if (state.count >= policy.maxAttempts) {
    // Cooling down after the last attempt it may still turn out to have helped.
    const cooling = isCooling(state, now);
    return { next: { ...state, exhausted: state.exhausted || !cooling }, refusal: "exhausted" };
  }
  if (isCooling(state, now)) return { next: state, refusal: "cooldown" };
  return { next: { ...state, pending: { since: now, labels: alert.labels } } };
}

const isCooling = ({ cooldownUntil }: Attempts, now: Timestamp): boolean =>
  cooldownUntil !== undefined && now < cooldownUntil;

/** An alert that starts later than it was last heard of was over in between, whether that was said or not. */
function stayedAway(
  { resolvedAt, firingAt }: Attempts,
  startsAt: Timestamp,
  now: Timestamp,
  { resetAfter }: AttemptPolicy,
): boolean {
  const since = resolvedAt ?? (startsAt > firingAt ? firingAt : undefined);
  const until = startsAt < now ? startsAt : now;
  return since !== undefined && elapsed(since, until) >= resetAfter;
}

/** The alert is over. */
export const onResolved = (state: Attempts, now: Timestamp): Attempts => ({
  ...state,
  resolvedAt: state.resolvedAt ?? now,
  exhausted: false,
});

/** An attempt begins: it counts from now on, and so does its cooldown, whatever becomes of it. */
export function begin(state: Attempts, now: Timestamp, policy: AttemptPolicy): Attempts {
  const { pending: _begun, ...rest } = state;
  return {
    ...rest,
    count: state.count + 1,
    running: { since: now },
    cooldownUntil: after(now, policy.cooldown),
  };
}

/** What was taken on is not done after all. */
export function drop({ pending: _dropped, ...state }: Attempts): Attempts {
  return state;
}

/** The attempt is over; the target has its cooldown from here on. */
export const end = (state: Attempts, now: Timestamp, policy: AttemptPolicy): Attempts => ({
  ...state,
  cooldownUntil: after(now, policy.cooldown),
});

/** It is known whether it helped, as far as that can be known. */
export function settle(state: Attempts, helped: boolean | undefined, policy: AttemptPolicy): Attempts {
  const { running: _over, ...rest } = state;
  const last = state.count >= policy.maxAttempts && state.resolvedAt === undefined;
  return last && helped === false ? { ...rest, exhausted: true } : rest;
}

/** What to do after a restart about what was taken on or begun before it. */
export function restored(
  state: Attempts,
  now: Timestamp,
): { readonly next: Attempts; readonly todo: "nothing" | "resume" | "interrupted" | "stale" } {
  if (state.running !== undefined) {
    const { running: _over, ...next } = state;
    return { next, todo: "interrupted" };
  }
  if (state.pending === undefined) return { next: state, todo: "nothing" };
  const stale = Math.abs(elapsed(state.pending.since, now)) > STALE;
  return stale ? { next: drop(state), todo: "stale" } : { next: state, todo: "resume" };
}

/** Whether nothing has to be remembered any more. */
export const isForgettable = (state: Attempts, now: Timestamp, { resetAfter }: AttemptPolicy): boolean =>
  state.pending === undefined &&
  state.running === undefined &&
  state.resolvedAt !== undefined &&
  !isCooling(state, now) &&
  elapsed(state.resolvedAt, now) >= resetAfter;

/** Attempts as they were remembered, or `undefined` when they are none. */
export function readAttempts(value: unknown): Attempts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const one = value as Partial<Record<keyof Attempts, unknown>>;
  const times = [one.resolvedAt, one.cooldownUntil];
  const right =
    Number.isInteger(one.count) &&
    Number.isFinite(one.firingAt) &&
    typeof one.exhausted === "boolean" &&
    times.every((time) => time === undefined || Number.isFinite(time)) &&
    (one.pending === undefined || isPending(one.pending)) &&
    (one.running === undefined || hasTime(one.running));
  return right ? (value as Attempts) : undefined;
}

const hasTime = (value: unknown): value is { readonly since: Timestamp } =>
  typeof value === "object" && value !== null && "since" in value && Number.isFinite(value.since);

const isPending = (value: unknown): boolean =>
  hasTime(value) &&
  "labels" in value &&
  typeof value.labels === "object" &&
  value.labels !== null &&
  Object.values(value.labels).every((label) => typeof label === "string");

/** What is remembered of each action about each target. */
export interface AttemptBook {
  get(action: string, target: string): Attempts | undefined;
  put(action: string, target: string, state: Attempts): void;
  delete(action: string, target: string): void;
  list(): readonly AttemptEntry[];
  /** How many targets of an action are remembered. */
  count(action: string): number;
}

export interface AttemptEntry {
  readonly action: string;
  readonly target: string;
  readonly state: Attempts;
}

/** @param shelf its own, and nobody else's */
export function createBook(shelf: StateStore, log: Log): AttemptBook {
  const entries = new Map<string, AttemptEntry>();
  const keyOf = (action: string, target: string): string => JSON.stringify([action, target]);
  for (const [key, value] of shelf.entries()) {
    const [action, target] = names(key);
    const state = readAttempts(value);
    if (action !== undefined && target !== undefined && state !== undefined) {
      entries.set(key, { action, target, state });
    } else {
      shelf.delete(key);
      log.error({ key }, "remembered attempts cannot be read and are forgotten");
    }
  }
  return {
    get: (action, target) => entries.get(keyOf(action, target))?.state,
    put(action, target, state) {
      const key = keyOf(action, target);
      entries.set(key, { action, target, state });
      shelf.put(key, state);
    },
    delete(action, target) {
      const key = keyOf(action, target);
      entries.delete(key);
      shelf.delete(key);
    },
    list: () => [...entries.values()],
    count: (action) => [...entries.values()].filter((entry) => entry.action === action).length,
  };
}

function names(key: string): readonly (string | undefined)[] {
  try {
    const value: unknown = JSON.parse(key);
    return Array.isArray(value) ? value.map((name) => (typeof name === "string" ? name : undefined)) : [];
  } catch {
    return [];
  }
}
