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

/** A cron schedule. */
export interface CronCadence {
  readonly kind: "cron";
  /** Differs for schedules that differ in their runs. */
  readonly id: string;
  /** How late a run may be. */
  readonly grace: Seconds;
  /** Returns the first run after a time of the wall clock; `undefined` if there is none. */
  readonly next: (after: Timestamp) => Timestamp | undefined;
}

/** When a heartbeat with a schedule is expected. A run in progress postpones its lateness. */
export type Cadence = { readonly kind: "every"; readonly every: Seconds } | CronCadence;

/** The longest allowed silence, and the longest allowed run. */
export interface Policy {
  /** Without effect if the cadence is `cron`. */
  readonly timeout: Seconds;
  readonly startTimeout: Seconds;
  readonly cadence?: Cadence;
}

/** The run of a cron schedule that is expected next, or is late. */
export interface AwaitedRun {
  /** `id` of its cadence. */
  readonly id: string;
  /** Its time by the wall clock. */
  readonly run: Timestamp;
  /** Its time by the steady clock. */
  readonly at: Timestamp;
}

/** A run that has started and not ended. */
export interface RunStart {
  /** The run's id. An end without an id ends the run that started without one. */
  readonly rid?: string;
  readonly at: Timestamp;
}

/**
 * The state of one heartbeat. All times except `lastSeen` and `awaited.run` come from the steady clock, which never jumps, and are only
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
  /** Only with a cron schedule. */
  readonly awaited?: AwaitedRun;
  /** With a schedule: the first start since the last end, and the time until which starts since then postpone lateness. */
  readonly inProgress?: { readonly since: Timestamp; readonly until: Timestamp };
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
  /**
   * The schedule may have changed, or the clocks moved against each other. `reset`: the wall clock was set, so that what
   * it said before means nothing.
   */
  | {
      readonly kind: "rescheduled";
      readonly at: Timestamp;
      readonly seen: Timestamp;
      readonly reset: boolean;
    }
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
    case "rescheduled":
      return { next: reschedule(state, event, policy), effects: [] };
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
  const due = silenceDeadline(state, policy);
  const isRunLate = state.missed || isOverdue(state, policy, at);
  // With a schedule, a run in progress postpones lateness until it is late itself.
  const isRunTheCause = isRunLate && policy.cadence !== undefined;
  if (due !== undefined && at >= due && !isRunTheCause) return { status: "offline", cause: "timeout" };
  if (isRunLate) return { status: "offline", cause: "start_overdue" };
  return { status: state.lastSeen === undefined ? "unknown" : "online" };
}

/** Returns when the heartbeat goes offline unless it pings; `undefined` if it is offline already or has no deadline. */
export function deadline(state: PushState, policy: Policy): Timestamp | undefined {
  if (state.status === "offline") return undefined;
  let first = silenceDeadline(state, policy);
  for (const { at } of state.starts) {
    const due = after(at, policy.startTimeout);
    if (first === undefined || due < first) first = due;
  }
  return first;
}

/** Returns when silence makes the heartbeat late; `undefined` before anything is expected of it. */
export function silenceDeadline(
  { silentSince, awaited, inProgress }: PushState,
  { timeout, cadence }: Policy,
): Timestamp | undefined {
  if (cadence === undefined) return silentSince === undefined ? undefined : after(silentSince, timeout);
  const [since, limit] = cadence.kind === "cron" ? [awaited?.at, cadence.grace] : [silentSince, timeout];
  if (since === undefined) return undefined;
  const due = after(since, limit);
  return inProgress === undefined ? due : latest(due, inProgress.until);
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
      const begun = { ...counted, starts, silentSince: state.silentSince ?? at };
      return policy.cadence === undefined ? begun : { ...begun, inProgress: inProgress(begun, at, policy) };
    }
    case "success":
    case "fail":
      return applyEnd(counted, event, policy);
  }
}

function applyEnd(
  before: PushState,
  event: Extract<PushEvent, { kind: "ping" }>,
  { startTimeout, cadence }: Policy,
): PushState {
  const { at, seen, rid, ping } = event;
  const { inProgress: _ended, awaited: _past, ...state } = before;
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
    // Without its start, the run may have begun just now.
    ...defined({ awaited: awaitedAfter(cadence, at, seen, own === undefined ? EARLY : seconds(0)) }),
    ...(own === undefined ? {} : { lastDuration: seconds(Math.max(0, elapsed(own.at, at))) }),
  };
}

/**
 * Returns until when starts postpone lateness: until the newest run is late itself. Starts alone do not do so for ever: from
 * the second run that is expected since the last end, only the first start counts.
 */
function inProgress(
  state: PushState,
  at: Timestamp,
  policy: Policy,
): { readonly since: Timestamp; readonly until: Timestamp } {
  const since = state.inProgress?.since ?? at;
  const first = after(since, policy.startTimeout);
  const second = secondDeadline(state, policy) ?? first;
  const until = earliest(after(at, policy.startTimeout), latest(first, second));
  return { since, until: latest(state.inProgress?.until, until) };
}

/** Returns when the run after the expected one would be late. */
function secondDeadline(
  { silentSince, awaited }: PushState,
  { timeout, cadence }: Policy,
): Timestamp | undefined {
  if (cadence?.kind === "every" && silentSince !== undefined)
    return after(silentSince, seconds(timeout + cadence.every));
  if (cadence?.kind !== "cron" || awaited === undefined) return undefined;
  const next = cadence.next(awaited.run);
  return next === undefined
    ? undefined
    : after(awaited.at, seconds(elapsed(awaited.run, next) + cadence.grace));
}

/** How early a ping may come for a run that it does not say the start of, because clocks differ. */
const EARLY = seconds(1);

/** Returns the first run of a cron schedule that is `early` or more after `seen`. */
function awaitedAfter(
  cadence: Cadence | undefined,
  at: Timestamp,
  seen: Timestamp,
  early = seconds(0),
): AwaitedRun | undefined {
  if (cadence?.kind !== "cron") return undefined;
  const run = cadence.next(after(seen, early));
  return run === undefined ? undefined : { id: cadence.id, run, at: after(at, elapsed(seen, run)) };
}

/** Maps the awaited run to the steady clock as it is now. A run whose time has passed stays late. */
function reschedule(
  { awaited, ...state }: PushState,
  { at, seen, reset }: Extract<PushEvent, { kind: "rescheduled" }>,
  { cadence }: Policy,
): PushState {
  const fresh = awaitedAfter(cadence, at, seen);
  if (awaited === undefined || awaited.id !== fresh?.id) return { ...state, ...defined({ awaited: fresh }) };
  if (awaited.at <= at) return { ...state, awaited };
  // Its time passed by the wall clock alone: while the exporter did not run, or because the clock was set.
  if (reset || awaited.run > fresh.run) return { ...state, awaited: fresh };
  return { ...state, awaited: { ...awaited, at: latest(at, after(at, elapsed(seen, awaited.run))) } };
}

/** Moves all steady times forward by the downtime. */
function excludeDowntime(
  state: PushState,
  { at, downFor }: Extract<PushEvent, { kind: "restored" }>,
): PushState {
  // A time stored while the clock was ahead must not end up in the future: the silence would never end.
  const later = (time: Timestamp): Timestamp => earliest(after(time, downFor), at);
  // The time of a run that was still to come passes by the wall clock, at the latest when the exporter is back.
  const passed = (time: Timestamp): Timestamp =>
    after(time, downFor) <= at ? after(time, downFor) : latest(at, time);
  const { awaited, inProgress: running } = state;
  return {
    ...state,
    heardAt: later(state.heardAt),
    starts: state.starts.map((start) => ({ ...start, at: later(start.at) })),
    ...(state.silentSince === undefined ? {} : { silentSince: later(state.silentSince) }),
    ...(awaited === undefined ? {} : { awaited: { ...awaited, at: passed(awaited.at) } }),
    ...(running === undefined
      ? {}
      : { inProgress: { since: later(running.since), until: after(running.until, downFor) } }),
  };
}

/** Gives what has not expired by the end of an absence enough time for the pings of the absence to arrive. */
function extendDeadlines(
  state: PushState,
  { at, absence }: Extract<PushEvent, { kind: "resumed" }>,
  { timeout, startTimeout, cadence }: Policy,
): PushState {
  const left = Math.min(2 * absence, MOST_LEFT);
  const extend = (since: Timestamp, limit: Seconds): Timestamp =>
    at >= after(since, limit) ? since : latest(since, after(at, seconds(Math.min(left, limit) - limit)));
  const { silentSince, starts, awaited, inProgress: running } = state;
  const silent = silentSince === undefined ? undefined : extend(silentSince, timeout);
  const extended = starts.map((start) => ({ ...start, at: extend(start.at, startTimeout) }));
  const scheduled =
    awaited === undefined || cadence?.kind !== "cron"
      ? awaited
      : { ...awaited, at: extend(awaited.at, cadence.grace) };
  const progress =
    running === undefined || at >= running.until
      ? running
      : { ...running, until: latest(running.until, after(at, seconds(Math.min(left, startTimeout)))) };
  const isChanged =
    silent !== silentSince ||
    scheduled?.at !== awaited?.at ||
    progress?.until !== running?.until ||
    extended.some((start, i) => start.at !== starts[i]?.at);
  const times = defined({ silentSince: silent, awaited: scheduled, inProgress: progress });
  return isChanged ? { ...state, starts: extended, ...times } : state;
}

const latest = (a: Timestamp | undefined, b: Timestamp): Timestamp => (a !== undefined && a > b ? a : b);
const earliest = (a: Timestamp, b: Timestamp): Timestamp => (a < b ? a : b);
