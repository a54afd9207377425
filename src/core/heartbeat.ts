import { elapsed, type Seconds, type Timestamp } from "./units.ts";

/** How heartbeats reach the exporter: it is pinged, it reads a log, it reads a Kubernetes Lease. */
export const HEARTBEAT_SOURCES = ["push", "log", "lease"] as const;
export type HeartbeatSource = (typeof HEARTBEAT_SOURCES)[number];

/**
 * When something that reports by itself was last heard of, and how long it may be silent: what push, log and lease
 * have in common, and all that decides whether it is up.
 */
export interface HeartbeatState {
  /** What reports: the label `heartbeat`. The name of a push heartbeat, the path or address of a log, `namespace/name` of a lease. */
  readonly heartbeat: string;
  readonly source: HeartbeatSource;
  /** When it last reported, as it says itself; absent when it never did. */
  readonly lastSeen?: Timestamp;
  /**
   * Since when it is silent by the exporter's own clock, where that is another time than `lastSeen`: when a renewal was
   * noticed, whatever the holder's clock says; or `lastSeen` later by what nobody was there to hear.
   */
  readonly silentSince?: Timestamp;
  /** How long it may be silent. */
  readonly timeout: Seconds;
  /** It is down whatever the silence: it said so itself, or began something that it did not end in time. */
  readonly down?: true;
}

/** Whether `beat` is up at `now`: down from the moment on at which it was silent for its timeout. `undefined` when it was never heard of. */
export function isUp(
  { lastSeen, silentSince = lastSeen, timeout, down }: HeartbeatState,
  now: Timestamp,
): boolean | undefined {
  if (down === true) return false;
  return silentSince === undefined ? undefined : elapsed(silentSince, now) < timeout;
}
