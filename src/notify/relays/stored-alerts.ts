import type { StateStore } from "../../core/memory.ts";
import { isTimestamp } from "../../core/units.ts";
import { readItemFacts } from "../delivery/retry.ts";
import type { AlertState } from "./alert-state.ts";
import type { PreparedEvent } from "./event.ts";
import type { LastEvent } from "./subject.ts";

/** An alert as it is stored. */
export interface StoredAlert {
  /** Key of its subject. */
  readonly subject: string;
  readonly state: AlertState;
}

/** An alert stored by version 0.1, which did not know subjects. */
export interface UnassignedAlert {
  readonly state: AlertState;
  /** The last event that the receiver was sent about it. */
  readonly last: LastEvent;
}

/** The stored state of a relay. */
export interface StoredAlerts {
  /** By fingerprint. */
  readonly alerts: Map<string, StoredAlert>;
  /** By fingerprint. They get their subject when Alertmanager mentions them, because their labels are not stored. */
  readonly unassigned: Map<string, UnassignedAlert>;
  /** By subject. */
  readonly lastEvents: Map<string, LastEvent>;
}

/** Parses what the previous run has stored, and deletes what is malformed. */
export function restoreAlerts(store: StateStore): StoredAlerts {
  const restored: StoredAlerts = { alerts: new Map(), unassigned: new Map(), lastEvents: new Map() };
  for (const [key, value] of store.entries()) {
    const [, kind, id = key] = /^(alert|subject)\/(.*)$/.exec(key) ?? [];
    const isValid =
      kind === "alert"
        ? keep(restored.alerts, id, readAlert(value))
        : kind === "subject"
          ? keep(restored.lastEvents, id, readLastEvent(value))
          : keep(restored.unassigned, id, readEpisode(value));
    if (!isValid) store.delete(key);
  }
  return restored;
}

function keep<T>(map: Map<string, T>, key: string, value: T | undefined): boolean {
  if (value !== undefined) map.set(key, value);
  return value !== undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const areTimes = (...values: readonly unknown[]): boolean => values.every(isTimestamp);

function readAlert(value: unknown): StoredAlert | undefined {
  const { subject, state: stored } = fieldsOf(value);
  const state = readState(fieldsOf(stored));
  return typeof subject === "string" && state !== undefined ? { subject, state } : undefined;
}

function readState(fields: Fields): AlertState | undefined {
  const { phase, startsAt, endedAt, resolvedAt, resumedAt, seenAt, decideAt } = fields;
  if (!areTimes(startsAt, seenAt)) return undefined;
  const hasEnded = areTimes(endedAt, resolvedAt);
  switch (phase) {
    case "firing":
      return areTimes(endedAt ?? 0, resumedAt ?? 0) ? (fields as unknown as AlertState) : undefined;
    case "resolved":
      return hasEnded ? (fields as unknown as AlertState) : undefined;
    case "doubtful":
      return hasEnded && areTimes(decideAt, resumedAt) && isEvent(fields["event"])
        ? (fields as unknown as AlertState)
        : undefined;
    default:
      return undefined;
  }
}

function isEvent(value: unknown): value is PreparedEvent {
  const { id, body, contentType, about } = fieldsOf(value);
  return (
    [id, body, contentType].every((text) => typeof text === "string") && readItemFacts(about) !== undefined
  );
}

function readLastEvent(value: unknown): LastEvent | undefined {
  const { status, offlineId, lane } = fieldsOf(value);
  if ((status !== "offline" && status !== "online") || typeof offlineId !== "string") return undefined;
  return { status, offlineId, ...(typeof lane === "string" ? { lane } : {}) };
}

/** Parses an entry of version 0.1: the last period of an alert, and the ids of the events about it. */
function readEpisode(value: unknown): UnassignedAlert | undefined {
  const { startsAt, seenAt, firing, resolved } = fieldsOf(value);
  if (!isTimestamp(startsAt) || !isTimestamp(seenAt) || typeof firing !== "string") return undefined;
  const mentioned = { startsAt, seenAt };
  if (typeof resolved !== "string") {
    return { state: { phase: "firing", ...mentioned }, last: { status: "offline", offlineId: firing } };
  }
  // The end itself was not stored. The last mention was not before it.
  const ended = { endedAt: mentioned.seenAt, resolvedAt: mentioned.seenAt };
  return {
    state: { phase: "resolved", ...mentioned, ...ended },
    last: { status: "online", offlineId: firing },
  };
}
