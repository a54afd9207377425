import type { TargetStatus } from "../../core/status.ts";
import type { Timestamp } from "../../core/units.ts";
import type { SubjectRef } from "../state.ts";

/** A stretch of history in which a subject was not healthy. */
export interface RecordedIncident extends SubjectRef {
  /** Number of the event that it began with. */
  readonly id: number;
  readonly from: Timestamp;
  /** Absent while it lasts. */
  readonly to?: Timestamp;
  readonly status: "unhealthy" | "degraded";
  /** In order of appearance. */
  readonly reasons: readonly string[];
  readonly detail?: string;
  readonly blockedBy?: string;
  readonly flaps: number;
  /** True if history begins in the middle of it. */
  readonly beganEarlier: boolean;
  /** The oldest first. */
  readonly changes: readonly StatusChange[];
  /** What else happened in it, and the changes, as texts. */
  readonly notes: readonly IncidentNote[];
}

/** A change of the status of a subject. */
export interface StatusChange {
  readonly at: Timestamp;
  readonly from: TargetStatus;
  readonly to: TargetStatus;
  readonly reason?: string;
}

/** A line of an incident's timeline. */
export interface IncidentNote {
  readonly at: Timestamp;
  readonly kind: string;
  readonly text: string;
}
