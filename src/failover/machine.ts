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
  /** The last failed probe. Kept while later probes succeed. */
  readonly lastFailure?: { readonly at: Timestamp; readonly reason: FailureReason };
  /** Time of the last probe that was due and held back, since the last result. */
  readonly lastHeldAt?: Timestamp;
  /** The configuration (`FailoverPolicy.configuration`) of the last success. */
  readonly provenConfiguration?: string;
  /** The configuration whose mistake has been reported. */
  readonly reportedConfiguration?: string;
}

/** An input of the state machine. */
export type FailoverEvent =
  | {
      readonly kind: "result";
      readonly id: number;
      readonly ok: boolean;
      /** Set if it failed. */
      readonly reason?: FailureReason;
      readonly answered?: boolean;
      readonly at: Timestamp;
    }
  /** A probe was due, and the target had asked (`Retry-After`) not to be probed yet. `reason` is that of its last result. */
  | { readonly kind: "held"; readonly reason: FailureReason; readonly at: Timestamp }
  /** A manual change of the mode that later results may undo. */
  | { readonly kind: "failover" | "recovery"; readonly at: Timestamp }
  /** A manual change of the mode that results do not undo until `auto`, or for the duration `lasting`. */
  | { readonly kind: "force"; readonly mode: Mode; readonly lasting?: Seconds; readonly at: Timestamp }
  /** The end of a forced mode. */
  | { readonly kind: "auto"; readonly at: Timestamp }
  /** The passage of time. `resumed`: the exporter ran too little since its start, or its last absence, for a probe to end a fallback. */
  | { readonly kind: "tick"; readonly at: Timestamp; readonly resumed?: true };

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
  | { readonly kind: "overdue"; readonly since: Timestamp; readonly at: Timestamp }
  /** The target refuses what this configuration asks, and never has accepted it. Reported once per configuration. */
  | { readonly kind: "misconfigured"; readonly reason: FailureReason; readonly at: Timestamp };

/** The cause of a change of the mode: results, a manual change, or a forced mode. */
export type ModeCause = "threshold" | "manual" | "forced";

/** The thresholds of a target. */
export interface FailoverPolicy extends Thresholds {
  /** Present if the target has failover. Without it, the mode is always primary. */
  readonly failover?: { readonly maxDuration: Seconds };
  /** Time between two probes. */
  readonly interval: Seconds;
  /** Identifies what the target is asked, and how: another value is another configuration. */
  readonly configuration: string;
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
 * consecutive successes make it healthy and switch it back to primary; the first success after nothing is known makes it
 * healthy at once. A result counts once, however often it is passed in. A failure with an ignored reason changes neither
 * streaks nor mode. A probe that the target itself holds back counts as a failure.
 */
export function step(state: FailoverState, event: FailoverEvent, policy: FailoverPolicy): FailoverStep {
  switch (event.kind) {
    case "result":
      return event.id <= state.lastResultId ? unchanged(state) : onResult(state, event, policy);
    case "held":
      return onHeld(state, event, policy);
    case "failover":
      return enter(state, "fallback", "manual", event.at, policy);
    case "recovery":
      return enter(state, "primary", "manual", event.at, policy);
    case "force":
      return onForce(state, event, policy);
    case "auto":
      return state.forced === undefined ? unchanged(state) : release(state, event.at, policy);
    case "tick":
      return onTick(state, event, policy);
  }
}

const unchanged = (state: FailoverState): FailoverStep => ({ next: state, effects: [] });

function onResult(
  { lastHeldAt: _held, ...state }: FailoverState,
  event: FailoverEvent & { kind: "result" },
  policy: FailoverPolicy,
): FailoverStep {
  const probed: FailoverState = {
    ...state,
    lastResultId: event.id,
    lastProbeAt: event.at,
    ...(event.reason === undefined ? {} : { lastFailure: { at: event.at, reason: event.reason } }),
  };
  if (event.ok) {
    const { reportedConfiguration: _reported, ...proven } = probed;
    return count(
      { ...proven, lastSuccessAt: event.at, provenConfiguration: policy.configuration },
      event,
      policy,
    );
  }
  if (event.reason === undefined || !isIgnored(state, event.reason, policy))
    return count(probed, event, policy);
  const heard = event.answered === true ? { ...probed, modelAvailable: true } : probed;
  return policy.ignoreUntilSuccess === true
    ? onOwnMistake(heard, event.reason, event.at, policy)
    : unchanged(heard);
}

/** Counts a success or a failure and draws the consequences. */
function count(
  state: FailoverState,
  { ok, answered, at }: Pick<FailoverEvent & { kind: "result" }, "ok" | "answered" | "at">,
  policy: FailoverPolicy,
): FailoverStep {
  const isAgainstMode = ok === (state.mode === "fallback");
  const counted: FailoverState = {
    ...state,
    consecutiveFailures: ok ? 0 : state.consecutiveFailures + 1,
    consecutiveSuccesses: ok ? state.consecutiveSuccesses + 1 : 0,
    against: isAgainstMode ? state.against + 1 : 0,
    ...defined({ modelAvailable: answered }),
  };
  return andThen(updateHealth(counted, at, policy), (next) => updateMode(next, at, policy));
}

function isIgnored(state: FailoverState, reason: FailureReason, policy: FailoverPolicy): boolean {
  const isProven = state.provenConfiguration === policy.configuration;
  return policy.ignoreReasons.has(reason) && !(policy.ignoreUntilSuccess === true && isProven);
}

/** The configuration is wrong, which says nothing about the target: what was known of it before does not hold any more. */
function onOwnMistake(
  { modelAvailable, ...state }: FailoverState,
  reason: FailureReason,
  at: Timestamp,
  policy: FailoverPolicy,
): FailoverStep {
  const next: FailoverState = {
    ...state,
    ...(modelAvailable === false ? { modelAvailable } : {}),
    health: state.health === "healthy" ? "unknown" : state.health,
    reportedConfiguration: policy.configuration,
  };
  return {
    next,
    effects: [
      ...(next.health === state.health
        ? []
        : [{ kind: "health", from: state.health, to: next.health, at } as const]),
      ...(state.reportedConfiguration === policy.configuration
        ? []
        : [{ kind: "misconfigured", reason, at } as const]),
    ],
  };
}

/** Share of the interval that has to pass before a held probe counts again: several scrapes of one interval are one probe. */
const HELD_SHARE = 0.9;

function onHeld(
  state: FailoverState,
  { reason, at }: FailoverEvent & { kind: "held" },
  policy: FailoverPolicy,
): FailoverStep {
  const last = state.lastHeldAt ?? state.lastProbeAt;
  const since = last === undefined ? undefined : elapsed(last, at);
  const isSameProbe = since !== undefined && since >= 0 && since < HELD_SHARE * policy.interval;
  if (isSameProbe || isIgnored(state, reason, policy)) return unchanged(state);
  return count({ ...state, lastHeldAt: at }, { ok: false, at }, policy);
}

function updateHealth(state: FailoverState, at: Timestamp, policy: FailoverPolicy): FailoverStep {
  const successes = state.health === "unknown" ? 1 : policy.successes;
  const health =
    state.consecutiveFailures >= policy.failures
      ? "unhealthy"
      : state.consecutiveSuccesses >= successes
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

function onTick(
  state: FailoverState,
  { at, resumed }: FailoverEvent & { kind: "tick" },
  policy: FailoverPolicy,
): FailoverStep {
  const until = state.forced?.until;
  const released = until !== undefined && at >= until ? release(state, at, policy) : unchanged(state);
  return andThen(released, (next) => {
    const limit = policy.failover?.maxDuration;
    const isOverdue = next.mode === "fallback" && limit !== undefined && elapsed(next.modeSince, at) > limit;
    if (!isOverdue || next.overdue || resumed === true) return unchanged(next);
    return { next: { ...next, overdue: true }, effects: [{ kind: "overdue", since: next.modeSince, at }] };
  });
}

function andThen(first: FailoverStep, then: (state: FailoverState) => FailoverStep): FailoverStep {
  const second = then(first.next);
  return { next: second.next, effects: [...first.effects, ...second.effects] };
}
