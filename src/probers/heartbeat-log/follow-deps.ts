import type { Clock } from "../../core/clock.ts";
import type { ProbeLog } from "../../core/prober.ts";
import type { Descriptors } from "./descriptors.ts";
import type { HeartbeatRules } from "./session.ts";

/** The settings and environment for following a file. */
export interface FollowDeps {
  readonly rules: HeartbeatRules;
  readonly roots: readonly string[];
  /** Bytes that are read from the end of a file the first time. */
  readonly initialRead: number;
  readonly descriptors: Descriptors;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: ProbeLog;
}
