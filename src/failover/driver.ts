import { hash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import { createEnds } from "../core/ends.ts";
import { createMemory, retainKeys, type StateStore } from "../core/memory.ts";
import type { Presence } from "../core/presence.ts";
import type { Result } from "../core/result.ts";
import { identityOf, type Target } from "../core/target.ts";
import { seconds } from "../core/units.ts";
import { readKnowledge, type Told, writeKnowledge } from "./knowledge.ts";
import {
  type FailoverEffect,
  type FailoverEvent,
  type FailoverPolicy,
  type FailoverState,
  initialState,
  step,
} from "./machine.ts";
import { restoredState } from "./restored-state.ts";

/** An operator's event without its time, which the driver adds. */
export type FailoverCommand = FailoverEvent extends infer E
  ? E extends FailoverEvent
    ? Omit<E, "at">
    : never
  : never;

/** Holds the failover states of all configured targets and steps them through events. */
export interface Driver {
  /** Returns the current state of a target, or `undefined` if it is not configured. */
  state(name: string): FailoverState | undefined;
  /** Steps the target by a result. A result counts once, however often it is recorded. */
  record(target: Target, result: Result): void;
  /** Steps the target by a probe that was due and that the target, whose last result is `result`, had asked to hold back. */
  hold(target: Target, result: Result): void;
  /** Applies an operator's command and returns the resulting state. */
  command(target: Target, command: FailoverCommand): FailoverState;
  /** Returns what is known of the targets that only a leader probes, for the next leader. */
  tell(): string;
  /** Takes over what another leader knows of those targets: their next leader goes on from there. */
  learn(knowledge: string | undefined): void;
  /** Replaces the targets, by name. Targets with an unchanged identity keep their state, others start from the initial one. */
  setTargets(targets: ReadonlyMap<string, Target>): void;
  /** Stops the clock. */
  stop(): void;
}

/** Interval at which forced modes expire and fallbacks become overdue, which happens without a probe. */
const TICK = seconds(1);

/**
 * Creates a driver without targets.
 * @param onEffect called for each effect, in order, after the state has changed
 * @param store persists the states
 * @param presence tells absences, in which no probe could end a fallback
 * @param onUnreadable called for a target whose stored state is malformed, so that it starts without one
 * @param follows reports whether this replica does not lead: another one knows the states of the targets that only a leader probes
 */
export function createDriver(
  clock: Clock,
  onEffect: (target: Target, effect: FailoverEffect, state: FailoverState) => void,
  store: StateStore = createMemory().namespace("failover"),
  presence?: Pick<Presence, "presentFor">,
  follows: () => boolean = () => false,
  onUnreadable: (target: Target) => void = () => {},
): Driver {
  const startedAt = clock.monotonic();
  const ends = createEnds(clock);
  let targets: ReadonlyMap<string, Target> = new Map();
  /** By the keys of states, so that a reload has nothing to do for targets that stay. */
  const states = new Map<string, FailoverState>();
  /** Made on demand: a reload must not hash every target at once. */
  const policies = new WeakMap<Target, FailoverPolicy>();
  const policyFor = (target: Target): FailoverPolicy => {
    const known = policies.get(target);
    if (known !== undefined) return known;
    const policy = policyOf(target);
    policies.set(target, policy);
    return policy;
  };

  const apply = (target: Target, event: FailoverEvent): FailoverState => {
    const key = stateKey(target);
    const state = states.get(key) ?? initialState(clock.now());
    // A result may come from a probe of before a reload; the present policy decides.
    const { next, effects } = step(state, event, policyFor(targets.get(target.name) ?? target));
    states.set(key, next);
    if (next !== state) store.put(key, next);
    for (const effect of effects) onEffect(target, effect, next);
    return next;
  };

  /** Ends a forced mode whose time is over. How much of it is left is known from the first call on, although the wall clock may be set. */
  const expire = (target: Target): void => {
    const key = stateKey(target);
    const until = states.get(key)?.forced?.until;
    if (until !== undefined && ends.hasPassed(key, until)) apply(target, { kind: "auto", at: clock.now() });
  };

  const restoreOrStart = (key: string, target: Target): FailoverState => {
    const stored = store.get(key);
    if (stored === undefined) return initialState(clock.now());
    const restored = restoredState(stored, policyFor(target), clock.now());
    if (restored === undefined) onUnreadable(target);
    return restored ?? initialState(clock.now());
  };

  const restoredFrom = (told: Told | undefined, target: Target): FailoverState | undefined =>
    told?.configuration === policyFor(target).configuration
      ? restoredState(told.state, policyFor(target), clock.now())
      : undefined;

  /**
   * Returns the state with which to follow. What this process has found out as the leader is outdated, also if the other leader
   * tells nothing; what it has restored is not if it is the newer of the two, as after a restart of the only replica.
   */
  const nextOf = (own: FailoverState, told: FailoverState | undefined): FailoverState => {
    const { lastResultId } = own;
    const hasOnlyRestored = lastResultId === 0;
    if (told === undefined) return hasOnlyRestored ? own : { ...initialState(clock.now()), lastResultId };
    if (hasOnlyRestored && (own.lastProbeAt ?? 0) > (told.lastProbeAt ?? 0)) return own;
    return { ...told, lastResultId };
  };

  const tick = (): void => {
    const presentFor = Math.min(
      presence?.presentFor() ?? Number.POSITIVE_INFINITY,
      clock.monotonic() - startedAt,
    );
    const isFollowing = follows();
    for (const target of targets.values()) {
      if (target.failover === undefined || (isFollowing && isLed(target))) continue;
      expire(target);
      const hadChance = presentFor >= target.interval;
      apply(target, { kind: "tick", at: clock.now(), ...(hadChance ? {} : { resumed: true }) });
    }
    cancel = clock.after(TICK, tick);
  };
  let cancel = clock.after(TICK, tick);

  return {
    state(name) {
      const target = targets.get(name);
      return target === undefined ? undefined : states.get(stateKey(target));
    },
    record(target, { id, endedAt, outcome, answered }) {
      if (!states.has(stateKey(target))) return;
      apply(target, {
        kind: "result",
        id,
        ok: outcome.ok,
        at: endedAt,
        ...(outcome.ok ? {} : { reason: outcome.reason }),
        ...defined({ answered }),
      });
    },
    hold(target, { outcome }) {
      if (!states.has(stateKey(target)) || outcome.ok) return;
      apply(target, { kind: "held", reason: outcome.reason, at: clock.now() });
    },
    tell: () =>
      writeKnowledge(
        [...targets.values()].filter(isLed).flatMap((target) => {
          const state = states.get(stateKey(target));
          return state === undefined ? [] : [[target.name, policyFor(target).configuration, state] as const];
        }),
      ),
    learn(text) {
      const known = readKnowledge(text);
      for (const target of targets.values()) {
        if (!isLed(target)) continue;
        const key = stateKey(target);
        const own = states.get(key) ?? initialState(clock.now());
        const next = nextOf(own, restoredFrom(known.get(target.name), target));
        if (next === own) continue;
        states.set(key, next);
        store.put(key, next);
      }
    },
    command(target, command) {
      const next = apply(target, { ...command, at: clock.now() });
      expire(target);
      return next;
    },
    setTargets(byName) {
      targets = byName;
      const present = new Set<string>();
      for (const target of targets.values()) {
        const key = stateKey(target);
        present.add(key);
        if (!states.has(key)) states.set(key, restoreOrStart(key, target));
      }
      for (const key of states.keys()) if (!present.has(key)) states.delete(key);
      retainKeys(store, present);
    },
    stop: () => cancel(),
  };
}

/** Reports whether only the leader of several replicas probes a target, because its probes cost money. */
export const isLed = ({ module }: Target): boolean => module.prober.costly;

const stateKeys = new WeakMap<Target, string>();

/** Returns the key of a target's state. It depends on failover, so that a target that loses failover does not stay in fallback. */
function stateKey(target: Target): string {
  const known = stateKeys.get(target);
  if (known !== undefined) return known;
  const key = `${target.failover !== undefined} ${identityOf(target)}`;
  stateKeys.set(target, key);
  return key;
}

const policyOf = (target: Target): FailoverPolicy => ({
  ...target.thresholds,
  interval: target.interval,
  configuration: configurationOf(target),
  ...defined({ failover: target.failover }),
});

/** Identifies what a target is asked, and how. Secrets are redacted in it: another key is the same configuration. */
const configurationOf = (target: Target): string =>
  hash("sha256", JSON.stringify([identityOf(target), target.module.source]), "base64url").slice(0, 22);
