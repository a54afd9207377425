import { defined } from "../core/defined.ts";
import { after, elapsed, seconds, type Timestamp } from "../core/units.ts";
import { excludeDowntime, extendDeadlines } from "./absence.ts";
import { awaitedAfter, EARLY, inProgress, reschedule } from "./awaited-run.ts";
import {
  MAX_STARTS,
  type OfflineCause,
  type Policy,
  type PushEvent,
  type PushState,
  type PushStatus,
  type PushStep,
} from "./push-state.ts";
import { latest } from "./time-order.ts";

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
  const seen = defined({ lastSeen: state.lastSeen });
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
      const started = { at, ...defined({ rid: event.rid }) };
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
  const { inProgress: _ended, awaited: _past, exitStatus: _old, ...state } = before;
  const own = state.starts.find((start) => start.rid === rid);
  // Overdue runs have been announced already; this end replaces them.
  const starts = state.starts.filter((start) => start !== own && at < after(start.at, startTimeout));
  return {
    ...state,
    lastSeen: latest(state.lastSeen, seen),
    silentSince: latest(state.silentSince, at),
    failed: ping === "fail",
    ...defined({ exitStatus: event.exitStatus }),
    missed: false,
    starts,
    // Without its start, the run may have begun just now.
    ...defined({ awaited: awaitedAfter(cadence, at, seen, own === undefined ? EARLY : seconds(0)) }),
    ...(own === undefined ? {} : { lastDuration: seconds(Math.max(0, elapsed(own.at, at))) }),
  };
}
