import type { TargetStatus } from "../../core/status.ts";
import type { DayBar, Sparkline } from "./bars.ts";
import type { JsonTime, SubjectKind, Uptimes } from "./words.ts";

/** A view for people outside: chosen groups and nothing else. Served at the path of `pages[]`, and as JSON at the path with `.json`. */
export interface PublicView {
  readonly title: string;
  readonly announcement: string | null;
  /** Time of the newest change in it, so that an unchanged view is the same text; not the time of the request. */
  readonly updated_at: JsonTime | null;
  readonly summary: string;
  readonly status: TargetStatus;
  readonly groups: readonly PublicGroup[];
  /** The newest first, at most 20, only of members of its groups. */
  readonly incidents: readonly PublicIncident[];
  /** Unix time in seconds of the beginning of the first day of every `days`. */
  readonly days_from: number;
}

/** A group in a public view. */
export interface PublicGroup {
  /** `null` for what is in no group, which only `/status.json` shows. */
  readonly name: string | null;
  readonly description: string | null;
  readonly status: TargetStatus;
  readonly items: readonly PublicItem[];
}

/** A member of a group in a public view. */
export interface PublicItem {
  readonly kind: SubjectKind;
  readonly name: string;
  readonly status: TargetStatus;
  readonly since: JsonTime | null;
  readonly maintenance: boolean;
  readonly days: DayBar;
  readonly uptime: Uptimes;
  /** Only with `show: [addresses]`. */
  readonly address?: string;
  /** Only with `show: [reasons]`; a bounded word, never what a target said. */
  readonly reason?: string | null;
  /** Only with `show: [latency]`, and for targets. */
  readonly latency?: Sparkline;
}

/** An incident in a public view. */
export interface PublicIncident {
  readonly id: string;
  readonly name: string;
  readonly status: "unhealthy" | "degraded";
  readonly from: JsonTime;
  readonly to: JsonTime | null;
  /** Length without the downtime of the exporter; `null` while it lasts. */
  readonly seconds: number | null;
  /** Only with `show: [reasons]`. */
  readonly reason?: string | null;
}
