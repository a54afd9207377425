import type { DownCause, HeartbeatSource } from "../core/heartbeat.ts";
import type { PastResult } from "../core/history.ts";
import type { RemainingBudget } from "../core/money.ts";
import type { Mode, TargetStatus } from "../core/status.ts";
import type { Seconds, Timestamp } from "../core/units.ts";
import type { StatusCounts, SubjectKind } from "./model/words.ts";

/** The name of a subject. Names are unique within a kind. */
export interface SubjectRef {
  readonly kind: SubjectKind;
  readonly name: string;
}

/** The part of a subject that filters, counts and the order of the overview need. Cheap, because there may be thousands. */
export interface SubjectEntry extends SubjectRef {
  readonly status: TargetStatus;
  readonly labels: Readonly<Record<string, string>>;
  /** The groups that it belongs to. */
  readonly groups: readonly string[];
  /** Other texts that a filter finds: address, module, kind, owner. */
  readonly words: readonly string[];
}

/** Everything that is known of a subject now. */
export interface SubjectState extends SubjectEntry {
  readonly description?: string;
  /** When the status began. */
  readonly since?: Timestamp;
  /** When the exporter first knew it, over restarts. */
  readonly knownSince?: Timestamp;
  /** A word for why it is not healthy. */
  readonly reason?: string;
  /** Explanation for people; it may quote what a target said. */
  readonly detail?: string;
  readonly critical: boolean;
  readonly maintenance: boolean;
  readonly lastSuccess?: Timestamp;
  readonly dependsOn?: readonly string[];
  /** The dependency that is down. */
  readonly blockedBy?: string;
  readonly target?: TargetState;
  readonly heartbeat?: HeartbeatDetails;
  readonly group?: GroupState;
}

/** Facts about a target beside its status. */
export interface TargetState {
  readonly module: string;
  readonly prober: string;
  /** Without a user, a password and values of the query. */
  readonly address: string;
  /** Only with failover. */
  readonly mode?: { readonly mode: Mode; readonly since: Timestamp; readonly forced: boolean };
  readonly consecutiveFailures: number;
  readonly lastProbe?: Timestamp;
  /** The newest result, which history may not have yet. */
  readonly latest?: Pick<PastResult, "startedAt" | "duration" | "reason">;
  readonly nextProbe?: Timestamp;
  readonly skipped?: string;
  readonly budget?: RemainingBudget;
}

/** Facts about a heartbeat beside its status. */
export interface HeartbeatDetails {
  readonly source: HeartbeatSource;
  readonly kind: string;
  readonly hostname?: string;
  readonly owner?: string;
  readonly lastSeen?: Timestamp;
  readonly timeout: Seconds;
  readonly schedule?: string;
  readonly nextExpected?: Timestamp;
  readonly runningSince?: Timestamp;
  readonly down?: DownCause;
  /** The target whose probe found it. */
  readonly target?: string;
}

/** The members of a group. */
export interface GroupState {
  readonly counts: StatusCounts;
  readonly members: readonly (SubjectRef & { readonly status: TargetStatus; readonly critical: boolean })[];
}
