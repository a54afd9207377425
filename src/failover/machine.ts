import { defined } from "../core/defined.ts";
import type { FailureReason } from "../core/reasons.ts";
import type { Health, Mode } from "../core/status.ts";
import type { Thresholds } from "../core/target.ts";
import { after, elapsed, type Seconds, type Timestamp } from "../core/units.ts";

/** What is remembered of one target. Immutable; `step` makes the next one. */
export interface FailoverState {
  readonly health: Health;
  readonly mode: Mode;
  readonly modeSince: Timestamp;
  /** Set while the mode was forced by hand; without `until` it stays until `auto`. */
  readonly forced?: { readonly until?: Timestamp };
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
  /**
   * Results in a row that speak against the mode, since it was entered: failures in primary, successes in fallback.
   * Differs from the streaks after a change by hand, which is to last until there is new evidence.
   */
  readonly against: number;
  /** How often the mode became fallback, and primary again. */
  readonly triggered: number;
  readonly recovered: number;
  /** Whether this stay in fallback was reported as longer than allowed. */
  readonly overdue: boolean;
  /** Only of targets that are asked: whether the last probe that says something about it got an answer. */
  readonly modelAvailable?: boolean;
  readonly lastResultId: number;
  readonly lastProbeAt?: Timestamp;
  readonly lastSuccessAt?: Timestamp;
}

export type FailoverEvent =
  | {
      readonly kind: "result";
      readonly id: number;
      readonly ok: boolean;
      readonly reason?: FailureReason;
      readonly answered?: boolean;
      readonly at: Timestamp;
    }
  /** Changes by hand that normal results may undo. */
  | { readonly kind: "failover" | "recovery"; readonly at: Timestamp }
  /** A change by hand that sticks, until `auto` or for a while. */
  | { readonly kind: "force"; readonly mode: Mode; readonly lasting?: Seconds; readonly at: Timestamp }
  | { readonly kind: "auto"; readonly at: Timestamp }
  /** Time passed. */
  | { readonly kind: "tick"; readonly at: Timestamp };

/** What a step changed that others want to know. */
export type FailoverEffect =
  | {
      readonly kind: "mode";
      readonly from: Mode;
      readonly to: Mode;
      readonly cause: ModeCause;
      readonly at: Timestamp;
    }
  | { readonly kind: "health"; readonly from: Health; readonly to: Health; readonly at: Timestamp }
  | { readonly kind: "force_ended"; readonly at: Timestamp }
  | { readonly kind: "overdue"; readonly since: Timestamp; readonly at: Timestamp };
export type ModeCause = "threshold" | "manual" | "forced";

export interface FailoverPolicy extends Thresholds {
  /** Present if the target has failover: without it the mode is primary for ever. */
  readonly failover?: { readonly maxDuration: Seconds };
}

export interface FailoverStep {
  readonly next: FailoverState;
  readonly effects: readonly FailoverEffect[];
}

/** The state of a target that nothing is known of. */
export const initialState = (at: Timestamp): FailoverState => ({
  health: "unknown",
  mode: "primary",
  modeSince: at,
  consecutiveFailures: 0,
  consecutiveSuccesses: 0,
  against: 0,
  triggered: 0,
  recovered: 0,
  overdue: false,
  lastResultId: 0,
});

/**
 * The failover machine: pure, time comes with the event.
 *
 * `failures` failures in a row make a target unhealthy and, if it has failover, its mode fallback; `successes`
 * successes in a row make it healthy and primary. A result is counted once, however often it is shown. A failure whose
 * reason is ignored moves nothing.
 */
export function step(state: FailoverState, event: FailoverEvent, policy: FailoverPolicy): FailoverStep {
  switch (event.kind) {
    case "result":
      return event.id <= state.lastResultId ? unchanged(state) : onResult(state, event, policy);
    case "failover":
      return enter(state, "fallback", "manual", event.at, policy);
    case "recovery":
      return enter(state, "primary", "manual", event.at, policy);
    case "force":
      return onForce(state, event, policy);
    case "auto":
      return state.forced === undefined ? unchanged(state) : release(state, event.at, policy);
    case "tick":
      return onTick(state, event.at, policy);
  }
}

const unchanged = (state: FailoverState): FailoverStep => ({ next: state, effects: [] });

function onResult(
  state: FailoverState,
  event: FailoverEvent & { kind: "result" },
  policy: FailoverPolicy,
): FailoverStep {
  const seen = { ...state, lastResultId: event.id, lastProbeAt: event.at };
  const ignored = !event.ok && event.reason !== undefined && policy.ignoreReasons.has(event.reason);
  if (ignored) return unchanged(event.answered === true ? { ...seen, modelAvailable: true } : seen);

  const speaksAgainst = event.ok === (state.mode === "fallback");
  const counted: FailoverState = {
    ...seen,
    consecutiveFailures: event.ok ? 0 : state.consecutiveFailures + 1,
    consecutiveSuccesses: event.ok ? state.consecutiveSuccesses + 1 : 0,
    against: speaksAgainst ? state.against + 1 : 0,
    ...(event.ok ? { lastSuccessAt: event.at } : {}),
    ...defined({ modelAvailable: event.answered }),
  };
  const judged = judgeHealth(counted, event.at, policy);
  return followedBy(judged, (next) => settle(next, event.at, policy));
}

function judgeHealth(state: FailoverState, at: Timestamp, policy: FailoverPolicy): FailoverStep {
  const health =
    state.consecutiveFailures >= policy.failures
      ? "unhealthy"
      : state.consecutiveSuccesses >= policy.successes
        ? "healthy"
        : state.health;
  if (health === state.health) return unchanged(state);
  return { next: { ...state, health }, effects: [{ kind: "health", from: state.health, to: health, at }] };
}

/** Changes the mode if the evidence since its beginning suffices and nothing holds it. */
function settle(state: FailoverState, at: Timestamp, policy: FailoverPolicy): FailoverStep {
  const needed = state.mode === "primary" ? policy.failures : policy.successes;
  if (state.forced !== undefined || state.against < needed || dwells(state, at, policy))
    return unchanged(state);
  return enter(state, state.mode === "primary" ? "fallback" : "primary", "threshold", at, policy);
}

/** The first mode was not entered by a change, so it owes no stay; a clock set back does not prolong one. */
function dwells(state: FailoverState, at: Timestamp, policy: FailoverPolicy): boolean {
  const stayed = elapsed(state.modeSince, at);
  return state.triggered + state.recovered > 0 && stayed >= 0 && stayed < policy.minDwell;
}

function enter(
  state: FailoverState,
  mode: Mode,
  cause: ModeCause,
  at: Timestamp,
  policy: FailoverPolicy,
): FailoverStep {
  if (state.mode === mode || policy.failover === undefined) return unchanged(state);
  const next: FailoverState = {
    ...state,
    mode,
    modeSince: at,
    against: 0,
    overdue: false,
    triggered: state.triggered + (mode === "fallback" ? 1 : 0),
    recovered: state.recovered + (mode === "primary" ? 1 : 0),
  };
  return { next, effects: [{ kind: "mode", from: state.mode, to: mode, cause, at }] };
}

function onForce(
  state: FailoverState,
  event: FailoverEvent & { kind: "force" },
  policy: FailoverPolicy,
): FailoverStep {
  if (policy.failover === undefined) return unchanged(state);
  const entered = enter(state, event.mode, "forced", event.at, policy);
  const forced = event.lasting === undefined ? {} : { until: after(event.at, event.lasting) };
  return { ...entered, next: { ...entered.next, forced } };
}

/** Gives the mode back to the results: what they have said meanwhile counts at once. */
function release(state: FailoverState, at: Timestamp, policy: FailoverPolicy): FailoverStep {
  const { forced: _ended, ...free } = state;
  return followedBy({ next: free, effects: [{ kind: "force_ended", at }] }, (next) =>
    settle(next, at, policy),
  );
}

function onTick(state: FailoverState, at: Timestamp, policy: FailoverPolicy): FailoverStep {
  const until = state.forced?.until;
  const released = until !== undefined && at >= until ? release(state, at, policy) : unchanged(state);
  return followedBy(released, (next) => {
    const limit = policy.failover?.maxDuration;
    const late = next.mode === "fallback" && limit !== undefined && elapsed(next.modeSince, at) > limit;
    if (!late || next.overdue) return unchanged(next);
    return { next: { ...next, overdue: true }, effects: [{ kind: "overdue", since: next.modeSince, at }] };
  });
}

function followedBy(first: FailoverStep, then: (state: FailoverState) => FailoverStep): FailoverStep {
  const second = then(first.next);
  return { next: second.next, effects: [...first.effects, ...second.effects] };
}
