import type { Incident } from "./incident.ts";
import type { HeartbeatFacts, OverviewItem } from "./overview.ts";
import type { ChartWindow, JsonTime, SubjectLink, Uptimes } from "./words.ts";

/**
 * `GET /api/v1/targets/{name}?window=24h`, and the same below `heartbeats`, `components` and `groups`: everything about one of them. `item` is its line on the
 * overview.
 */
export interface SubjectPage {
  readonly generated_at: JsonTime;
  readonly item: OverviewItem;
  readonly description: string | null;
  readonly window: ChartWindow;
  /** Unix times in seconds of the chart's beginning and end. */
  readonly from: number;
  readonly to: number;
  readonly uptime: Uptimes;
  /** Only for targets, and for heartbeats with a target. */
  readonly chart: Chart | null;
  /** Failures in the window by reason, the most frequent first. */
  readonly failures: readonly ReasonCount[];
  /** Periods of modes in the window, the oldest first; empty without failover. */
  readonly modes: readonly ModePeriod[];
  /** Periods of statuses in the window, the oldest first, without gaps that are known. */
  readonly statuses: readonly StatusPeriod[];
  /** The newest first, at most 50. */
  readonly incidents: readonly Incident[];
  /** The newest first; empty for all but targets. */
  readonly probes: readonly RecentProbe[];
  /** The module as YAML with its secrets redacted; `null` without one. */
  readonly configuration: string | null;
  /** Settings that decide about the status, in the words of the configuration. */
  readonly settings: readonly Setting[];
  /** The alerts of the exporter's rules that are about this kind of subject. */
  readonly alerts: readonly AlertRule[];
  /** The members of a group; empty for others. */
  readonly members: readonly SubjectLink[];
  /** Subjects that depend on it. */
  readonly dependents: readonly SubjectLink[];
  /** The heartbeats that its probes find. */
  readonly heartbeats: readonly (HeartbeatFacts & { readonly name: string })[];
  /** The names of the operations that control this subject, with the requests that do them. */
  readonly operations: readonly Operation[];
}

/**
 * A chart in columns, as uPlot takes them: all columns are as long as `times`. Parts without results are absent, so a line has a
 * gap where the distance of two times is greater than `step`.
 */
export interface Chart {
  /** Width of one part in seconds. */
  readonly step: number;
  /** Unix times in seconds of the beginning of each part. */
  readonly times: readonly number[];
  readonly probes: readonly number[];
  readonly failures: readonly number[];
  readonly series: readonly ChartSeries[];
}

/** One line of a chart. */
export interface ChartSeries {
  /** `duration`, `longest`, `first_token`, `tokens_per_second`, or a phase: `resolve`, `connect`, `tls`, `processing`, `transfer`. */
  readonly name: string;
  readonly unit: "seconds" | "tokens_per_second";
  /** Lines of phases add up to the duration, and are drawn on each other. */
  readonly stacked: boolean;
  readonly values: readonly (number | null)[];
}

/** Number of failures for one reason. */
export interface ReasonCount {
  readonly reason: string;
  readonly count: number;
}

/** A stretch of time in one mode. */
export interface ModePeriod {
  readonly mode: "primary" | "fallback";
  readonly from: JsonTime;
  /** `null` while it lasts. */
  readonly to: JsonTime | null;
  /** `threshold`, `command` or `forced`. */
  readonly cause: string | null;
}

/** A stretch of time in one status. */
export interface StatusPeriod {
  readonly status: "healthy" | "degraded" | "unhealthy" | "unknown";
  readonly from: JsonTime;
  readonly to: JsonTime | null;
  readonly reason: string | null;
}

/** A probe whose log is kept. */
export interface RecentProbe {
  /** For `/logs?id=`. */
  readonly id: number;
  readonly started_at: JsonTime;
  readonly ok: boolean;
  readonly reason: string | null;
  /** At most 300 characters on one line; it may quote what the target said. */
  readonly detail: string | null;
  /** In seconds. */
  readonly duration: number;
}

/** A setting that decides about the status of a subject. */
export interface Setting {
  /** The option of the configuration, such as `failure_threshold`. */
  readonly name: string;
  readonly value: string;
  /** What it means, in a sentence. */
  readonly meaning: string;
}

/** An alert of the exporter's rules. */
export interface AlertRule {
  readonly name: string;
  readonly severity: string;
  /** When it fires, in a sentence. */
  readonly when: string;
  /** How long its condition must last, as a Prometheus duration; `null` for at once. */
  readonly for: string | null;
  /** Path of its runbook on this exporter. */
  readonly runbook: string;
  /** True if the exporter's own state says that its condition holds now; `null` if only Prometheus can know. */
  readonly holds: boolean | null;
}

/** Something that an operator can do to a subject, with the control token. */
export interface Operation {
  readonly name: string;
  readonly method: "POST" | "DELETE" | "PUT";
  /** Path without the route prefix, with its query. */
  readonly path: string;
  /** What the request will do, in a sentence. */
  readonly effect: string;
  /** Parameters that a person may set: `for` with a duration. */
  readonly parameters: readonly string[];
}
