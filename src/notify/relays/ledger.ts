import type { Alert } from "../../core/alert.ts";
import { defined } from "../../core/defined.ts";
import type { EventStatus } from "../../core/relay.ts";
import type { Seconds, Timestamp } from "../../core/units.ts";
import { type AlertState, applyMention, applyTime } from "./alert-state.ts";
import type { AlertStore } from "./alert-store.ts";
import type { PreparedEvent } from "./event.ts";
import { changeOf, offlineId, onlineId } from "./subject.ts";

/** A change that the receiver is to be told. */
export interface Change {
  readonly status: EventStatus;
  readonly event: PreparedEvent;
  /** Id of the event by which the subject went offline, which is this one or the one before. */
  readonly offlineId: string;
}

/** The consequence of mentions, or of the passage of time, for one subject. */
export interface Review {
  readonly subject: string;
  /** New states by fingerprint. */
  readonly alerts: ReadonlyMap<string, AlertState>;
  readonly change?: Change;
}

/** The alerts of one notification about one subject. */
export interface Mentions {
  readonly relay: string;
  readonly subject: string;
  readonly alerts: readonly Alert[];
  readonly now: Timestamp;
  readonly staleWindow: Seconds;
  /** Makes the event with this id about an alert. */
  readonly prepare: (id: string, alert: Alert) => PreparedEvent;
}

type States = ReadonlyMap<string, AlertState>;

/**
 * Decides what mentions of alerts change for their subject. All of them are applied before the decision, because one alert
 * may take over from another. The caller stores the review once its event is queued.
 */
export function review(store: AlertStore, mentions: Mentions): Review {
  const { relay, subject, alerts, now, staleWindow, prepare } = mentions;
  for (const { fingerprint } of alerts) store.assign(fingerprint, subject);
  const before = store.statesOf(subject);
  const after = new Map(before);
  const prepareOutage = (alert: Alert, startsAt: Timestamp, endedAt?: Timestamp): PreparedEvent =>
    prepare(offlineId(relay, alert.fingerprint, startsAt, endedAt), alert);
  const context = { now, staleWindow, prepare: prepareOutage };
  for (const alert of alerts) {
    const { fingerprint } = alert;
    const next = applyMention(after.get(fingerprint), alert, context);
    if (next !== undefined) after.set(fingerprint, next);
  }
  const last = store.lastEvent(subject);
  let change: Change | undefined;
  switch (changeOf(last, after.values())) {
    case "offline": {
      const alert = alerts.find(({ fingerprint }) => after.get(fingerprint)?.phase === "firing");
      const state = alert === undefined ? undefined : after.get(alert.fingerprint);
      if (alert === undefined || state === undefined) break;
      const event = prepareOutage(alert, state.startsAt, state.endedAt);
      change = { status: "offline", event, offlineId: event.id };
      break;
    }
    case "online": {
      const alert = alerts.findLast(({ status }) => status === "resolved");
      if (alert === undefined || last === undefined) break;
      const { offlineId: offline } = last;
      change = { status: "online", event: prepare(onlineId(offline), alert), offlineId: offline };
      break;
    }
    case undefined:
      break;
  }
  return { subject, alerts: changed(before, after), ...defined({ change }) };
}

/** Lets the doubtful alerts about a subject count as firing that nothing has contradicted by `now`. */
export function reviewDoubts(store: AlertStore, subject: string, now: Timestamp): Review {
  const before = store.statesOf(subject);
  const after = new Map(Array.from(before, ([key, state]) => [key, applyTime(state, now)]));
  const confirmed = [...before.values()].find(
    (state) => state.phase === "doubtful" && applyTime(state, now).phase === "firing",
  );
  const isOutage = changeOf(store.lastEvent(subject), after.values()) === "offline";
  const event = isOutage && confirmed?.phase === "doubtful" ? confirmed.event : undefined;
  const change: Change | undefined =
    event === undefined ? undefined : { status: "offline", event, offlineId: event.id };
  return { subject, alerts: changed(before, after), ...defined({ change }) };
}

const changed = (before: States, after: States): States =>
  new Map([...after].filter(([key, state]) => state !== before.get(key)));

/** Stores a review. */
export function commit(store: AlertStore, { subject, alerts, change }: Review): void {
  for (const [fingerprint, state] of alerts) store.put(subject, fingerprint, state);
  if (change === undefined) return;
  const lane = store.lastEvent(subject)?.lane;
  store.putLastEvent(subject, {
    status: change.status,
    offlineId: change.offlineId,
    ...defined({ lane }),
  });
}
