import type { HistoryReader } from "../core/history.ts";
import type { Steps } from "../core/steps.ts";
import type { Timestamp } from "../core/units.ts";
import type { Absence } from "./absences.ts";
import type { IncidentLog } from "./incidents/log.ts";
import type { HeartbeatFacts, RouteChain } from "./model/overview.ts";
import type { Operation, RecentProbe, Setting } from "./model/subject.ts";
import type { SubjectEntry, SubjectRef, SubjectState } from "./state.ts";
import type { Trends } from "./trends.ts";

/** The data that the page is built from. The exporter hands it in; reading it never probes. */
export interface PageSource {
  readonly now: () => Timestamp;
  /** Returns every subject, in steps of a few microseconds. */
  readonly entries: () => Steps<readonly SubjectEntry[]>;
  /** Returns what is known of a subject; `undefined` for an unknown one. */
  readonly state: (subject: SubjectRef) => SubjectState | undefined;
  /** Returns all routes, in the order of the configuration. */
  readonly routes: () => readonly RouteChain[];
  readonly trends: Trends;
  readonly history: Pick<HistoryReader, "counts" | "chart" | "reasons" | "events">;
  /** Resolves to the incidents once the history has been read. */
  readonly incidents: () => Promise<IncidentLog>;
  /** Returns the times in which the exporter did not run, as far as they are remembered. */
  readonly absences: () => readonly Absence[];
  /** Returns what a page shows of a subject beside its state and its history. */
  readonly details: (subject: SubjectRef) => SubjectDetails;
  /** Name of the replica that leads, if another one does. */
  readonly leader: () => string | undefined;
}

/** Facts that a page shows of a subject beside its state and its history. */
export interface SubjectDetails {
  /** The module as YAML with its secrets redacted. */
  readonly configuration?: string;
  readonly settings: readonly Setting[];
  /** The newest first. */
  readonly probes: readonly RecentProbe[];
  readonly heartbeats: readonly (HeartbeatFacts & { readonly name: string })[];
  readonly operations: readonly Operation[];
  /** Subjects that depend on it. */
  readonly dependents: readonly SubjectRef[];
}
