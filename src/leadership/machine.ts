import { type LeaseRecord, type LeaseSpec, microTime } from "../core/lease.ts";
import { type Seconds, seconds, type Timestamp } from "../core/units.ts";

/**
 * Who leads, by a Lease that all replicas read and write; client-go's leader election with two differences: a write
 * counts as ours by the time that we wrote into it and never by the name of its holder alone, so that two replicas of
 * the same name never both lead; and leadership ends by itself, without a call that has to fail first.
 *
 * Why no two lead: a leader leads until two thirds of the duration have passed since it *sent* its last successful
 * write. Others take over when they have seen the Lease unchanged for the whole duration, which began no earlier than
 * that write, and only on top of the version they saw. No clock is compared with another; they only have to run at
 * rates that differ by less than half.
 */

export interface LeasePolicy {
  /** What stands in `holderIdentity`. */
  readonly identity: string;
  /** How long others wait after a renewal; whole seconds. */
  readonly duration: Seconds;
  readonly renewInterval: Seconds;
}

/** For which part of the duration a write makes a leader: client-go's 10 of 15 seconds. */
const LEADING_SHARE = 2 / 3;

/** When a moment is, by the clock that never jumps and by the one that stands in the Lease. */
export interface Moment {
  readonly at: Seconds;
  readonly now: Timestamp;
}

interface PendingWrite {
  readonly renewTime: string;
  readonly at: Seconds;
}

/** Writes of unknown fate that are kept in mind; one that is forgotten counts as somebody else's, which is safe. */
const SENT_KEPT = 8;

export interface LeaseState {
  /** What the Lease said last, and since when it is known to say so. */
  readonly observed?: { readonly record: LeaseRecord; readonly since: Seconds };
  /** Our writes from the last one on that is known to have arrived, and when each was sent; the fate of the others is not known. */
  readonly sent?: readonly PendingWrite[];
  /** We lead until then. */
  readonly leadsUntil?: Seconds;
  /** A version was refused in this round already: the next look is in the next one. */
  readonly refused?: boolean;
}

export type LeaseEvent = Moment &
  (
    | { readonly kind: "due" }
    /** What a read found. */
    | { readonly kind: "found"; readonly record: LeaseRecord }
    | { readonly kind: "absent" }
    /** Our write was accepted. */
    | { readonly kind: "written"; readonly record: LeaseRecord }
    | { readonly kind: "conflict" }
    | { readonly kind: "failed" }
  );

/** What to do next. `wait`: until the next `due`; where `jitter` is true a random part of it may be left out. */
export type LeaseEffect =
  | { readonly kind: "read" }
  | { readonly kind: "create"; readonly spec: LeaseSpec }
  | { readonly kind: "update"; readonly record: LeaseRecord; readonly spec: LeaseSpec }
  | { readonly kind: "wait"; readonly lasting: Seconds; readonly jitter: boolean };

export interface LeaseStep {
  readonly next: LeaseState;
  readonly effect: LeaseEffect;
}

/** Whether a replica in this state leads at the monotonic time `at`. */
export const leadsAt = ({ leadsUntil }: LeaseState, at: Seconds): boolean =>
  leadsUntil !== undefined && at < leadsUntil;

/** One step; each event has exactly one effect, whose outcome is the next event. */
export function step(state: LeaseState, event: LeaseEvent, policy: LeasePolicy): LeaseStep {
  switch (event.kind) {
    case "due":
      return onDue({ ...state, refused: false }, event, policy);
    case "found":
      return onFound(observe(state, event.record, event.at), event.record, event, policy);
    case "absent":
      return onAbsent(state, event, policy);
    case "written":
      return onWritten(observe(state, event.record, event.at), event.record, event, policy);
    case "conflict":
      return state.refused === true
        ? { next: state, effect: retry(policy) }
        : { next: { ...state, refused: true }, effect: { kind: "read" } };
    case "failed":
      return { next: state, effect: retry(policy) };
  }
}

/** The leader renews what it wrote without reading it first; all others look. */
function onDue(state: LeaseState, moment: Moment, policy: LeasePolicy): LeaseStep {
  const record = state.observed?.record;
  const ours = record === undefined ? undefined : sentAs(state, record, policy);
  // The newest write only: after one of unknown fate the version to build on is unknown, too.
  if (
    record !== undefined &&
    ours !== undefined &&
    ours === state.sent?.at(-1) &&
    leadsAt(state, moment.at)
  ) {
    return renew(state, record, moment, policy);
  }
  return { next: state, effect: { kind: "read" } };
}

function onFound(state: LeaseState, record: LeaseRecord, moment: Moment, policy: LeasePolicy): LeaseStep {
  // Be it one of which we never heard that it arrived: it makes us leader from when it was sent.
  const ours = sentAs(state, record, policy);
  if (ours !== undefined) return renew(leadFrom(state, ours, policy), record, moment, policy);
  // Somebody else wrote after us.
  const { leadsUntil: _lost, ...following } = state;
  const left = record.holder === "" ? seconds(0) : timeLeft(following, moment.at, policy);
  if (left <= 0) return takeOver(following, record, moment, policy);
  const poll = policy.renewInterval;
  // Where it expires before the next look, the look is then, so that a takeover takes no longer than it has to.
  const effect: LeaseEffect =
    left < poll
      ? { kind: "wait", lasting: left, jitter: false }
      : { kind: "wait", lasting: poll, jitter: true };
  return { next: following, effect };
}

/** Nobody holds what does not exist; but who deleted it did not tell the holder, who leads on for a while. */
function onAbsent(state: LeaseState, moment: Moment, policy: LeasePolicy): LeaseStep {
  const record = state.observed?.record;
  const foreign = record !== undefined && record.holder !== "" && sentAs(state, record, policy) === undefined;
  const left = foreign ? timeLeft(state, moment.at, policy) : seconds(0);
  if (left > 0) return { next: state, effect: { kind: "wait", lasting: left, jitter: false } };
  const time = microTime(moment.now);
  const { identity: holder, duration } = policy;
  const spec = { holder, duration, acquireTime: time, renewTime: time, transitions: 0 };
  return { next: sending(state, spec, moment), effect: { kind: "create", spec } };
}

function onWritten(state: LeaseState, record: LeaseRecord, moment: Moment, policy: LeasePolicy): LeaseStep {
  const ours = sentAs(state, record, policy);
  // Something in between changed what we wrote: what it made of it is for the next look to say.
  if (ours === undefined) return { next: state, effect: retry(policy) };
  const lasting = seconds(Math.max(0, ours.at + policy.renewInterval - moment.at));
  return { next: leadFrom(state, ours, policy), effect: { kind: "wait", lasting, jitter: false } };
}

function renew(state: LeaseState, record: LeaseRecord, moment: Moment, policy: LeasePolicy): LeaseStep {
  const { object: _object, version: _version, ...before } = record;
  const spec = { ...before, duration: policy.duration, renewTime: microTime(moment.now) };
  return { next: sending(state, spec, moment), effect: { kind: "update", record, spec } };
}

function takeOver(state: LeaseState, record: LeaseRecord, moment: Moment, policy: LeasePolicy): LeaseStep {
  const time = microTime(moment.now);
  const { identity: holder, duration } = policy;
  const transitions = record.transitions + (record.holder === holder ? 0 : 1);
  const spec = { holder, duration, acquireTime: time, renewTime: time, transitions };
  return { next: sending(state, spec, moment), effect: { kind: "update", record, spec } };
}

/**
 * What to write at the end, so that others need not wait: nobody holds it, for the shortest duration (client-go's way).
 * `undefined` when there is nothing to give up. The caller no longer leads from before this is sent.
 */
export function release(
  state: LeaseState,
  { now }: Moment,
  policy: LeasePolicy,
): { readonly record: LeaseRecord; readonly spec: LeaseSpec } | undefined {
  const record = state.observed?.record;
  if (record === undefined || sentAs(state, record, policy) === undefined) return undefined;
  const time = microTime(now);
  const { transitions } = record;
  return {
    record,
    spec: { holder: "", duration: seconds(1), acquireTime: time, renewTime: time, transitions },
  };
}

/** Labels and the like may change without a sign of life of the holder. */
function observe(state: LeaseState, record: LeaseRecord, at: Seconds): LeaseState {
  const { observed } = state;
  const since = observed !== undefined && sameSpec(observed.record, record) ? observed.since : at;
  return { ...state, observed: { record, since } };
}

const sameSpec = (a: LeaseSpec, b: LeaseSpec): boolean =>
  a.holder === b.holder &&
  a.renewTime === b.renewTime &&
  a.acquireTime === b.acquireTime &&
  a.duration === b.duration &&
  a.transitions === b.transitions;

/** Which of our writes the Lease shows; `undefined` when it shows somebody else's. */
const sentAs = (
  { sent = [] }: LeaseState,
  { holder, renewTime }: LeaseSpec,
  { identity }: LeasePolicy,
): PendingWrite | undefined =>
  holder === identity ? sent.find((write) => write.renewTime === renewTime) : undefined;

const sending = (state: LeaseState, { renewTime = "" }: LeaseSpec, { at }: Moment): LeaseState => ({
  ...state,
  sent: [...(state.sent ?? []), { renewTime, at }].slice(-SENT_KEPT),
});

const leadFrom = (state: LeaseState, ours: PendingWrite, { duration }: LeasePolicy): LeaseState => ({
  ...state,
  // What was sent before it can no longer arrive: it would build on an older version.
  sent: (state.sent ?? []).filter(({ at }) => at >= ours.at),
  leadsUntil: seconds(ours.at + LEADING_SHARE * duration),
});

/** How long the Lease, as it stands, still binds others; its holder may have promised another duration than ours. */
function timeLeft({ observed }: LeaseState, at: Seconds, { duration }: LeasePolicy): Seconds {
  if (observed === undefined) return duration;
  return seconds(observed.since + (observed.record.duration ?? duration) - at);
}

/** After a failure the next attempt comes soon: there is room for several before leadership ends. */
const retry = ({ renewInterval }: LeasePolicy): LeaseEffect => ({
  kind: "wait",
  lasting: seconds(renewInterval / 3),
  jitter: true,
});
