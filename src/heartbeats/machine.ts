import { after, elapsed, type Seconds, seconds, type Timestamp } from "../core/units.ts";

/** What a ping says: done, begun, failed, or only something for the record. An exit status is a success (0) or a fail. */
export const PING_KINDS = ["success", "start", "fail", "log"] as const;
export type PingKind = (typeof PING_KINDS)[number];

export const PUSH_STATUSES = ["online", "offline", "unknown"] as const;
/** `unknown`: it never ended anything yet, so nobody knows. That is not online. */
export type PushStatus = (typeof PUSH_STATUSES)[number];

/** Why a heartbeat is offline: silence, its own word, or a start without its end. */
export type OfflineCause = "timeout" | "fail" | "start_overdue";

/** How long a heartbeat may be silent, and how long it may take from a start to its end. */
export interface Policy {
  readonly timeout: Seconds;
  readonly startTimeout: Seconds;
}

/** A start that waits for its end. */
export interface RunStart {
  /** The run it belongs to; a start without one is ended by an end without one. */
  readonly rid?: string;
  readonly at: Timestamp;
}

/**
 * What is remembered of one heartbeat. All times but `lastSeen` are those of a clock that never jumps; they are only
 * good for differences.
 */
export interface PushState {
  /** As it was last announced. */
  readonly status: PushStatus;
  /** When something was last ended, well or not, by the wall clock. It never goes back. */
  readonly lastSeen?: Timestamp;
  /** Since when it is silent: since its last end, or since its first start while it has ended nothing. */
  readonly silentSince?: Timestamp;
  /** When it last pinged at all, or became known. */
  readonly heardAt: Timestamp;
  /** Whether its last word was a fail. */
  readonly failed: boolean;
  /** Whether a start went without its end for too long, and no end has come since. */
  readonly missed: boolean;
  /** At most {@link MOST_STARTS}, the oldest first. */
  readonly starts: readonly RunStart[];
  /** How long the last run took of which both ends are known. */
  readonly lastDuration?: Seconds;
  readonly pings: Readonly<Record<PingKind, number>>;
}

/** All times but `seen` are of the clock that never jumps. */
export type PushEvent =
  | {
      readonly kind: "ping";
      readonly ping: PingKind;
      readonly at: Timestamp;
      /** The same moment by the wall clock. */
      readonly seen: Timestamp;
      readonly rid?: string;
    }
  | { readonly kind: "tick"; readonly at: Timestamp }
  /** The exporter is back after a time in which nobody was there to hear: silence of that time does not count. */
  | { readonly kind: "restored"; readonly at: Timestamp; readonly downFor: Seconds };

/** What somebody may want to be told: one offline, then one online, and so on. */
export type PushEffect =
  | {
      readonly kind: "offline";
      readonly cause: OfflineCause;
      readonly at: Timestamp;
      readonly lastSeen?: Timestamp;
    }
  | { readonly kind: "online"; readonly at: Timestamp; readonly lastSeen?: Timestamp };

export interface PushStep {
  readonly next: PushState;
  readonly effects: readonly PushEffect[];
}

/** How many starts of one heartbeat are kept waiting for their ends. Further ones are counted and not timed. */
export const MOST_STARTS = 16;

/** A heartbeat that became known at `at`. */
export const initialState = (at: Timestamp): PushState => ({
  status: "unknown",
  heardAt: at,
  failed: false,
  missed: false,
  starts: [],
  pings: { success: 0, start: 0, fail: 0, log: 0 },
});

/** Applies an event. What fell due before it is announced first: nothing that happened is lost because somebody looked late. */
export function step(state: PushState, event: PushEvent, policy: Policy): PushStep {
  switch (event.kind) {
    case "tick":
      return announce(state, event.at, policy);
    case "ping": {
      const due = announce(state, event.at, policy);
      const { next, effects } = announce(heard(due.next, event, policy), event.at, policy);
      return { next, effects: [...due.effects, ...effects] };
    }
    case "restored":
      return { next: shifted(state, event), effects: [] };
  }
}

/** What holds at `at`, announced or not. */
export function standing(
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

/** When the heartbeat goes offline unless it pings; `undefined` when it is offline already, or nothing of it is awaited. */
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

function announce(state: PushState, at: Timestamp, policy: Policy): PushStep {
  const { status, cause } = standing(state, policy, at);
  const missed = state.missed || isOverdue(state, policy, at);
  if (status === state.status)
    return { next: missed === state.missed ? state : { ...state, missed }, effects: [] };
  const next = { ...state, missed, status };
  const seen = state.lastSeen === undefined ? {} : { lastSeen: state.lastSeen };
  if (cause !== undefined) return { next, effects: [{ kind: "offline", cause, at, ...seen }] };
  // Of one that was never offline nobody was told that it is gone.
  return { next, effects: state.status === "offline" ? [{ kind: "online", at, ...seen }] : [] };
}

function heard(state: PushState, event: Extract<PushEvent, { kind: "ping" }>, policy: Policy): PushState {
  const { ping, at } = event;
  const pings = { ...state.pings, [ping]: state.pings[ping] + 1 };
  const counted = { ...state, pings, heardAt: latest(state.heardAt, at) };
  switch (ping) {
    case "log":
      return counted;
    case "start": {
      const others = state.starts.filter(({ rid }) => rid !== event.rid);
      const started = event.rid === undefined ? { at } : { at, rid: event.rid };
      // The older ones fall due first, so it is they that must not be forgotten.
      const starts = others.length < MOST_STARTS ? [...others, started] : others;
      return { ...counted, starts, silentSince: state.silentSince ?? at };
    }
    case "success":
    case "fail":
      return ended(counted, event, policy);
  }
}

function ended(
  state: PushState,
  event: Extract<PushEvent, { kind: "ping" }>,
  { startTimeout }: Policy,
): PushState {
  const { at, seen, rid, ping } = event;
  const own = state.starts.find((start) => start.rid === rid);
  // What went without its end for too long has been announced, and a success says that things are well again.
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

function shifted(state: PushState, { at, downFor }: Extract<PushEvent, { kind: "restored" }>): PushState {
  // What was written by a clock that was ahead must not pass for a sign of life yet to come.
  const later = (time: Timestamp): Timestamp => earliest(after(time, downFor), at);
  return {
    ...state,
    heardAt: later(state.heardAt),
    starts: state.starts.map((start) => ({ ...start, at: later(start.at) })),
    ...(state.silentSince === undefined ? {} : { silentSince: later(state.silentSince) }),
  };
}

const latest = (a: Timestamp | undefined, b: Timestamp): Timestamp => (a !== undefined && a > b ? a : b);
const earliest = (a: Timestamp, b: Timestamp): Timestamp => (a < b ? a : b);
