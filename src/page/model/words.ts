import type { TargetStatus } from "../../core/status.ts";

/**
 * A time in the JSON of the page: RFC 3339 in UTC with whole seconds, as in all JSON of the exporter. Charts and bars, of which
 * there are many points, have Unix times in seconds instead.
 */
export type JsonTime = string;

/** The kinds of subjects that have a page of their own or a line on the overview. */
export const SUBJECT_KINDS = ["target", "heartbeat", "component", "group"] as const;
/** One of `SUBJECT_KINDS`. */
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

/** The statuses of subjects, the worst first: the order of the overview. */
export const STATUSES_BY_SEVERITY = [
  "unhealthy",
  "degraded",
  "unknown",
  "healthy",
] as const satisfies readonly TargetStatus[];

/** Number of subjects by status. */
export type StatusCounts = Readonly<Record<TargetStatus, number>>;

/** The windows of charts and of uptime. */
export const CHART_WINDOWS = ["1h", "24h", "7d", "30d"] as const;
/** One of `CHART_WINDOWS`. */
export type ChartWindow = (typeof CHART_WINDOWS)[number];

/** The windows of uptime. That of 90 days comes from daily totals. */
export const UPTIME_WINDOWS = [...CHART_WINDOWS, "90d"] as const;
/** One of `UPTIME_WINDOWS`. */
export type UptimeWindow = (typeof UPTIME_WINDOWS)[number];

/** Uptime by window, from 0 to 1; `null` where nothing is known. For targets a ratio of probes, otherwise of time. */
export type Uptimes = Readonly<Record<UptimeWindow, number | null>>;

/** A reference to another subject. */
export interface SubjectLink {
  readonly kind: SubjectKind;
  readonly name: string;
  readonly status: TargetStatus;
}
