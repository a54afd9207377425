import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import { createMemory, retainKeys, type StateStore } from "../core/memory.ts";
import type { Result } from "../core/result.ts";
import { identityOf, type Target } from "../core/target.ts";
import { seconds } from "../core/units.ts";
import {
  type FailoverEffect,
  type FailoverEvent,
  type FailoverPolicy,
  type FailoverState,
  initialState,
  step,
} from "./machine.ts";
import { restoredState } from "./restored-state.ts";

/** An event without its time, which the driver adds. */
export type Command = FailoverEvent extends infer E
  ? E extends FailoverEvent
    ? Omit<E, "at">
    : never
  : never;

/** Holds the states of all configured targets, applies events to them and tells what came of it. */
export interface Driver {
  /** The state of a target, as of now; `undefined` if there is none of that name. */
  state(name: string): FailoverState | undefined;
  /** Counts a result, once. */
  record(target: Target, result: Result): void;
  /** Applies a change by hand and returns the state after it. */
  command(target: Target, command: Command): FailoverState;
  /** Takes over a new list of targets: those that are still the same keep their state, the others start anew. */
  setTargets(targets: readonly Target[]): void;
  stop(): void;
}

/** Forced modes end and fallbacks become overdue without a probe, so somebody has to look at the clock. */
const TICK = seconds(1);

/**
 * @param report called for each effect, in order, after the state has changed
 * @param shelf where states are kept over a restart
 */
export function createDriver(
  clock: Clock,
  report: (target: Target, effect: FailoverEffect, state: FailoverState) => void,
  shelf: StateStore = createMemory().namespace("failover"),
): Driver {
  let targets: readonly Target[] = [];
  let states = new Map<string, FailoverState>();

  const apply = (target: Target, event: FailoverEvent): FailoverState => {
    const state = states.get(target.name) ?? initialState(clock.now());
    const { next, effects } = step(state, event, policyOf(target));
    states.set(target.name, next);
    if (next !== state) shelf.put(stateKey(target), next);
    for (const effect of effects) report(target, effect, next);
    return next;
  };

  const tick = (): void => {
    for (const target of targets)
      if (target.failover !== undefined) apply(target, { kind: "tick", at: clock.now() });
    cancel = clock.after(TICK, tick);
  };
  let cancel = clock.after(TICK, tick);

  return {
    state: (name) => states.get(name),
    record(target, { id, endedAt, outcome, answered }) {
      if (!states.has(target.name)) return;
      apply(target, {
        kind: "result",
        id,
        ok: outcome.ok,
        at: endedAt,
        ...(outcome.ok ? {} : { reason: outcome.reason }),
        ...defined({ answered }),
      });
    },
    command: (target, command) => apply(target, { ...command, at: clock.now() }),
    setTargets(list) {
      const kept = new Map(targets.map((target) => [stateKey(target), states.get(target.name)]));
      targets = list;
      const begin = (target: Target): FailoverState =>
        restoredState(shelf.get(stateKey(target)), target.interval, clock.now()) ?? initialState(clock.now());
      states = new Map(list.map((target) => [target.name, kept.get(stateKey(target)) ?? begin(target)]));
      retainKeys(shelf, new Set(list.map(stateKey)));
    },
    stop: () => cancel(),
  };
}

/** A target that gains or loses failover starts anew, lest it stay in a mode that it no longer has. */
const stateKey = (target: Target): string => `${target.failover !== undefined} ${identityOf(target)}`;

const policyOf = ({ thresholds, failover }: Target): FailoverPolicy =>
  failover === undefined ? thresholds : { ...thresholds, failover };
