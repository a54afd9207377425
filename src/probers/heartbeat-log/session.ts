import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { ProbeLog } from "../../core/prober.ts";
import { type Timestamp, timestamp } from "../../core/units.ts";
import { flatten } from "./flatten.ts";
import type { LastHeartbeat, LogState, Position } from "./log-state.ts";
import { createScanner, type LineRules, type Scanner } from "./scanner.ts";
import { countHeartbeat, type LogHeartbeat, type Sequence } from "./tally.ts";
import { findTime, TIME_FIELDS, timeOf, type Zone } from "./times.ts";

/** Rules by which lines become heartbeats. */
export interface HeartbeatRules {
  readonly lines: LineRules;
  /** Names of the fields with the number of the heartbeat, the service's uptime, and the time of the heartbeat. */
  readonly countField: string;
  readonly uptimeField: string;
  readonly timestampField?: string;
  readonly zone: Zone;
}

/** Seconds that a heartbeat may be ahead of the exporter's clock before this is logged. */
const TOLERATED_SKEW = 5;

/** The state of a log while a probe updates it. */
export interface Session {
  /** Creates a scanner that resumes at `position`. */
  scanner(position: Position): Scanner;
  /** Ends a scan that read up to `offset`, and returns the position from which to resume. */
  suspend(scanner: Scanner, position: Position, offset: number): Position;
  countRotation(kind: "rename" | "truncate"): void;
  /**
   * Determines the time of the newest heartbeat that was read.
   * @param modified when the file was last modified, if known
   */
  dateNewest(modified: number | undefined): void;
  /** Sets the last heartbeat to an old one without counting it. Returns false if it has no time. */
  setLast(heartbeat: LogHeartbeat): boolean;
  readonly last: LastHeartbeat | undefined;
  state(positions: readonly Position[]): LogState;
}

/** Starts a session from the state that the last probe left. */
export function openSession(
  before: LogState,
  rules: HeartbeatRules,
  { clock, log }: { readonly clock: Clock; readonly log: ProbeLog },
  onHeartbeat?: (heartbeat: LogHeartbeat) => void,
): Session {
  const counts = { ...before.counts, failures: { ...before.counts.failures } };
  const rotations = { ...before.rotations };
  let { sequence, last, carry } = before;
  /** The newest heartbeat, until its time is determined. */
  let newest: LogHeartbeat | undefined;
  const count = (heartbeat: LogHeartbeat): void => {
    sequence = countHeartbeat(counts, sequence, sequenceOf(heartbeat, rules));
    newest = heartbeat;
    onHeartbeat?.(heartbeat);
  };
  const storeLast = ({ fields }: LogHeartbeat, time: Timestamp): void => {
    const now = clock.now();
    if (time > now + TOLERATED_SKEW)
      log("the heartbeat is ahead of the exporter's clock, so the time of reading it is used instead", {
        ahead_seconds: Math.round(time - now),
      });
    last = { at: Math.min(time, now), values: Object.fromEntries(flatten(fields)) };
  };
  return {
    scanner: ({ skipping }) => createScanner(rules.lines, counts, count, { ...carry, skipping }),
    suspend(scanner, position, offset) {
      const { skipping, ...rest } = scanner.carry();
      carry = rest;
      return { ...position, offset: offset - scanner.unfinished(), skipping };
    },
    countRotation(kind) {
      rotations[kind] += 1;
      // A line may continue in the next file, but not in a truncated one.
      if (kind === "truncate") carry = { pieces: {} };
    },
    dateNewest(modified) {
      if (newest === undefined) return;
      // A heartbeat without a time cannot be newer than the last modification of its file.
      const latest = timestamp(Math.min(clock.now(), modified ?? Number.POSITIVE_INFINITY));
      storeLast(newest, timeOfHeartbeat(newest, rules) ?? latest);
      newest = undefined;
    },
    setLast(heartbeat) {
      const time = timeOfHeartbeat(heartbeat, rules);
      if (time === undefined) return false;
      sequence = sequenceOf(heartbeat, rules);
      storeLast(heartbeat, time);
      return true;
    },
    get last() {
      return last;
    },
    state: (positions) => ({
      positions,
      carry,
      counts,
      rotations,
      sequence,
      ...defined({ last }),
      lookedAt: clock.now(),
    }),
  };
}

function sequenceOf({ fields }: LogHeartbeat, { countField, uptimeField }: HeartbeatRules): Sequence {
  const count = fields[countField];
  const uptime = fields[uptimeField];
  return {
    ...(Number.isSafeInteger(count) ? { count: Number(count) } : {}),
    ...(typeof uptime === "number" && Number.isFinite(uptime) ? { uptime } : {}),
  };
}

/** Returns the time of a heartbeat, from the first of: its fields, its wrapper, the text before it. */
export function timeOfHeartbeat(
  { fields, wrapperTime, prefix }: LogHeartbeat,
  { timestampField, zone }: Pick<HeartbeatRules, "timestampField" | "zone">,
): Timestamp | undefined {
  for (const name of timestampField === undefined ? TIME_FIELDS : [timestampField]) {
    const time = Object.hasOwn(fields, name) ? timeOf(fields[name], zone) : undefined;
    if (time !== undefined) return time;
  }
  return timeOf(wrapperTime, zone) ?? findTime(prefix, zone);
}
