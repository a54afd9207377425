import type { HeartbeatSource } from "./heartbeat.ts";
import type { FailureReason } from "./reasons.ts";
import type { Seconds, Timestamp } from "./units.ts";

/** What is kept of one result of a configured target. */
export interface PastResult {
  readonly target: string;
  readonly module: string;
  readonly startedAt: Timestamp;
  readonly duration: Seconds;
  /** Why it failed; absent when it succeeded. */
  readonly reason?: FailureReason;
  /** Time to the first token, of streamed answers of models. */
  readonly firstToken?: Seconds;
  /** Tokens that it used up, those of prompts and of answers together. */
  readonly tokens?: number;
  readonly dollars?: number;
}

/** What can happen to a target, a heartbeat or a group. */
export const EVENT_KINDS = [
  /** The mode of a target changed; `cause` is that of the failover machine. */
  "mode",
  /** The health of a target changed, after thresholds. */
  "health",
  /** A mode was forced by hand, until `until` if that is set. */
  "forced",
  "force_ended",
  /** A target is in fallback for longer than its `max_duration`. */
  "overdue",
  /** A heartbeat came (`to: "up"`) or stayed away (`to: "down"`). */
  "heartbeat",
  /** The status of a group changed. */
  "group",
  /** The status of a target changed: its health, or whether it is as fast as expected; `cause` is why its last probe failed. */
  "status",
  /** The configuration was loaded anew (`to: "success"`), or could not be (`to: "failure"`). */
  "reload",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Something that happened and that people are told of later. */
export interface EventFacts {
  readonly kind: EventKind;
  readonly at: Timestamp;
  /** The name of the target, heartbeat or group that it happened to. */
  readonly subject: string;
  /** Only of heartbeats, which may have the same name where their sources differ. */
  readonly source?: HeartbeatSource;
  readonly from?: string;
  readonly to?: string;
  readonly cause?: string;
  readonly until?: Timestamp;
}

/** An event with its number, which rises with each event and over restarts: what a stream of events goes on from. */
export interface PastEvent extends EventFacts {
  readonly id: number;
}

/** From `from`, included, until `to`, excluded; and of one target only where it is named. */
export interface HistoryWindow {
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly target?: string;
}

/** Durations of probes: `p95` is the shortest of which 95 % took no longer. */
export interface DurationFigures {
  readonly average: Seconds;
  readonly p95: Seconds;
  readonly max: Seconds;
}

/** What a window says about one target under one module. */
export interface TargetSummary {
  readonly target: string;
  readonly module: string;
  /** Results in the window; never 0. */
  readonly probes: number;
  readonly successes: number;
  /** `successes / probes`: the share of probes, not of time. */
  readonly uptime: number;
  /** How often each reason occurred; reasons that did not are absent. */
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  /** Of successful probes; absent when there was none. */
  readonly duration?: DurationFigures;
  readonly firstProbe: Timestamp;
  readonly lastProbe: Timestamp;
  /** When the last successful probe of the window began. */
  readonly lastSuccess?: Timestamp;
  /** Sums over the window; absent when no result says anything of it. */
  readonly tokens?: number;
  readonly dollars?: number;
}

/** What counts as an outage. */
export interface OutageQuery extends HistoryWindow {
  /** Failures in a row that make one; 1 unless given. */
  readonly failures?: number;
  /** Failures for these reasons are passed over, as if there had been no probe. */
  readonly ignoreReasons?: readonly FailureReason[];
}

/** A run of failures. One that began before the window begins with its first probe in it. */
export interface Outage {
  readonly target: string;
  readonly module: string;
  /** Start of the first failed probe. */
  readonly from: Timestamp;
  /** Start of the first successful probe after it; absent when there was none in the window. */
  readonly to?: Timestamp;
  /** Failed probes. */
  readonly probes: number;
  /** The reason of the first failure. */
  readonly reason: FailureReason;
}

/** A chart of one target: the window in `buckets` equal parts. */
export interface ChartQuery extends HistoryWindow {
  readonly target: string;
  readonly buckets: number;
}

/** One part of a chart that has results; parts without one are absent. */
export interface ChartBucket {
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly probes: number;
  readonly successes: number;
  /** Of all probes. */
  readonly average: Seconds;
  readonly max: Seconds;
}

export interface EventQuery {
  readonly from?: Timestamp;
  readonly to?: Timestamp;
  readonly subject?: string;
  readonly kinds?: readonly EventKind[];
  /** Only events after that number. */
  readonly after?: number;
  /** How many at the most, the newest of them; 1000 unless given. With `after` it is the oldest of them. */
  readonly limit?: number;
}

/** The questions that history answers. They reject when it cannot be read. */
export interface HistoryReader {
  /** One entry per target and module with results in the window, in the order of their names. */
  summaries(window: HistoryWindow): Promise<readonly TargetSummary[]>;
  /** In the order of target, module and time. */
  outages(query: OutageQuery): Promise<readonly Outage[]>;
  /** In the order of time; all modules of the target together. */
  chart(query: ChartQuery): Promise<readonly ChartBucket[]>;
  /** In the order of their numbers. */
  events(query: EventQuery): Promise<readonly PastEvent[]>;
}

/** Receives the results and events to keep. */
export interface HistorySink {
  addResult(result: PastResult): void;
  addEvent(event: PastEvent): void;
}

/** Results and events of the past, bounded by age and size; over restarts where there is a store. */
export interface History extends HistoryReader {
  /** Costs next to nothing and never fails: writing happens later, together with others. */
  append(result: PastResult): void;
  /** The same for an event; it has its number at once. */
  record(event: EventFacts): PastEvent;
  /** Calls `listener` with each event as it is recorded; the returned function ends that. */
  subscribe(listener: (event: PastEvent) => void): () => void;
}
