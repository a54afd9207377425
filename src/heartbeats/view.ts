import { defined } from "../core/defined.ts";
import type { HeartbeatState } from "../core/heartbeat.ts";
import type { PushHeartbeat } from "../core/push-heartbeat.ts";
import { after, type Seconds, type Timestamp } from "../core/units.ts";
import { type OfflineCause, type PingKind, type PushState, type PushStatus, standing } from "./machine.ts";

/** A heartbeat by push, as it is shown. All its times are of the wall clock. */
export interface PushView {
  /** Stays with the name, also over restarts, and is never given to another. */
  readonly id: number;
  readonly heartbeat: PushHeartbeat;
  /** Whether it became known by its first ping, and not by the configuration. */
  readonly registered: boolean;
  readonly status: PushStatus;
  /** Why it is offline. */
  readonly cause?: OfflineCause;
  readonly beat: HeartbeatState;
  readonly failed: boolean;
  /** When the earliest run began of which the end is awaited. */
  readonly runningSince?: Timestamp;
  readonly lastDuration?: Seconds;
  readonly pings: Readonly<Record<PingKind, number>>;
}

/** What a view is made of. */
export interface ViewSource {
  readonly id: number;
  readonly heartbeat: PushHeartbeat;
  readonly registered: boolean;
  readonly state: PushState;
}

/**
 * @param now by the clock of the state
 * @param ahead how far the wall clock is ahead of that
 */
export function viewOf(
  { id, heartbeat, registered, state }: ViewSource,
  now: Timestamp,
  ahead: Seconds,
): PushView {
  const { status, cause } = standing(state, heartbeat, now);
  const { lastSeen, silentSince, failed, starts, lastDuration, pings } = state;
  const [running] = starts;
  // Of one that never ended anything silence says nothing.
  const silent = lastSeen === undefined ? undefined : silentSince;
  return {
    id,
    heartbeat,
    registered,
    status,
    failed,
    pings,
    ...defined({ cause }),
    ...(running === undefined ? {} : { runningSince: after(running.at, ahead) }),
    ...defined({ lastDuration }),
    beat: {
      heartbeat: heartbeat.name,
      source: "push",
      timeout: heartbeat.timeout,
      ...defined({ lastSeen }),
      ...(silent === undefined ? {} : { silentSince: after(silent, ahead) }),
      ...(status === "offline" ? { down: true } : {}),
    },
  };
}

/** How the log calls a heartbeat: `Machine 1 (production-server)`. */
export const titleOf = ({ id, heartbeat: { kind, name } }: Pick<ViewSource, "id" | "heartbeat">): string =>
  `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${id} (${name})`;
