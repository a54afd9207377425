import { elapsed, type Seconds, type Timestamp } from "./units.ts";

/** The ways in which heartbeats reach the exporter: pings, a log that it reads, a Kubernetes Lease that it reads. */
export const HEARTBEAT_SOURCES = ["push", "log", "lease"] as const;
/** One of `HEARTBEAT_SOURCES`. */
export type HeartbeatSource = (typeof HEARTBEAT_SOURCES)[number];

/** The cause for which a heartbeat is down: it reported a failure, did not end a run in time, or was never seen in time. */
export type DownCause = "failure" | "overdue" | "silence";

/**
 * The last report of a heartbeat and its timeout. Push, log and lease share this state, and it alone decides whether the
 * heartbeat is up.
 */
export interface HeartbeatState {
  /** The label `heartbeat`: the name of a push heartbeat, the path or address of a log, `namespace/name` of a lease. */
  readonly heartbeat: string;
  readonly source: HeartbeatSource;
  /** Time of the last report by its own clock; absent before the first. */
  readonly lastSeen?: Timestamp;
  /**
   * Start of the silence by the exporter's clock, if that differs from `lastSeen`: when the exporter noticed a renewal,
   * or `lastSeen` plus the downtime of the exporter.
   */
  readonly silentSince?: Timestamp;
  /** Silence after which it is down. */
  readonly timeout: Seconds;
  /** The cause for which it is down, if that is not the silence since it was last seen. */
  readonly down?: DownCause;
}

/** Reports whether a heartbeat is up at `now`; `undefined` if it never reported. A silence as long as the timeout is down. */
export function isUp(
  { lastSeen, silentSince = lastSeen, timeout, down }: HeartbeatState,
  now: Timestamp,
): boolean | undefined {
  if (down !== undefined) return false;
  return silentSince === undefined ? undefined : elapsed(silentSince, now) < timeout;
}
