import { defined } from "../core/defined.ts";
import type { FailureReason } from "../core/reasons.ts";
import type { Health, Mode } from "../core/status.ts";
import type { Thresholds } from "../core/target.ts";
import { after, elapsed, type Seconds, type Timestamp } from "../core/units.ts";

/** The failover state of one target. Immutable; `step` returns the next one. */
export interface FailoverState {
  readonly health: Health;
  readonly mode: Mode;
  readonly modeSince: Timestamp;
  /** Present while an operator forces the mode; without `until`, it lasts until `auto`. */
  readonly forced?: { readonly until?: Timestamp };
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
  /**
   * Consecutive results against the mode since it was entered: failures in primary, successes in fallback. Differs from the
   * streaks after a manual change, which lasts until there is new evidence.
   */
  readonly against: number;
  /** Number of changes to fallback. */
  readonly triggered: number;
  /** Number of changes back to primary. */
  readonly recovered: number;
  /** True if the current fallback has been reported as longer than `maxDuration`. */
  readonly overdue: boolean;
  /** LLM targets only: whether the model answered the last probe. A failure with an ignored reason does not set it to false. */
  readonly modelAvailable?: boolean;
  /** Id of the last result that was counted. */
  readonly lastResultId: number;
  readonly lastProbeAt?: Timestamp;
  readonly lastSuccessAt?: Timestamp;
}

/** An input of the state machine. */
export type FailoverEvent =
  | {
      readonly kind: "result";
      readonly id: number;
      readonly ok: boolean;
      readonly reason?: FailureReason;
      readonly answered?: boolean;
      readonly at: Timestamp;
    }
  /** A manual change of the mode that later results may undo. */
  | { readonly kind: "failover" | "recovery"; readonly at: Timestamp }
  /** A manual change of the mode that results do not undo until `auto`, or for the duration `lasting`. */
  | { readonly kind: "force"; readonly mode: Mode; readonly lasting?: Seconds; readonly at: Timestamp }
  /** The end of a forced mode. */
  | { readonly kind: "auto"; readonly at: Timestamp }
  /** The passage of time. */
  | { readonly kind: "tick"; readonly at: Timestamp };

/** A change to report: to the log, the event stream and metrics. */
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

/** The cause of a change of the mode: results, a manual change, or a forced mode. */
export type ModeCause = "threshold" | "manual" | "forced";

/** The thresholds of a target. */
export interface FailoverPolicy extends Thresholds {
  /** Present if the target has failover. Without it, the mode is always primary. */
  readonly failover?: { readonly maxDuration: Seconds };
}

/** The outcome of a step. */
export interface FailoverStep {
  readonly next: FailoverState;
  readonly effects: readonly FailoverEffect[];
}

/** Returns the state of a target without results. */
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
 * Steps the failover state machine. Pure: time comes with the event.
 *
 * `failures` consecutive failures make a target unhealthy and, if it has failover, switch its mode to fallback; `successes`
 * consecutive successes make it healthy and switch it back to primary. A result counts once, however often it is passed in.
 * A failure with an ignored reason changes neither streaks nor health nor mode.
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
  const probed = { ...state, lastResultId: event.id, lastProbeAt: event.at };
  const isIgnored = !event.ok && event.reason !== undefined && policy.ignoreReasons.has(event.reason);
  if (isIgnored) return unchanged(event.answered === true ? { ...probed, modelAvailable: true } : probed);

  const isAgainstMode = event.ok === (state.mode === "fallback");
  const counted: FailoverState = {
    ...probed,
    consecutiveFailures: event.ok ? 0 : state.consecutiveFailures + 1,
    consecutiveSuccesses: event.ok ? state.consecutiveSuccesses + 1 : 0,
    against: isAgainstMode ? state.against + 1 : 0,
    ...(event.ok ? { lastSuccessAt: event.at } : {}),
    ...defined({ modelAvailable: event.answered }),
  };
  return andThen(updateHealth(counted, event.at, policy), (next) => updateMode(next, event.at, policy));
}

function updateHealth(state: FailoverState, at: Timestamp, policy: FailoverPolicy): FailoverStep {
  const health =
    state.consecutiveFailures >= policy.failures
      ? "unhealthy"
      : state.consecutiveSuccesses >= policy.successes
        ? "healthy"
        : state.health;
  if (health === state.health) return unchanged(state);
  return { next: { ...state, health }, effects: [{ kind: "health", from: state.health, to: health, at }] };
}

/** Changes the mode if enough results since its start are against it, unless it is forced or younger than `minDwell`. */
function updateMode(state: FailoverState, at: Timestamp, policy: FailoverPolicy): FailoverStep {
  const needed = state.mode === "primary" ? policy.failures : policy.successes;
  if (state.forced !== undefined || state.against < needed || isWithinDwell(state, at, policy))
    return unchanged(state);
  return enter(state, state.mode === "primary" ? "fallback" : "primary", "threshold", at, policy);
}

/** Reports whether the mode is younger than `minDwell`, which does not apply to the initial mode. A clock set back does not extend it. */
function isWithinDwell(state: FailoverState, at: Timestamp, policy: FailoverPolicy): boolean {
  const age = elapsed(state.modeSince, at);
  return state.triggered + state.recovered > 0 && age >= 0 && age < policy.minDwell;
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

/** Ends a forced mode. The results counted meanwhile apply at once. */
function release(state: FailoverState, at: Timestamp, policy: FailoverPolicy): FailoverStep {
  const { forced: _forced, ...next } = state;
  return andThen({ next, effects: [{ kind: "force_ended", at }] }, (released) =>
    updateMode(released, at, policy),
  );
}

function onTick(state: FailoverState, at: Timestamp, policy: FailoverPolicy): FailoverStep {
  const until = state.forced?.until;
  const released = until !== undefined && at >= until ? release(state, at, policy) : unchanged(state);
  return andThen(released, (next) => {
    const limit = policy.failover?.maxDuration;
    const isOverdue = next.mode === "fallback" && limit !== undefined && elapsed(next.modeSince, at) > limit;
    if (!isOverdue || next.overdue) return unchanged(next);
    return { next: { ...next, overdue: true }, effects: [{ kind: "overdue", since: next.modeSince, at }] };
  });
}

function andThen(first: FailoverStep, then: (state: FailoverState) => FailoverStep): FailoverStep {
  const second = then(first.next);
  return { next: second.next, effects: [...first.effects, ...second.effects] };
}
