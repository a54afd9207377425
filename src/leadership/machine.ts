import { defined } from "../core/defined.ts";
import { type LeaseRecord, type LeaseSpec, microTime } from "../core/lease.ts";
import { type Seconds, seconds, type Timestamp } from "../core/units.ts";

/**
 * Leader election by a Lease that all replicas read and write. It works like client-go's, with two differences. A
 * replica recognizes its own write by the time in it, not just by the holder's name, so that two replicas with the same
 * name never both lead. And leadership expires by itself, without a failed call.
 *
 * Why two replicas never lead at the same time: a leader leads until two thirds of the duration have passed since it
 * *sent* its last successful write. Others take over only after they have seen the Lease unchanged for the whole
 * duration, which they count from when they saw that write, and only on top of the version they saw. Clocks of different
 * replicas are never compared; their rates only have to differ by less than half.
 */

/** The settings of the election. */

export interface LeasePolicy {
  /** The value of `holderIdentity`. */
  readonly identity: string;
  /** How long other replicas wait after a renewal before they take over; whole seconds. */
  readonly duration: Seconds;
  readonly renewInterval: Seconds;
  /** URL under which applications reach this replica, for the answers of those that do not lead. */
  readonly advertiseUrl?: string;
}

/** Share of the duration for which a write makes its sender the leader, as client-go's 10 of 15 seconds. */
const LEADING_SHARE = 2 / 3;

/** A point in time by the monotonic clock (`at`) and by the wall clock, whose time is written to the Lease (`now`). */
export interface Moment {
  readonly at: Seconds;
  readonly now: Timestamp;
}

interface PendingWrite {
  readonly renewTime: string;
  readonly at: Seconds;
}

/** Most own writes remembered. An older one would count as another replica's, which is safe. */
const MAX_SENT = 8;

/** The Lease as last seen, and since when it has been unchanged. */
interface ObservedLease {
  readonly record: LeaseRecord;
  readonly since: Seconds;
}

/** The state of one replica in the election. */
export interface LeaseState {
  readonly observed?: ObservedLease;
  /** This replica's writes with their times: the last one known to have arrived, and later ones whose outcome is unknown. */
  readonly sent?: readonly PendingWrite[];
  /** End of this replica's leadership, unless it is renewed. */
  readonly leadsUntil?: Seconds;
  /** True after a conflict in this round; a second conflict ends the round. */
  readonly refused?: boolean;
}

/** A state after the Lease has been seen. */
type ObservingState = LeaseState & { readonly observed: ObservedLease };

/** An input of the state machine: a timer, or the outcome of a call. */
export type LeaseEvent = Moment &
  (
    | { readonly kind: "due" }
    /** A read succeeded. */
    | { readonly kind: "found"; readonly record: LeaseRecord }
    | { readonly kind: "absent" }
    /** A write succeeded. */
    | { readonly kind: "written"; readonly record: LeaseRecord }
    | { readonly kind: "conflict" }
    | { readonly kind: "failed" }
  );

/** The next thing to do. After `wait` comes the event `due`; with `jitter` the wait may be shortened at random. */
export type LeaseEffect =
  | { readonly kind: "read" }
  | { readonly kind: "create"; readonly spec: LeaseSpec }
  | { readonly kind: "update"; readonly record: LeaseRecord; readonly spec: LeaseSpec }
  | { readonly kind: "wait"; readonly lasting: Seconds; readonly jitter: boolean };

/** The outcome of one event. */
export interface LeaseStep {
  readonly next: LeaseState;
  readonly effect: LeaseEffect;
}

/** Earlier than any time. */
const NEVER = seconds(Number.NEGATIVE_INFINITY);

/** Returns true if a replica in this state leads at the monotonic time `at`. */
export const leadsAt = ({ leadsUntil = NEVER }: LeaseState, at: Seconds): boolean => at < leadsUntil;

/** Applies an event. Each event has exactly one effect, whose outcome is the next event. */
export function step(state: LeaseState, event: LeaseEvent, policy: LeasePolicy): LeaseStep {
  switch (event.kind) {
    case "due":
      return onDue({ ...state, refused: false }, event, policy);
    case "found":
      return onFound(observe(state, event.record, event.at), event, policy);
    case "absent":
      return onAbsent(state, event, policy);
    case "written":
      return onWritten(observe(state, event.record, event.at), event, policy);
    case "conflict":
      return state.refused === true
        ? { next: state, effect: retry(policy) }
        : { next: { ...state, refused: true }, effect: { kind: "read" } };
    case "failed":
      return { next: state, effect: retry(policy) };
  }
}

/** The leader renews its write without reading first; other replicas read. */
function onDue(state: LeaseState, moment: Moment, policy: LeasePolicy): LeaseStep {
  const own = leadsAt(state, moment.at) ? state.observed?.record : undefined;
  // Only if the newest write is known to have arrived: otherwise the current version is unknown.
  if (own !== undefined && sentAs(state, own, policy) === state.sent?.at(-1)) {
    return renew(state, own, moment, policy);
  }
  return { next: state, effect: { kind: "read" } };
}

function onFound(state: ObservingState, moment: Moment, policy: LeasePolicy): LeaseStep {
  const { record } = state.observed;
  // One of our writes makes us the leader from when it was sent, even if we never got its reply.
  const ours = sentAs(state, record, policy);
  if (ours !== undefined) return renew(leadFrom(state, ours, policy), record, moment, policy);
  // Another replica has written since.
  const { leadsUntil: _lost, ...following } = state;
  const left = record.holder === "" ? seconds(0) : timeLeft(state.observed, moment.at, policy);
  if (left <= 0) return takeOver(following, record, moment, policy);
  const poll = policy.renewInterval;
  // If the Lease expires before the next regular read, read at its expiry, to take over without delay.
  const effect: LeaseEffect =
    left < poll
      ? { kind: "wait", lasting: left, jitter: false }
      : { kind: "wait", lasting: poll, jitter: true };
  return { next: following, effect };
}

/** Creates a missing Lease. If it was deleted, first waits until its holder, who may not know yet, has stopped leading. */
function onAbsent(state: LeaseState, moment: Moment, policy: LeasePolicy): LeaseStep {
  const { observed } = state;
  const foreign =
    observed !== undefined &&
    observed.record.holder !== "" &&
    sentAs(state, observed.record, policy) === undefined;
  const left = foreign ? timeLeft(observed, moment.at, policy) : seconds(0);
  if (left > 0) return { next: state, effect: { kind: "wait", lasting: left, jitter: false } };
  const time = microTime(moment.now);
  const { identity: holder, duration, advertiseUrl } = policy;
  const spec = {
    holder,
    duration,
    acquireTime: time,
    renewTime: time,
    transitions: 0,
    ...defined({ advertiseUrl }),
  };
  return { next: sending(state, spec, moment), effect: { kind: "create", spec } };
}

function onWritten(state: ObservingState, moment: Moment, policy: LeasePolicy): LeaseStep {
  const ours = sentAs(state, state.observed.record, policy);
  // Something like an admission webhook changed our write: read it again.
  if (ours === undefined) return { next: state, effect: retry(policy) };
  const lasting = seconds(Math.max(0, ours.at + policy.renewInterval - moment.at));
  return { next: leadFrom(state, ours, policy), effect: { kind: "wait", lasting, jitter: false } };
}

function renew(state: LeaseState, record: LeaseRecord, moment: Moment, policy: LeasePolicy): LeaseStep {
  const { object: _object, version: _version, advertiseUrl: _url, ...before } = record;
  const { duration, advertiseUrl } = policy;
  const spec = { ...before, duration, renewTime: microTime(moment.now), ...defined({ advertiseUrl }) };
  return { next: sending(state, spec, moment), effect: { kind: "update", record, spec } };
}

function takeOver(state: LeaseState, record: LeaseRecord, moment: Moment, policy: LeasePolicy): LeaseStep {
  const time = microTime(moment.now);
  const { identity: holder, duration, advertiseUrl } = policy;
  const transitions = record.transitions + (record.holder === holder ? 0 : 1);
  const spec = {
    holder,
    duration,
    acquireTime: time,
    renewTime: time,
    transitions,
    ...defined({ advertiseUrl }),
  };
  return { next: sending(state, spec, moment), effect: { kind: "update", record, spec } };
}

/**
 * Returns the write that releases the Lease, so that another replica can take over at once: no holder, and the shortest
 * duration, as client-go does. `undefined` if this replica does not hold it. The caller must stop leading before it sends
 * this.
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

/** Records the Lease as seen at `at`. Only a changed spec is a sign of life: labels may change without the holder. */
function observe(state: LeaseState, record: LeaseRecord, at: Seconds): ObservingState {
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

/** Returns which of our writes the Lease shows; `undefined` if it shows another replica's. */
const sentAs = (
  { sent = [] }: LeaseState,
  { holder, renewTime }: LeaseSpec,
  { identity }: LeasePolicy,
): PendingWrite | undefined =>
  holder === identity ? sent.find((write) => write.renewTime === renewTime) : undefined;

const sending = (
  { sent = [], ...state }: LeaseState,
  { renewTime = "" }: LeaseSpec,
  { at }: Moment,
): LeaseState => ({
  ...state,
  sent: [...sent, { renewTime, at }].slice(-MAX_SENT),
});

const leadFrom = (
  { sent = [], ...state }: LeaseState,
  ours: PendingWrite,
  { duration }: LeasePolicy,
): LeaseState => ({
  ...state,
  // Earlier writes can no longer succeed, because they are based on an older version.
  sent: sent.filter(({ at }) => at >= ours.at),
  leadsUntil: seconds(ours.at + LEADING_SHARE * duration),
});

/** Returns how long other replicas must still wait. The holder's duration applies, which may differ from ours. */
const timeLeft = ({ record, since }: ObservedLease, at: Seconds, { duration }: LeasePolicy): Seconds =>
  seconds(since + (record.duration ?? duration) - at);

/** Waits a third of the interval after a failure, so that several attempts fit in before leadership ends. */
const retry = ({ renewInterval }: LeasePolicy): LeaseEffect => ({
  kind: "wait",
  lasting: seconds(renewInterval / 3),
  jitter: true,
});
