import { defined } from "../../core/defined.ts";
import type { EventKind, PastEvent } from "../../core/history.ts";
import { TARGET_STATUSES, type TargetStatus } from "../../core/status.ts";
import { elapsed, type Seconds, seconds, type Timestamp } from "../../core/units.ts";
import type { SubjectKind } from "../model/words.ts";
import type { SubjectRef } from "../state.ts";
import type { RecordedIncident, StatusChange } from "./incident.ts";
import { noteOf } from "./notes.ts";

/** The kinds of events that incidents are derived from. */
export const INCIDENT_EVENTS = [
  "status",
  "heartbeat",
  "component",
  "group",
  "mode",
  "forced",
  "force_ended",
  "overdue",
] as const satisfies readonly EventKind[];

/** The kinds of subjects whose status an event of a kind is about. */
const SUBJECTS: Readonly<Partial<Record<EventKind, SubjectKind>>> = {
  status: "target",
  heartbeat: "heartbeat",
  component: "component",
  group: "group",
};

/** A subject that is healthy for less than this is flapping: the next failure belongs to the same incident. */
const FLAP = seconds(600);

/** A subject that was unknown for less than this between two failures has not recovered in between. */
const LOST = seconds(3600);

/** Most incidents that are remembered. */
const MOST_INCIDENTS = 5000;

/** Most changes of a subject that are remembered outside its incidents. */
const MOST_REMEMBERED = 1000;

/** Number of changes and notes from which a further failure is an incident of its own, so that none grows without end. */
const MOST_CHANGES = 500;

/** The incidents of a history, derived from its events in their order. */
export interface IncidentLog {
  /** Takes in an event. Those that were taken in before are ignored. */
  add(event: PastEvent): void;
  /** Returns all incidents, the newest first. */
  list(): readonly RecordedIncident[];
  find(id: number): RecordedIncident | undefined;
  /** Returns the incidents of a subject, the newest first. */
  of(subject: SubjectRef): readonly RecordedIncident[];
  /** Returns the changes of a subject's status, the oldest first: all but the oldest of many. */
  changes(subject: SubjectRef): readonly StatusChange[];
  /** Returns the time of the oldest event. */
  knownSince(): Timestamp | undefined;
}

/** Creates a log without incidents. */
export function createIncidentLog(): IncidentLog {
  const byId = new Map<number, RecordedIncident>();
  const bySubject = new Map<string, number[]>();
  const changes = new Map<string, StatusChange[]>();
  let lastEvent = 0;
  let oldest: Timestamp | undefined;

  const of = (subject: SubjectRef): readonly RecordedIncident[] =>
    (bySubject.get(keyOf(subject)) ?? []).flatMap((id) => byId.get(id) ?? []).toReversed();
  const put = (incident: RecordedIncident): void => {
    if (!byId.has(incident.id)) {
      const key = keyOf(incident);
      bySubject.set(key, [...(bySubject.get(key) ?? []), incident.id]);
    }
    byId.set(incident.id, incident);
    if (byId.size > MOST_INCIDENTS) evict();
  };
  const evict = (): void => {
    const [incident] = byId.values();
    if (incident === undefined) return;
    byId.delete(incident.id);
    const key = keyOf(incident);
    const left = (bySubject.get(key) ?? []).filter((id) => id !== incident.id);
    if (left.length === 0) bySubject.delete(key);
    else bySubject.set(key, left);
  };

  const remember = (key: string, change: StatusChange): void => {
    const known = changes.get(key);
    if (known === undefined) changes.set(key, [change]);
    else known.push(change);
    if (known !== undefined && known.length > MOST_REMEMBERED * 1.1)
      changes.set(key, known.slice(-MOST_REMEMBERED));
  };

  return {
    add(event) {
      if (event.id <= lastEvent) return;
      lastEvent = event.id;
      oldest ??= event.at;
      const kind = SUBJECTS[event.kind];
      const subject = { kind: kind ?? "target", name: event.subject };
      if (kind !== undefined) remember(keyOf(subject), changeOf(event));
      const [latest] = of(subject);
      const next = kind === undefined ? withNote(latest, event) : changed(latest, subject, event, oldest);
      if (next !== undefined && next !== latest) put(next);
    },
    list: () => [...byId.values()].toReversed(),
    find: (id) => byId.get(id),
    changes: (subject) => changes.get(keyOf(subject)) ?? [],
    of,
    knownSince: () => oldest,
  };
}

const keyOf = ({ kind, name }: SubjectRef): string => `${kind}/${name}`;

/** Adds what happened to a target during its incident. */
function withNote(latest: RecordedIncident | undefined, event: PastEvent): RecordedIncident | undefined {
  if (latest === undefined || latest.to !== undefined) return latest;
  return { ...latest, notes: [...latest.notes, noteOf(event)] };
}

/** Returns the incident that an event begins or changes; `undefined` if it is about no incident. */
function changed(
  latest: RecordedIncident | undefined,
  subject: SubjectRef,
  event: PastEvent,
  oldest: Timestamp,
): RecordedIncident | undefined {
  const change = changeOf(event);
  const { at, from, to, reason } = change;
  const note = noteOf(event);
  if (!isBad(to)) {
    if (latest !== undefined && latest.to === undefined)
      return {
        ...latest,
        to: at,
        changes: [...latest.changes, change],
        notes: [...latest.notes, note],
      };
    if (latest !== undefined || !isBad(from)) return latest;
    return {
      ...begun(subject, event, from, oldest),
      to: at,
      beganEarlier: true,
      changes: [{ at: oldest, from, to: from }, change],
      notes: [note],
    };
  }
  const explained = defined({ detail: event.detail, blockedBy: event.blockedBy });
  if (latest === undefined || !isSame(latest, at)) {
    return { ...begun(subject, event, to, at), ...explained, changes: [change], notes: [note] };
  }
  const { to: ended, ...open } = latest;
  const hasReason = reason === undefined || latest.reasons.includes(reason);
  return {
    ...open,
    ...(latest.detail === undefined ? explained : {}),
    status: to === "unhealthy" ? to : latest.status,
    reasons: hasReason ? latest.reasons : [...latest.reasons, reason],
    flaps: latest.flaps + (ended === undefined ? 0 : 1),
    changes: [...latest.changes, change],
    notes: [...latest.notes, note],
  };
}

const changeOf = ({ at, from, to, cause: reason }: PastEvent): StatusChange => ({
  at,
  from: statusOf(from),
  to: statusOf(to),
  ...defined({ reason }),
});

const begun = (
  subject: SubjectRef,
  { id, cause }: PastEvent,
  status: "unhealthy" | "degraded",
  from: Timestamp,
): RecordedIncident => ({
  ...subject,
  id,
  from,
  status,
  reasons: cause === undefined ? [] : [cause],
  flaps: 0,
  beganEarlier: false,
  changes: [],
  notes: [],
});

/** Reports whether a failure at `at` belongs to the latest incident. */
function isSame({ to, changes, notes }: RecordedIncident, at: Timestamp): boolean {
  if (notes.length >= MOST_CHANGES) return false;
  if (to === undefined) return true;
  const gap: Seconds = elapsed(to, at);
  return gap < (changes.at(-1)?.to === "unknown" ? LOST : FLAP);
}

const isBad = (status: TargetStatus): status is "unhealthy" | "degraded" =>
  status === "unhealthy" || status === "degraded";

function statusOf(word: string | undefined): TargetStatus {
  if (word === "up") return "healthy";
  if (word === "down") return "unhealthy";
  return TARGET_STATUSES.find((status) => status === word) ?? "unknown";
}
