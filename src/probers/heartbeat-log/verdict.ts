import { type HeartbeatState, isUp } from "../../core/heartbeat.ts";
import { formatDuration, type Seconds, seconds, type Timestamp, timestamp } from "../../core/units.ts";
import type { LogState } from "./log-state.ts";
import type { HeartbeatLogModule } from "./options.ts";
import { type LogProblem, problem } from "./problem.ts";

/** Heartbeats may be this many intervals apart before something is wrong. */
const INTERVALS = 2.5;

/** Longer intervals in a line are taken for a mistake, as they would keep a dead service healthy. */
const LONGEST_INTERVAL = 86_400;

/** What the heartbeats of a log say of their service, under the name by which they are shown. */
export function beatOf(heartbeat: string, { last }: LogState, module: HeartbeatLogModule): HeartbeatState {
  const timeout =
    module.timeout ?? seconds(INTERVALS * intervalOf(last?.values[module.intervalField], module));
  return {
    heartbeat,
    source: "log",
    timeout,
    ...(last === undefined ? {} : { lastSeen: timestamp(last.at) }),
  };
}

const intervalOf = (said: unknown, { interval }: HeartbeatLogModule): Seconds =>
  typeof said === "number" && said > 0 && said <= LONGEST_INTERVAL ? seconds(said) : interval;

/** Why a log is no success, if it is none: it could not be read, or its last heartbeat is too old. */
export function problemOf(
  beat: HeartbeatState,
  { counts }: LogState,
  trouble: LogProblem | undefined,
  now: Timestamp,
): LogProblem | undefined {
  const { heartbeat, lastSeen, timeout } = beat;
  const fresh = isUp(beat, now) === true;
  // To be late with reading is no trouble as long as what was read is fresh.
  if (trouble !== undefined && !(fresh && (trouble.reason === "timeout" || trouble.reason === "too_large")))
    return trouble;
  if (fresh) return undefined;
  if (counts.failuresSince > 0)
    return problem(
      "malformed",
      `${heartbeat}: ${counts.failuresSince} lines could not be read since the last heartbeat`,
    );
  return lastSeen === undefined
    ? problem("stale", `${heartbeat}: no heartbeat in ${counts.lines} lines`)
    : problem(
        "stale",
        `${heartbeat}: the last heartbeat is ${formatDuration(seconds(Math.round(now - lastSeen)))} old, want one every ${formatDuration(timeout)}`,
      );
}
