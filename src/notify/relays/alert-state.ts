import type { Alert } from "../../core/alert.ts";
import { after, elapsed, type Seconds, type Timestamp, timestamp } from "../../core/units.ts";
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

/** What is known of one alert. */
export type AlertState =
  | (Mentioned & {
      readonly phase: "firing";
      /** End of the period before this one, if its resolution arrived. */
      readonly endedAt?: Timestamp;
    })
  | (Ended & { readonly phase: "resolved" })
  /** Reported firing again shortly after its resolution, perhaps by an old notification. */
  | (Ended & {
      readonly phase: "doubtful";
      /** When it counts as firing, unless another resolution arrives before. */
      readonly decideAt: Timestamp;
      /** The event to send then. */
      readonly event: PreparedEvent;
    });

/** What a mention is judged by. */
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
    : applyResolved(state, alert, context.now);
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
    return { phase: "firing", startsAt, endedAt, seenAt: now };
  }
  if (state.phase === "doubtful") return { ...state, startsAt, seenAt: now };
  const event = prepare(alert, startsAt, endedAt);
  const decideAt = after(now, staleWindow);
  return { phase: "doubtful", startsAt, endedAt, resolvedAt, decideAt, event, seenAt: now };
}

function applyResolved(
  state: AlertState | undefined,
  { endsAtText }: Alert,
  now: Timestamp,
): AlertState | undefined {
  if (state === undefined) return undefined;
  const parsed = Date.parse(endsAtText) / 1000;
  const endsAt = Number.isFinite(parsed) ? timestamp(parsed) : now;
  const { startsAt, endedAt } = state;
  // A late notification about the end of an earlier period does not end the present one.
  const isLate = endsAt < startsAt || (endedAt !== undefined && endsAt <= endedAt);
  if (state.phase === "firing") {
    if (isLate) return { ...state, seenAt: now };
    return { phase: "resolved", startsAt, endedAt: endsAt, resolvedAt: now, seenAt: now };
  }
  const { resolvedAt } = state;
  return { phase: "resolved", startsAt, endedAt: latest(state.endedAt, endsAt), resolvedAt, seenAt: now };
}

/** Lets an alert count as firing if nothing has contradicted it in time. */
export function applyTime(state: AlertState, now: Timestamp): AlertState {
  if (state.phase !== "doubtful" || now < state.decideAt) return state;
  const { startsAt, endedAt, seenAt } = state;
  return { phase: "firing", startsAt, endedAt, seenAt };
}

const latest = (a: Timestamp, b: Timestamp): Timestamp => (a > b ? a : b);
