import type { Seconds, Timestamp } from "../core/units.ts";

/** Kinds of pings: a run succeeded, started or failed, or a mere log entry. An exit status counts as `success` (0) or `fail`. */
export const PING_KINDS = ["success", "start", "fail", "log"] as const;
export type PingKind = (typeof PING_KINDS)[number];

/** Statuses of a push heartbeat. */
export const PUSH_STATUSES = ["online", "offline", "unknown"] as const;
/** `unknown` until the first `success` or `fail`, or until a timeout expires. It does not count as online. */
export type PushStatus = (typeof PUSH_STATUSES)[number];

/** The cause for which a heartbeat is offline: silence beyond the timeout, a failed run, or a run that did not end in time. */
export type OfflineCause = "timeout" | "fail" | "start_overdue";

/** A cron schedule. */
export interface CronCadence {
  readonly kind: "cron";
  /** Differs for schedules that differ in their runs. */
  readonly id: string;
  /** How late a run may be. */
  readonly grace: Seconds;
  /** Returns the first run after a time of the wall clock; `undefined` if there is none. */
  readonly next: (after: Timestamp) => Timestamp | undefined;
}

/** When a heartbeat with a schedule is expected. A run in progress postpones its lateness. */
export type Cadence = { readonly kind: "every"; readonly every: Seconds } | CronCadence;

/** The longest allowed silence, and the longest allowed run. */
export interface Policy {
  /** Without effect if the cadence is `cron`. */
  readonly timeout: Seconds;
  readonly startTimeout: Seconds;
  readonly cadence?: Cadence;
}

/** The run of a cron schedule that is expected next, or is late. */
export interface AwaitedRun {
  /** `id` of its cadence. */
  readonly id: string;
  /** Its time by the wall clock. */
  readonly run: Timestamp;
  /** Its time by the steady clock. */
  readonly at: Timestamp;
}

/** A run that has started and not ended. */
export interface RunStart {
  /** The run's id. An end without an id ends the run that started without one. */
  readonly rid?: string;
  readonly at: Timestamp;
}

/**
 * The state of one heartbeat. All times except `lastSeen` and `awaited.run` come from the steady clock, which never jumps, and are only
 * meaningful as differences.
 */
export interface PushState {
  /** The status last announced. */
  readonly status: PushStatus;
  /** Wall-clock time of the last `success` or `fail`. Never moves backwards. */
  readonly lastSeen?: Timestamp;
  /** Start of the present silence: the last `success` or `fail`, or before that the first `start`. */
  readonly silentSince?: Timestamp;
  /** Time of the last ping of any kind, or of the heartbeat's creation. */
  readonly heardAt: Timestamp;
  /** True if the last run to end failed. */
  readonly failed: boolean;
  /** The exit status by which the last run to end failed, above 0; absent if it reported none. */
  readonly exitStatus?: number;
  /** True if a run exceeded `startTimeout` and none has ended since. */
  readonly missed: boolean;
  /** At most {@link MAX_STARTS}, oldest first. */
  readonly starts: readonly RunStart[];
  /** Only with a cron schedule. */
  readonly awaited?: AwaitedRun;
  /** With a schedule: the first start since the last end, and the time until which starts since then postpone lateness. */
  readonly inProgress?: { readonly since: Timestamp; readonly until: Timestamp };
  /** Duration of the last run with both a start and an end. */
  readonly lastDuration?: Seconds;
  readonly pings: Readonly<Record<PingKind, number>>;
}

/** An input of the state machine. All times except `seen` come from the steady clock. */
export type PushEvent =
  | {
      readonly kind: "ping";
      readonly ping: PingKind;
      readonly at: Timestamp;
      /** `at` by the wall clock. */
      readonly seen: Timestamp;
      readonly rid?: string;
      /** Only of a `fail`, above 0. */
      readonly exitStatus?: number;
    }
  | { readonly kind: "tick"; readonly at: Timestamp }
  /** The exporter restarted after being down for `downFor`, which does not count as silence. */
  | { readonly kind: "restored"; readonly at: Timestamp; readonly downFor: Seconds }
  /**
   * The schedule may have changed, or the clocks moved against each other. `reset`: the wall clock was set, so that what
   * it said before means nothing.
   */
  | {
      readonly kind: "rescheduled";
      readonly at: Timestamp;
      readonly seen: Timestamp;
      readonly reset: boolean;
    }
  /** The exporter runs again after an absence, for which the steady clock stood still. */
  | { readonly kind: "resumed"; readonly at: Timestamp; readonly absence: Seconds };

/** A change to announce. `offline` and `online` alternate, starting with `offline`. */
export type PushEffect =
  | {
      readonly kind: "offline";
      readonly cause: OfflineCause;
      readonly at: Timestamp;
      readonly lastSeen?: Timestamp;
    }
  | { readonly kind: "online"; readonly at: Timestamp; readonly lastSeen?: Timestamp };

/** The outcome of one event. */
export interface PushStep {
  readonly next: PushState;
  readonly effects: readonly PushEffect[];
}

/** Most runs tracked at the same time for one heartbeat. Further starts are counted but not timed. */
export const MAX_STARTS = 16;

/** Returns the state of a heartbeat created at `at`. */
export const initialState = (at: Timestamp): PushState => ({
  status: "unknown",
  heardAt: at,
  failed: false,
  missed: false,
  starts: [],
  pings: { success: 0, start: 0, fail: 0, log: 0 },
});
