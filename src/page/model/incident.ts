import type { JsonTime, SubjectKind } from "./words.ts";

/**
 * A stretch of time in which a subject was not healthy: status changes joined, flapping folded. `GET /api/v1/incidents` and
 * `/api/v1/incidents/{id}`.
 */
export interface Incident {
  /** Stable as long as history holds its beginning. */
  readonly id: string;
  readonly kind: SubjectKind;
  readonly name: string;
  /** One sentence: `gpt was down for 12m (auth)`. */
  readonly title: string;
  /** The worst status that it had. */
  readonly status: "unhealthy" | "degraded";
  readonly from: JsonTime;
  /** `null` while it lasts. */
  readonly to: JsonTime | null;
  /** Length in seconds until now or its end, without the downtime of the exporter. */
  readonly seconds: number;
  /** Time in it in seconds during which the exporter did not run, so that nothing is known of it. */
  readonly unobserved_seconds: number;
  /** The reason that it began with. */
  readonly reason: string | null;
  /** Explanation for people, at most 300 characters on one line. */
  readonly detail: string | null;
  /** Every reason in it, in order of appearance. */
  readonly reasons: readonly string[];
  /** Number of times that it recovered for so short that it is the same incident. */
  readonly flaps: number;
  /** True if it began before the history does. */
  readonly began_earlier: boolean;
  /** The dependency that was down; absent otherwise. */
  readonly blocked_by?: string;
  /** What happened in it, the oldest first; only for one incident, not in lists. */
  readonly events?: readonly IncidentEvent[];
}

/** A change in an incident. */
export interface IncidentEvent {
  readonly at: JsonTime;
  /** A kind of event of the history: `status`, `mode`, `heartbeat` and so on. */
  readonly kind: string;
  readonly text: string;
}

/** `GET /api/v1/incidents?limit=&name=&kind=&group=`: the newest first. */
export interface IncidentList {
  readonly generated_at: JsonTime;
  /** Beginning of the history that incidents are derived from. */
  readonly known_since: JsonTime | null;
  readonly total: number;
  readonly incidents: readonly Incident[];
}
