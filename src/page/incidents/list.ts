import { rfc3339 } from "../../core/units.ts";
import type { Incident, IncidentList } from "../model/incident.ts";
import type { SubjectKind } from "../model/words.ts";
import type { PageSource } from "../source.ts";
import { timeOrNull } from "../text.ts";
import type { RecordedIncident } from "./incident.ts";
import { incidentOf, incidentWithEvents } from "./shown.ts";

/** A query for incidents. */
export interface IncidentQuery {
  /** Without one, all but groups, whose incidents are those of their members. */
  readonly kind?: SubjectKind;
  readonly name?: string;
  /** The name of a group: incidents of its members. */
  readonly group?: string;
  readonly offset: number;
  readonly limit: number;
}

/** Lists incidents, the newest first. */
export async function listIncidents(source: PageSource, query: IncidentQuery): Promise<IncidentList> {
  const log = await source.incidents();
  const { kind, name, group, offset, limit } = query;
  const now = source.now();
  const all = log
    .list()
    .filter(
      (one) =>
        (kind === undefined ? one.kind !== "group" : one.kind === kind) &&
        (name === undefined || one.name === name) &&
        (group === undefined || source.state(one)?.groups.includes(group) === true),
    );
  const absences = source.absences();
  return {
    generated_at: rfc3339(now),
    known_since: timeOrNull(log.knownSince()),
    total: all.length,
    incidents: all
      .slice(offset, offset + limit)
      .map((one) => incidentOf(settled(one, source), absences, now)),
  };
}

/** Returns one incident with its events; `undefined` if there is none with this id. */
export async function findIncident(source: PageSource, id: string): Promise<Incident | undefined> {
  const found = /^\d{1,16}$/.test(id) ? (await source.incidents()).find(Number(id)) : undefined;
  return found === undefined
    ? undefined
    : incidentWithEvents(settled(found, source), source.absences(), source.now());
}

/**
 * Ends an incident that history leaves open although it is over: its subject is no longer configured, or the event of its
 * recovery could not be written.
 */
export function settled(incident: RecordedIncident, source: Pick<PageSource, "state">): RecordedIncident {
  if (incident.to !== undefined) return incident;
  const state = source.state(incident);
  const last = incident.changes.at(-1)?.at ?? incident.from;
  if (state === undefined) return { ...incident, to: last };
  if (state.status !== "healthy") return incident;
  return { ...incident, to: state.since !== undefined && state.since > last ? state.since : last };
}
