import type { HeartbeatSource } from "./heartbeat.ts";
import type { Phases } from "./phases.ts";
import type { FailureReason } from "./reasons.ts";
import type { Seconds, Timestamp } from "./units.ts";

/** The part of a configured target's result that history keeps. */
export interface PastResult {
  readonly target: string;
  readonly module: string;
  readonly startedAt: Timestamp;
  readonly duration: Seconds;
  /** Absent after a success. */
  readonly reason?: FailureReason;
  /** Time to the first token, if a model streamed its answer. */
  readonly firstToken?: Seconds;
  /** Output tokens per second, if a model streamed its answer. */
  readonly tokensPerSecond?: number;
  readonly phases?: Phases;
  /** Tokens of prompts and answers together. */
  readonly tokens?: number;
  readonly dollars?: number;
}

/** The kinds of events that history records. */
export const EVENT_KINDS = [
  /** The mode of a target changed. `cause` comes from the failover machine. */
  "mode",
  /** The health of a target changed, after thresholds. */
  "health",
  /** An operator forced a mode, until `until` if that is set. */
  "forced",
  /** A forced mode ended. */
  "force_ended",
  /** A target has been in fallback for longer than its `max_duration`. */
  "overdue",
  /** A heartbeat went up (`to: "up"`) or down (`to: "down"`). */
  "heartbeat",
  /** The status of a group changed. `detail` lists the members that cause it. */
  "group",
  /** The status of a component changed: by a report (`cause: "reported"`), or because its report expired (`silent`). */
  "component",
  /** The status of a target changed: its health, or whether it is degraded. `cause` is the reason, or `stale`. */
  "status",
  /** A route changed from one member to another. `cause` comes from its machine; `detail` says why it left the former. */
  "route",
  /** The configuration was reloaded (`to: "success"`), or the reload failed (`to: "failure"`). */
  "reload",
  /** The certificate of a target is `expiring` within its threshold `certificate_expiry`, `expired` or `valid`; `until` is its expiry. */
  "certificate",
  /** A budget of a target is `exhausted`, so that it is not probed until `until`, or `available` again. */
  "budget",
] as const;
/** One of `EVENT_KINDS`. */
export type EventKind = (typeof EVENT_KINDS)[number];

/** An event without its number. */
export interface EventFacts {
  readonly kind: EventKind;
  readonly at: Timestamp;
  /** The name of the target, heartbeat, group, component or route. */
  readonly subject: string;
  /** Only for heartbeats, which may share a name if their sources differ. */
  readonly source?: HeartbeatSource;
  readonly from?: string;
  readonly to?: string;
  readonly cause?: string;
  /** Explanation for people. */
  readonly detail?: string;
  /** Name of the dependency of the target or heartbeat that was down. */
  readonly blockedBy?: string;
  readonly until?: Timestamp;
}

/** An event with its number, which rises with every event, across restarts too. A stream resumes after a number. */
export interface PastEvent extends EventFacts {
  readonly id: number;
}

/** The time from `from` (inclusive) to `to` (exclusive), for one target if `target` is set. */
export interface HistoryWindow {
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly target?: string;
}

/** Durations of probes. `p95` is the 95th percentile. */
export interface DurationFigures {
  readonly average: Seconds;
  readonly p95: Seconds;
  readonly max: Seconds;
}

/** The results of one target under one module in a window. */
export interface TargetSummary {
  readonly target: string;
  readonly module: string;
  /** Number of results; never 0. */
  readonly probes: number;
  readonly successes: number;
  /** `successes / probes`: a ratio of probes, not of time. */
  readonly uptime: number;
  /** Number of failures by reason, without zeros. */
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  /** Durations of successful probes; absent without any. */
  readonly duration?: DurationFigures;
  readonly firstProbe: Timestamp;
  readonly lastProbe: Timestamp;
  /** Start of the last successful probe in the window. */
  readonly lastSuccess?: Timestamp;
  /** Sum over the window; absent if no result has tokens. */
  readonly tokens?: number;
  /** Sum over the window; absent if no result has a cost. */
  readonly dollars?: number;
}

/** A query for outages. */
export interface OutageQuery extends HistoryWindow {
  /** Consecutive failures that make an outage; 1 by default. */
  readonly failures?: number;
  /** Probes that failed for these reasons are skipped. */
  readonly ignoreReasons?: readonly FailureReason[];
}

/** A run of consecutive failures. An outage that began before the window starts with its first probe in the window. */
export interface Outage {
  readonly target: string;
  readonly module: string;
  /** Start of the first failed probe. */
  readonly from: Timestamp;
  /** Start of the first successful probe after it; absent if there is none in the window. */
  readonly to?: Timestamp;
  /** Number of failed probes. */
  readonly probes: number;
  /** The reason of the first failure. */
  readonly reason: FailureReason;
}

/** A query for a chart of one target: the window in `buckets` equal parts. */
export interface ChartQuery extends HistoryWindow {
  readonly target: string;
  readonly buckets: number;
  /**
   * True to read hourly totals where there are any, which are kept for 31 days. Parts should then be whole hours, from the
   * beginning of one.
   */
  readonly hourly?: boolean;
}

/** One part of a chart. Parts without results are absent. */
export interface ChartBucket {
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly probes: number;
  readonly successes: number;
  /** Mean duration of all probes. */
  readonly average: Seconds;
  readonly max: Seconds;
  /** Means of the successful probes that have them. */
  readonly firstToken?: Seconds;
  readonly tokensPerSecond?: number;
  readonly phases: Phases;
}

/** A query for what a list of targets has done of late. */
export interface TrendQuery {
  readonly targets: readonly string[];
  readonly now: Timestamp;
  /** Most of the last results to return. */
  readonly results: number;
  /** Number of hours to return, the last one that of `now`. */
  readonly hours: number;
  /** Number of days to return, in UTC, the last one that of `now`; those before the results come from daily totals. */
  readonly days: number;
}

/** Number of probes in a part of time. */
export interface ProbeCounts {
  readonly probes: number;
  readonly successes: number;
}

/** Probes in one hour. */
export interface HourTrend extends ProbeCounts {
  /** Mean duration of all probes. */
  readonly average: Seconds;
}

/** The recent probes of one target, of all its modules together. */
export interface Trend {
  readonly target: string;
  /** The oldest first. */
  readonly results: readonly Pick<PastResult, "startedAt" | "duration" | "reason">[];
  /** The oldest first; `undefined` for hours without probes. */
  readonly hours: readonly (HourTrend | undefined)[];
  /** The oldest first; `undefined` for days without probes. */
  readonly days: readonly (ProbeCounts | undefined)[];
}

/** A query for counts of probes. Windows of more than a day are counted in whole hours, those of more than 31 days in whole days. */
export interface CountQuery {
  readonly targets: readonly string[];
  readonly now: Timestamp;
  /** Lengths of the windows, which end now. */
  readonly windows: readonly Seconds[];
}

/** Counts of the probes of one target. */
export interface TargetCounts {
  readonly target: string;
  /** In the order of the query's windows; `undefined` without probes. */
  readonly windows: readonly (ProbeCounts | undefined)[];
}

/** Number of failures of one target for one reason. */
export interface ReasonTotal {
  readonly reason: FailureReason;
  readonly count: number;
}

/** A query for events. */
export interface EventQuery {
  readonly from?: Timestamp;
  readonly to?: Timestamp;
  readonly subject?: string;
  readonly kinds?: readonly EventKind[];
  /** Only events with a higher number. */
  readonly after?: number;
  /** Most events to return: the newest, or with `after` the oldest; 1000 by default. */
  readonly limit?: number;
}

/** Reads history. Every query rejects if history cannot be read. */
export interface HistoryReader {
  /** Returns a summary per target and module with results in the window, sorted by name. */
  summaries(window: HistoryWindow): Promise<readonly TargetSummary[]>;
  /** Returns outages sorted by target, module and time. */
  outages(query: OutageQuery): Promise<readonly Outage[]>;
  /** Returns the parts of a chart in order of time, with all modules of the target together. */
  chart(query: ChartQuery): Promise<readonly ChartBucket[]>;
  /** Returns the trends of the targets, in the order of the query. */
  trends(query: TrendQuery): Promise<readonly Trend[]>;
  /** Returns the counts of the targets, in the order of the query. */
  counts(query: CountQuery): Promise<readonly TargetCounts[]>;
  /** Returns the failures of one target in a window by reason, the most frequent first. Reads hourly totals where there are any. */
  reasons(window: HistoryWindow & { readonly target: string }): Promise<readonly ReasonTotal[]>;
  /** Returns events in order of their numbers. */
  events(query: EventQuery): Promise<readonly PastEvent[]>;
}

/** Receives the results and events to keep. */
export interface HistorySink {
  addResult(result: PastResult): void;
  addEvent(event: PastEvent): void;
}

/** Past results and events, bounded by age and size. With a store they survive restarts. */
export interface History extends HistoryReader {
  /** Adds a result. Cheap, and never fails: entries are written later, in batches. */
  append(result: PastResult): void;
  /** Adds an event in the same way, and returns it with its number. */
  record(event: EventFacts): PastEvent;
  /** Calls `listener` with each event as it is recorded, until the returned function is called. */
  subscribe(listener: (event: PastEvent) => void): () => void;
}
