import { defined } from "../core/defined.ts";
import { after, elapsed, type Seconds, seconds, type Timestamp } from "../core/units.ts";

/** Kinds of pings: a run succeeded, started or failed, or a mere log entry. An exit status counts as `success` (0) or `fail`. */
export const PING_KINDS = ["success", "start", "fail", "log"] as const;
export type PingKind = (typeof PING_KINDS)[number];

/** Statuses of a push heartbeat. */
export const PUSH_STATUSES = ["online", "offline", "unknown"] as const;
/** `unknown` until the first `success` or `fail`, or until a timeout expires. It does not count as online. */
export type PushStatus = (typeof PUSH_STATUSES)[number];

/** Why a heartbeat is offline: silence beyond the timeout, a failed run, or a run that did not end in time. */
export type OfflineCause = "timeout" | "fail" | "start_overdue";

/** The longest allowed silence, and the longest allowed run. */
export interface Policy {
  readonly timeout: Seconds;
  readonly startTimeout: Seconds;
}

/** A run that has started and not ended. */
export interface RunStart {
  /** The run's id. An end without an id ends the run that started without one. */
  readonly rid?: string;
  readonly at: Timestamp;
}

/**
 * The state of one heartbeat. All times except `lastSeen` come from the steady clock, which never jumps, and are only
 * meaningful as differences.
 */
export interface PushState {
  /** The status last announced. */
  readonly status: PushStatus;
  /** Wall-clock time of the last `success` or `fail`. Never moves backwards. */
  readonly lastSeen?: Timestamp;
  /** Start of the present silence: the last `success` or `fail`, or before that the first `start`. */
  readonly silentSince?: Timestamp;
  /** Time of the last ping of any kind, or of the heartbeat's creation. */
  readonly heardAt: Timestamp;
  /** True if the last run to end failed. */
  readonly failed: boolean;
  /** True if a run exceeded `startTimeout` and none has ended since. */
  readonly missed: boolean;
  /** At most {@link MAX_STARTS}, oldest first. */
  readonly starts: readonly RunStart[];
  /** Duration of the last run with both a start and an end. */
  readonly lastDuration?: Seconds;
  readonly pings: Readonly<Record<PingKind, number>>;
}

/** An input of the state machine. All times except `seen` come from the steady clock. */
export type PushEvent =
  | {
      readonly kind: "ping";
      readonly ping: PingKind;
      readonly at: Timestamp;
      /** `at` by the wall clock. */
      readonly seen: Timestamp;
      readonly rid?: string;
    }
  | { readonly kind: "tick"; readonly at: Timestamp }
  /** The exporter restarted after being down for `downFor`, which does not count as silence. */
  | { readonly kind: "restored"; readonly at: Timestamp; readonly downFor: Seconds }
  /** The exporter runs again after an absence, for which the steady clock stood still. */
  | { readonly kind: "resumed"; readonly at: Timestamp; readonly absence: Seconds };

/** A change to announce. `offline` and `online` alternate, starting with `offline`. */
export type PushEffect =
  | {
      readonly kind: "offline";
      readonly cause: OfflineCause;
      readonly at: Timestamp;
      readonly lastSeen?: Timestamp;
    }
  | { readonly kind: "online"; readonly at: Timestamp; readonly lastSeen?: Timestamp };

/** The outcome of one event. */
export interface PushStep {
  readonly next: PushState;
  readonly effects: readonly PushEffect[];
}

/** Most runs tracked at the same time for one heartbeat. Further starts are counted but not timed. */
export const MAX_STARTS = 16;

/**
 * Longest time that every heartbeat has left after an absence of the exporter. The pings of the absence wait in the socket,
 * or were lost and come again. For shorter absences the time is twice as long as the absence, so that an exporter that is
 * blocked again and again still notices silence.
 */
const MOST_LEFT = seconds(60);

/** Returns the state of a heartbeat created at `at`. */
export const initialState = (at: Timestamp): PushState => ({
  status: "unknown",
  heardAt: at,
  failed: false,
  missed: false,
  starts: [],
  pings: { success: 0, start: 0, fail: 0, log: 0 },
});

/** Applies an event. A deadline that expired before the event is announced first, even if no tick came in between. */
export function step(state: PushState, event: PushEvent, policy: Policy): PushStep {
  switch (event.kind) {
    case "tick":
      return updateStatus(state, event.at, policy);
    case "ping": {
      const expired = updateStatus(state, event.at, policy);
      const { next, effects } = updateStatus(applyPing(expired.next, event, policy), event.at, policy);
      return { next, effects: [...expired.effects, ...effects] };
    }
    case "restored":
      return { next: excludeDowntime(state, event), effects: [] };
    case "resumed":
      return { next: extendDeadlines(state, event, policy), effects: [] };
  }
}

/** Returns the status at `at`, whether or not it has been announced. */
export function statusAt(
  state: PushState,
  policy: Policy,
  at: Timestamp,
): { readonly status: PushStatus; readonly cause?: OfflineCause } {
  if (state.failed) return { status: "offline", cause: "fail" };
  if (state.silentSince !== undefined && at >= after(state.silentSince, policy.timeout))
    return { status: "offline", cause: "timeout" };
  if (state.missed || isOverdue(state, policy, at)) return { status: "offline", cause: "start_overdue" };
  return { status: state.lastSeen === undefined ? "unknown" : "online" };
}

/** Returns when the heartbeat goes offline unless it pings; `undefined` if it is offline already or has no deadline. */
export function deadline(state: PushState, { timeout, startTimeout }: Policy): Timestamp | undefined {
  if (state.status === "offline") return undefined;
  const { silentSince } = state;
  let first = silentSince === undefined ? undefined : after(silentSince, timeout);
  for (const { at } of state.starts) {
    const due = after(at, startTimeout);
    if (first === undefined || due < first) first = due;
  }
  return first;
}

const isOverdue = ({ starts }: PushState, { startTimeout }: Policy, at: Timestamp): boolean =>
  starts.some((start) => at >= after(start.at, startTimeout));

function updateStatus(state: PushState, at: Timestamp, policy: Policy): PushStep {
  const { status, cause } = statusAt(state, policy, at);
  const missed = state.missed || isOverdue(state, policy, at);
  if (status === state.status)
    return { next: missed === state.missed ? state : { ...state, missed }, effects: [] };
  const next = { ...state, missed, status };
  const seen = state.lastSeen === undefined ? {} : { lastSeen: state.lastSeen };
  if (cause !== undefined) return { next, effects: [{ kind: "offline", cause, at, ...seen }] };
  // Going from unknown to online is not announced: no offline came before it.
  return { next, effects: state.status === "offline" ? [{ kind: "online", at, ...seen }] : [] };
}

function applyPing(state: PushState, event: Extract<PushEvent, { kind: "ping" }>, policy: Policy): PushState {
  const { ping, at } = event;
  const pings = { ...state.pings, [ping]: state.pings[ping] + 1 };
  const counted = { ...state, pings, heardAt: latest(state.heardAt, at) };
  switch (ping) {
    case "log":
      return counted;
    case "start": {
      const others = state.starts.filter(({ rid }) => rid !== event.rid);
      const started = event.rid === undefined ? { at } : { at, rid: event.rid };
      // At the limit the oldest are kept, because their deadlines come first.
      const starts = others.length < MAX_STARTS ? [...others, started] : others;
      return { ...counted, starts, silentSince: state.silentSince ?? at };
    }
    case "success":
    case "fail":
      return applyEnd(counted, event, policy);
  }
}

function applyEnd(
  state: PushState,
  event: Extract<PushEvent, { kind: "ping" }>,
  { startTimeout }: Policy,
): PushState {
  const { at, seen, rid, ping } = event;
  const own = state.starts.find((start) => start.rid === rid);
  // Overdue runs have been announced already; this end replaces them.
  const starts = state.starts.filter((start) => start !== own && at < after(start.at, startTimeout));
  return {
    ...state,
    lastSeen: latest(state.lastSeen, seen),
    silentSince: latest(state.silentSince, at),
    failed: ping === "fail",
    missed: false,
    starts,
    ...(own === undefined ? {} : { lastDuration: seconds(Math.max(0, elapsed(own.at, at))) }),
  };
}

/** Moves all steady times forward by the downtime. */
function excludeDowntime(
  state: PushState,
  { at, downFor }: Extract<PushEvent, { kind: "restored" }>,
): PushState {
  // A time stored while the clock was ahead must not end up in the future: the silence would never end.
  const later = (time: Timestamp): Timestamp => earliest(after(time, downFor), at);
  return {
    ...state,
    heardAt: later(state.heardAt),
    starts: state.starts.map((start) => ({ ...start, at: later(start.at) })),
    ...(state.silentSince === undefined ? {} : { silentSince: later(state.silentSince) }),
  };
}

/** Gives what has not expired by the end of an absence enough time for the pings of the absence to arrive. */
function extendDeadlines(
  state: PushState,
  { at, absence }: Extract<PushEvent, { kind: "resumed" }>,
  { timeout, startTimeout }: Policy,
): PushState {
  const left = Math.min(2 * absence, MOST_LEFT);
  const extend = (since: Timestamp, limit: Seconds): Timestamp =>
    at >= after(since, limit) ? since : latest(since, after(at, seconds(Math.min(left, limit) - limit)));
  const { silentSince, starts } = state;
  const silent = silentSince === undefined ? undefined : extend(silentSince, timeout);
  const extended = starts.map((start) => ({ ...start, at: extend(start.at, startTimeout) }));
  const isChanged = silent !== silentSince || extended.some((start, i) => start.at !== starts[i]?.at);
  return isChanged ? { ...state, starts: extended, ...defined({ silentSince: silent }) } : state;
}

const latest = (a: Timestamp | undefined, b: Timestamp): Timestamp => (a !== undefined && a > b ? a : b);
const earliest = (a: Timestamp, b: Timestamp): Timestamp => (a < b ? a : b);
