import type { Alert } from "../../core/alert.ts";
import { after, elapsed, type Seconds, seconds, type Timestamp, timestamp } from "../../core/units.ts";
import type { PreparedEvent } from "./event.ts";

interface Mentioned {
  /** Latest known start of the present or last period. Alertmanagers may disagree about it. */
  readonly startsAt: Timestamp;
  /** When Alertmanager last mentioned the alert. */
  readonly seenAt: Timestamp;
}

interface Ended extends Mentioned {
  /** End of the last period that ended, by the clock of Prometheus. */
  readonly endedAt: Timestamp;
  /** When its resolution arrived. */
  readonly resolvedAt: Timestamp;
}

/** The state of one alert. */
export type AlertState =
  | (Mentioned & {
      readonly phase: "firing";
      /** End of the period before this one, if its resolution arrived. */
      readonly endedAt?: Timestamp;
      /** When it was first mentioned after that. */
      readonly resumedAt?: Timestamp;
    })
  | (Ended & { readonly phase: "resolved" })
  /** Reported firing again shortly after its resolution, perhaps by an old notification. */
  | (Ended & {
      readonly phase: "doubtful";
      /** When it counts as firing, unless another resolution arrives before. */
      readonly decideAt: Timestamp;
      readonly resumedAt: Timestamp;
      /** The event to send then. */
      readonly event: PreparedEvent;
    });

/** The context that a mention is judged in. */
export interface MentionContext {
  readonly now: Timestamp;
  /**
   * How long after a resolution a firing of the same period may still be an old notification. In a cluster of
   * Alertmanagers, each member waits 15 s (`--cluster.peer-timeout`) longer than the one before it, so the second sends a
   * firing up to 15 s, and the third up to 30 s, after it was true. A member that did so sends the resolution again with
   * its next notification.
   */
  readonly staleWindow: Seconds;
  readonly prepare: PrepareEvent;
}

/** Makes the event about an alert that fires. */
type PrepareEvent = (alert: Alert, startsAt: Timestamp, endedAt: Timestamp) => PreparedEvent;

/**
 * Applies a mention of an alert. Alertmanager repeats notifications, both regularly and after a timeout, may deliver an
 * older one after a newer one, and reports an alert as resolved when Prometheus could not reach it for some minutes.
 * @returns `undefined` for the resolution of an alert that is not known to have fired
 */
export function applyMention(
  state: AlertState | undefined,
  alert: Alert,
  context: MentionContext,
): AlertState | undefined {
  return alert.status === "firing"
    ? applyFiring(state, alert, context)
    : applyResolved(state, alert, context);
}

function applyFiring(
  state: AlertState | undefined,
  alert: Alert,
  { now, staleWindow, prepare }: MentionContext,
): AlertState {
  if (state === undefined) return { phase: "firing", startsAt: alert.startsAt, seenAt: now };
  const startsAt = latest(state.startsAt, alert.startsAt);
  if (state.phase === "firing") return { ...state, startsAt, seenAt: now };
  const { endedAt, resolvedAt } = state;
  const isNewPeriod = alert.startsAt >= endedAt;
  if (isNewPeriod || elapsed(resolvedAt, now) >= staleWindow) {
    return { phase: "firing", startsAt, endedAt, resumedAt: now, seenAt: now };
  }
  if (state.phase === "doubtful") return { ...state, startsAt, seenAt: now };
  const event = prepare(alert, startsAt, endedAt);
  const decideAt = after(now, staleWindow);
  const times = { startsAt, endedAt, resolvedAt, resumedAt: now, seenAt: now };
  return { phase: "doubtful", ...times, decideAt, event };
}

function applyResolved(
  state: AlertState | undefined,
  { endsAtText }: Alert,
  { now, staleWindow }: MentionContext,
): AlertState | undefined {
  if (state === undefined) return undefined;
  const parsed = Date.parse(endsAtText) / 1000;
  const endsAt = Number.isFinite(parsed) ? timestamp(parsed) : now;
  const { startsAt } = state;
  if (state.phase === "firing") {
    const { endedAt, resumedAt } = state;
    const isKnownEnd = endedAt !== undefined && endsAt <= endedAt;
    // A late notification about the end of an earlier period does not end the present one. One that keeps coming says that
    // the period ended then, and that an old notification was believed.
    const isFresh = resumedAt !== undefined && elapsed(resumedAt, now) < staleWindow;
    if (endsAt < startsAt || (isKnownEnd && isFresh)) return { ...state, seenAt: now };
    // Each end is later than the one before, because ids of events depend on it.
    const end = isKnownEnd ? after(endedAt, MILLISECOND) : endsAt;
    return { phase: "resolved", startsAt, endedAt: end, resolvedAt: now, seenAt: now };
  }
  const { resolvedAt } = state;
  return { phase: "resolved", startsAt, endedAt: latest(state.endedAt, endsAt), resolvedAt, seenAt: now };
}

/** The times of a doubtful alert: its begin, and when it counts as firing. */
export interface DoubtTimes {
  readonly resumedAt: Timestamp;
  readonly decideAt: Timestamp;
}

/** Reports whether a doubt is over. Before its begin the clock was set back, which must not delay it. */
export const isDecided = ({ resumedAt, decideAt }: DoubtTimes, now: Timestamp): boolean =>
  now < resumedAt || now >= decideAt;

/** Lets an alert count as firing if nothing has contradicted it in time. */
export function applyTime(state: AlertState, now: Timestamp): AlertState {
  if (state.phase !== "doubtful" || !isDecided(state, now)) return state;
  const { startsAt, endedAt, resumedAt, seenAt } = state;
  return { phase: "firing", startsAt, endedAt, resumedAt, seenAt };
}

const MILLISECOND = seconds(0.001);

const latest = (a: Timestamp, b: Timestamp): Timestamp => (a > b ? a : b);
