import { type HeartbeatState, isUp } from "../../core/heartbeat.ts";
import { formatDuration, type Seconds, seconds, type Timestamp, timestamp } from "../../core/units.ts";
import type { LogState } from "./log-state.ts";
import type { HeartbeatLogModule } from "./options.ts";
import { type LogProblem, problem } from "./problem.ts";

/** Default timeout, in intervals. */
const INTERVALS = 2.5;

/** Longest interval that a heartbeat may state, in seconds. A longer one is a mistake that would keep a dead service healthy. */
const LONGEST_INTERVAL = 86_400;

/** Reasons that do not matter while the last heartbeat is fresh: incomplete reads, and faults of the exporter. */
const EXCUSABLE: ReadonlySet<LogProblem["reason"]> = new Set(["timeout", "too_large", "internal"]);

/** Returns the heartbeat of a log, under the name by which it is shown. */
export function heartbeatOf(
  heartbeat: string,
  { last }: LogState,
  module: HeartbeatLogModule,
): HeartbeatState {
  const timeout =
    module.timeout ?? seconds(INTERVALS * intervalOf(last?.values[module.intervalField], module));
  return {
    heartbeat,
    source: "log",
    timeout,
    ...(last === undefined ? {} : { lastSeen: timestamp(last.at) }),
  };
}

const intervalOf = (stated: unknown, { interval }: HeartbeatLogModule): Seconds =>
  typeof stated === "number" && stated > 0 && stated <= LONGEST_INTERVAL ? seconds(stated) : interval;

/** Returns the reason why a log fails, if it does: it could not be read, or its last heartbeat is too old. */
export function problemOf(
  state: HeartbeatState,
  { counts }: LogState,
  trouble: LogProblem | undefined,
  now: Timestamp,
): LogProblem | undefined {
  const { heartbeat, lastSeen, timeout } = state;
  const fresh = isUp(state, now) === true;
  if (trouble !== undefined && !(fresh && EXCUSABLE.has(trouble.reason))) return trouble;
  if (fresh) return undefined;
  if (counts.failuresSince > 0)
    return problem(
      "malformed",
      `${heartbeat}: ${counts.failuresSince} line${counts.failuresSince === 1 ? "" : "s"} could not be parsed since the last heartbeat`,
    );
  return lastSeen === undefined
    ? problem("stale", `${heartbeat}: no heartbeat in ${counts.lines} lines`)
    : problem(
        "stale",
        `${heartbeat}: the last heartbeat is ${formatDuration(seconds(Math.round(now - lastSeen)))} old, want one every ${formatDuration(timeout)}`,
      );
}
