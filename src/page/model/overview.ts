import type { TargetStatus } from "../../core/status.ts";
import type { DayBar, ResultMark, Sparkline } from "./bars.ts";
import type { JsonTime, StatusCounts, SubjectKind } from "./words.ts";

/** `GET /api/v1/overview`: what is up, what is not, why and since when. */
export interface Overview {
  readonly generated_at: JsonTime;
  /** Present if another replica leads, and this one does not probe costly targets. */
  readonly leader?: string;
  /** The state of everything in one sentence, about the whole and not only the items that a filter leaves. */
  readonly summary: string;
  /** The worst status of everything; `unknown` without anything. */
  readonly status: TargetStatus;
  /** Of everything except groups, which would count their members twice. */
  readonly counts: StatusCounts;
  /** The groups and their status, the worst first, then a section of what is in no group. Not paged. */
  readonly sections: readonly OverviewSection[];
  /** All routes, in the order of the configuration. Neither filtered nor paged. */
  readonly routes: readonly RouteChain[];
  /** The names that filters can choose from. */
  readonly filters: OverviewFilters;
  /** Number of items that the filter leaves. */
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
  /** The items of this part: the worst first, then by name. */
  readonly items: readonly OverviewItem[];
  /** Unix time in seconds of the beginning of the first day of every `days`. */
  readonly days_from: number;
  /** Unix time in seconds of the beginning of every `latency`, and of its end. */
  readonly latency_from: number;
  readonly latency_to: number;
}

/** A section of the overview. */
export interface OverviewSection {
  /** The name of the group; `null` for what is in no group. */
  readonly group: string | null;
  readonly description: string | null;
  readonly status: TargetStatus;
  /** Of its members. */
  readonly counts: StatusCounts;
  /** When the status began, if known. */
  readonly since: JsonTime | null;
}

/** A route, and which of its members is used now. */
export interface RouteChain {
  readonly name: string;
  readonly description: string | null;
  /** The member in use; `null` if there is none. */
  readonly use: string | null;
  /** When that member was chosen. */
  readonly since: JsonTime;
  /** True if no member is usable. */
  readonly exhausted: boolean;
  /** True while an operator forces the choice. */
  readonly forced: boolean;
  /** True if nothing confirms the choice now. */
  readonly stale: boolean;
  /** By preference. */
  readonly members: readonly RouteLink[];
}

/** A member of a route. */
export interface RouteLink {
  readonly name: string;
  readonly kind: "target" | "group";
  readonly status: TargetStatus;
  readonly usable: boolean;
  /** Why it is not usable; `null` if it is. */
  readonly reason: string | null;
}

/** The values of the filters of the overview. */
export interface OverviewFilters {
  /** Label names with their values, each with at most 50 values. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly kinds: readonly SubjectKind[];
  readonly groups: readonly string[];
}

/** A filter of the overview, as in the query of `/` and `/api/v1/overview`. Absent parts leave everything. */
export interface OverviewQuery {
  /** `?text=`: part of the name, address, kind of prober or a label, in any case. */
  readonly text?: string;
  /** `?status=unhealthy,degraded`. */
  readonly statuses?: readonly TargetStatus[];
  /** `?kind=target`. Items of the kind `group` are listed only if they are asked for. */
  readonly kinds?: readonly SubjectKind[];
  /** `?label=team=ai`, repeated: all must match. */
  readonly labels?: readonly (readonly [name: string, value: string])[];
  /** `?group=NAME`; an empty name chooses what is in no group. */
  readonly group?: string;
  /** `?offset=0`. */
  readonly offset: number;
  /** `?limit=100`, at most 500. */
  readonly limit: number;
}

/** Something with a status: a line of the overview. */
export interface OverviewItem {
  readonly kind: SubjectKind;
  readonly name: string;
  readonly status: TargetStatus;
  /** When the status began, if known. */
  readonly since: JsonTime | null;
  /** A word for why it is not healthy: the reason of a failed probe, the cause of a silence; `null` if healthy. */
  readonly reason: string | null;
  /** Explanation for people, at most 300 characters on one line. It may quote what a target said. */
  readonly detail: string | null;
  readonly critical: boolean;
  /** True while a maintenance window covers it. */
  readonly maintenance: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** The groups that it belongs to. */
  readonly groups: readonly string[];
  /** Names that it depends on; absent without any. */
  readonly depends_on?: readonly string[];
  /** The dependency that is down, which explains its status; absent otherwise. */
  readonly blocked_by?: string;
  /** A probe that succeeded, a heartbeat that was seen or a report that arrived last. */
  readonly last_success: JsonTime | null;
  /** Each day's uptime. */
  readonly days: DayBar;
  /** Details of a target. Only for `kind: "target"`. */
  readonly target?: TargetFacts;
  /** Details of a heartbeat. Only for `kind: "heartbeat"`. */
  readonly heartbeat?: HeartbeatFacts;
  /** Members by status. Only for `kind: "group"`. */
  readonly members?: StatusCounts;
}

/** What the overview shows of a target beside its status. */
export interface TargetFacts {
  readonly module: string;
  /** The kind of its prober: `http`, `llm` and so on. */
  readonly prober: string;
  /** Without a user, a password and values of the query. */
  readonly address: string;
  /** `null` without failover. */
  readonly mode: "primary" | "fallback" | null;
  readonly mode_since: JsonTime | null;
  /** True while an operator forces the mode. */
  readonly forced: boolean;
  readonly consecutive_failures: number;
  readonly last_probe: JsonTime | null;
  /** Of the last probe, in seconds. */
  readonly last_duration: number | null;
  /** When the exporter probes it next; `null` if only requests probe it. */
  readonly next_probe: JsonTime | null;
  /** Why no probes are sent at present: `budget_exhausted` or `not_leader`. */
  readonly skipped: string | null;
  /** Remainder of the tightest budget in each unit; `null` without a budget. */
  readonly budget_left: { readonly tokens?: number; readonly dollars?: number } | null;
  /** The oldest first, at most `RESULTS_SHOWN`. */
  readonly results: readonly ResultMark[];
  readonly latency: Sparkline;
}

/** What the overview shows of a heartbeat beside its status. */
export interface HeartbeatFacts {
  readonly source: "push" | "log" | "lease";
  /** One word such as `machine`, or the kind of prober that found it. */
  readonly kind: string;
  readonly hostname: string | null;
  readonly owner: string | null;
  readonly last_seen: JsonTime | null;
  /** Silence in seconds after which it is down. */
  readonly timeout_seconds: number;
  /** A cron expression with its time zone, or `every 1h0m0s`; `null` without a schedule. */
  readonly schedule: string | null;
  readonly next_expected: JsonTime | null;
  readonly running_since: JsonTime | null;
  /** The target whose probe finds it, for logs and leases. */
  readonly target: string | null;
}
