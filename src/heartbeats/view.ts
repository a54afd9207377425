import { defined } from "../core/defined.ts";
import type { DownCause, HeartbeatState } from "../core/heartbeat.ts";
import type { PushHeartbeat } from "../core/push-heartbeat.ts";
import { after, elapsed, type Seconds, seconds, type Timestamp } from "../core/units.ts";
import { silenceDeadline, statusAt } from "./machine.ts";
import { type OfflineCause, type PingKind, type PushState, type PushStatus } from "./push-state.ts";
import { policyOf } from "./schedule.ts";

/** A push heartbeat as shown by routes and metrics. All times come from the wall clock. */
export interface PushView {
  /** Stable for the life of the heartbeat, across restarts, and never reused. */
  readonly id: number;
  readonly heartbeat: PushHeartbeat;
  /** True if created by its first ping, false if configured. */
  readonly registered: boolean;
  readonly status: PushStatus;
  /** Present when `status` is `offline`. */
  readonly cause?: OfflineCause;
  readonly beat: HeartbeatState;
  /** True if the last run to end failed. */
  readonly failed: boolean;
  /** The exit status by which the last run to end failed. */
  readonly exitStatus?: number;
  /** Start of the oldest run in progress. */
  readonly runningSince?: Timestamp;
  readonly lastDuration?: Seconds;
  /** With a schedule: when it is expected, in the past while it is late. */
  readonly nextExpected?: Timestamp;
  readonly pings: Readonly<Record<PingKind, number>>;
}

/** The input of {@link viewOf}. */
export interface ViewSource {
  readonly id: number;
  readonly heartbeat: PushHeartbeat;
  readonly registered: boolean;
  readonly state: PushState;
}

/** The words of groups and reports for the causes. */
const DOWN_CAUSES: Readonly<Record<OfflineCause, DownCause>> = {
  fail: "failure",
  start_overdue: "overdue",
  timeout: "silence",
};

/**
 * Builds the view of a heartbeat at `now`.
 * @param now time of the steady clock
 * @param ahead how far the wall clock is ahead of the steady clock
 */
export function viewOf(
  { id, heartbeat, registered, state }: ViewSource,
  now: Timestamp,
  ahead: Seconds,
): PushView {
  const { status, cause } = statusAt(state, policyOf(heartbeat), now);
  const { lastSeen, silentSince, failed, exitStatus, starts, lastDuration, pings } = state;
  const [running] = starts;
  // Before its first end a heartbeat has no meaningful silence.
  const silent = lastSeen === undefined ? undefined : silentSince;
  return {
    id,
    heartbeat,
    registered,
    status,
    failed,
    pings,
    ...defined({ cause, exitStatus }),
    ...(running === undefined ? {} : { runningSince: after(running.at, ahead) }),
    ...defined({ lastDuration, nextExpected: nextExpected(state, heartbeat) }),
    beat: {
      heartbeat: heartbeat.name,
      source: "push",
      timeout: timeoutOf(state, heartbeat),
      ...defined({ lastSeen }),
      ...(silent === undefined ? {} : { silentSince: after(silent, ahead) }),
      ...defined({ down: cause === undefined ? undefined : DOWN_CAUSES[cause] }),
    },
  };
}

/** Returns the silence after which a heartbeat is down. With a schedule it depends on the run that is expected. */
function timeoutOf(state: PushState, heartbeat: PushHeartbeat): Seconds {
  const { schedule, timeout } = heartbeat;
  const isFixed = schedule === undefined || (schedule.kind === "every" && state.inProgress === undefined);
  const due = silenceDeadline(state, policyOf(heartbeat));
  if (isFixed || due === undefined || state.silentSince === undefined) return timeout;
  // In milliseconds: differences of times are not exact.
  return seconds(Math.round(elapsed(state.silentSince, due) * 1000) / 1000);
}

function nextExpected({ awaited, lastSeen }: PushState, { schedule }: PushHeartbeat): Timestamp | undefined {
  if (schedule?.kind === "cron") return awaited?.run;
  return schedule === undefined || lastSeen === undefined ? undefined : after(lastSeen, schedule.every);
}

/** Returns a heartbeat's title in logs: `Machine 1 (production-server)`. */
export const titleOf = ({ id, heartbeat: { kind, name } }: Pick<ViewSource, "id" | "heartbeat">): string =>
  `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${id} (${name})`;
