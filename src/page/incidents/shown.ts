import { defined } from "../../core/defined.ts";
import { elapsed, rfc3339, seconds, type Timestamp } from "../../core/units.ts";
import { type Absence, absentTime } from "../absences.ts";
import type { Incident, IncidentEvent } from "../model/incident.ts";
import { lineOrNull, roughly, timeOrNull } from "../text.ts";
import type { IncidentNote, RecordedIncident } from "./incident.ts";

/**
 * Converts an incident to JSON, without its events.
 * @param absences the times in which the exporter did not run, which do not count
 */
export function incidentOf(
  recorded: RecordedIncident,
  absences: readonly Absence[],
  now: Timestamp,
): Incident {
  const { id, kind, name, from, to, status, reasons, detail, blockedBy, flaps, beganEarlier } = recorded;
  const end = to ?? now;
  const unobserved = Math.round(absentTime(absences, from, end));
  const length = Math.max(0, Math.round(elapsed(from, end)) - unobserved);
  return {
    id: String(id),
    kind,
    name,
    title: titleOf(recorded, length),
    status,
    from: rfc3339(from),
    to: timeOrNull(to),
    seconds: length,
    unobserved_seconds: unobserved,
    reason: reasons[0] ?? null,
    detail: lineOrNull(detail),
    reasons,
    flaps,
    began_earlier: beganEarlier,
    ...defined({ blocked_by: blockedBy }),
  };
}

/** Converts an incident to JSON with its events. */
export const incidentWithEvents = (
  recorded: RecordedIncident,
  absences: readonly Absence[],
  now: Timestamp,
): Incident => ({ ...incidentOf(recorded, absences, now), events: recorded.notes.map(eventOf) });

const eventOf = ({ at, kind, text }: IncidentNote): IncidentEvent => ({ at: rfc3339(at), kind, text });

/** Says an incident in a sentence: `gpt was down for 12m (auth)`. */
function titleOf({ name, to, status, reasons, flaps }: RecordedIncident, length: number): string {
  const what = status === "unhealthy" ? "down" : "degraded";
  const why = [...reasons.slice(0, 3), ...(flaps > 0 ? [`${flaps + 1} times`] : [])].join(", ");
  const verb = to === undefined ? "has been" : "was";
  return `${lineOrNull(name, 200) ?? ""} ${verb} ${what} for ${roughly(seconds(length))}${why === "" ? "" : ` (${why})`}`;
}
