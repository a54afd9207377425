import { createHash } from "node:crypto";
import { type Alert, valueOf } from "../../core/alert.ts";
import type { EventStatus, Relay } from "../../core/relay.ts";
import type { Timestamp } from "../../core/units.ts";
import type { AlertState } from "./alert-state.ts";

/** The subject of alerts: a machine, a target, a group, or with `events_per: alert` the alert itself. */
export interface Subject {
  /** Identifies the subject within its relay. */
  readonly key: string;
  readonly name: string;
}

/** How a relay finds the subject of an alert. */
export type SubjectRule = Pick<Relay, "eventsPer" | "subjectLabels" | "scopeLabels">;

/** Finds the subject of an alert. Without any of the labels, the alert's own name stands for it. */
export function subjectOf({ eventsPer, subjectLabels, scopeLabels }: SubjectRule, alert: Alert): Subject {
  const { labels, fingerprint } = alert;
  const label = subjectLabels.find((one) => valueOf(labels, one) !== undefined) ?? "alertname";
  const name = valueOf(labels, label) ?? "";
  if (eventsPer === "alert") return { key: fingerprint, name };
  const scope = scopeLabels.map((one) => valueOf(labels, one) ?? "");
  return { key: hash([name, ...scope]), name };
}

/** The last event that the receiver was sent about a subject. */
export interface LastEvent {
  readonly status: EventStatus;
  /** Id of the event by which it went offline. */
  readonly offlineId: string;
  /** Key of its events in the queue if that is not its own: they follow events that were queued under another one. */
  readonly lane?: string;
}

/**
 * Decides whether the receiver is to be told a change. A subject is offline while any alert about it fires. A doubtful
 * alert neither sends it offline nor brings it back.
 */
export function changeOf(last: LastEvent | undefined, alerts: Iterable<AlertState>): EventStatus | undefined {
  const phases = new Set(Array.from(alerts, ({ phase }) => phase));
  if (last?.status !== "offline") return phases.has("firing") ? "offline" : undefined;
  return phases.has("firing") || phases.has("doubtful") ? undefined : "online";
}

/**
 * Returns the id of the event by which a subject goes offline. It depends only on what Alertmanager sends, so that an
 * event that was sent before a crash and forgotten by it keeps its id.
 * @param endedAt end of the previous period of the alert, which the present one continues if it began before
 */
export function offlineId(
  relay: string,
  fingerprint: string,
  startsAt: Timestamp,
  endedAt?: Timestamp,
): string {
  const resumed = endedAt !== undefined && startsAt < endedAt ? [endedAt] : [];
  return `evt_${hash([relay, fingerprint, startsAt, "firing", ...resumed])}`;
}

/** Returns the id of the event by which a subject comes back. */
export const onlineId = (offline: string): string => `evt_${hash([offline, "resolved"])}`;

const hash = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
