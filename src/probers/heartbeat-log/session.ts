import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { ProbeLog } from "../../core/prober.ts";
import { type Timestamp, timestamp } from "../../core/units.ts";
import { flatten } from "./flatten.ts";
import { asUtf8 } from "./formats.ts";
import type { LastHeartbeat, LogState, Position } from "./log-state.ts";
import { createScanner, type LineRules, type Scanner } from "./scanner.ts";
import { countHeartbeat, type LogHeartbeat, type Sequence } from "./tally.ts";
import { findTime, TIME_FIELDS, TOLERATED_SKEW, timeOf } from "./times.ts";
import type { Zone } from "./zones.ts";

/** Rules by which lines become heartbeats. */
export interface HeartbeatRules {
  readonly lines: LineRules;
  /** Names of the fields with the number of the heartbeat, the service's uptime, and the time of the heartbeat. */
  readonly countField: string;
  readonly uptimeField: string;
  readonly timestampField?: string;
  readonly zone: Zone;
}

/** Characters of an unknown time that are shown. */
const SHOWN = 80;

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
  /**
   * Sets the last heartbeat to an old one without counting it. Returns false if it has no time.
   * @param modified when the file was last modified
   */
  setLast(heartbeat: LogHeartbeat, modified: number): boolean;
  /** Records that the log was read to its end, so that later lines are written after this session began. */
  reachEnd(): void;
  readonly last: LastHeartbeat | undefined;
  /** Unix seconds before which the end of the log was reached, if it was. */
  readonly caughtUpAt: number | undefined;
  /** The text that should be the time of the newest heartbeat, if it is in no known form. */
  readonly unknownTime: string | undefined;
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
  let { sequence, last, carry, caughtUpAt } = before;
  const openedAt = clock.now();
  let unknownTime: string | undefined;
  /** The newest heartbeat, until its time is determined. */
  let newest: LogHeartbeat | undefined;
  const count = (heartbeat: LogHeartbeat): void => {
    sequence = countHeartbeat(counts, sequence, sequenceOf(heartbeat, rules));
    newest = heartbeat;
    onHeartbeat?.(heartbeat);
  };
  /**
   * Returns the time by which what is read now was written: when the file was modified, but not before the log was last
   * read to its end, because the clock of a file server may be behind.
   */
  const writtenBy = (modified: number | undefined): Timestamp =>
    timestamp(Math.min(clock.now(), Math.max(modified ?? clock.now(), caughtUpAt ?? 0)));
  const storeLast = ({ fields }: LogHeartbeat, time: Timestamp, latest: Timestamp): void => {
    const ahead = time - clock.now();
    if (ahead > TOLERATED_SKEW)
      log("the heartbeat is ahead of the exporter's clock, so the time of reading it is used instead", {
        ahead_seconds: Math.round(ahead),
      });
    last = { at: ahead > 0 ? latest : time, values: Object.fromEntries(flatten(fields)) };
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
      const latest = writtenBy(modified);
      const time = timeOfHeartbeat(newest, rules, latest);
      unknownTime = time === undefined ? unknownTimeOf(newest, rules) : undefined;
      storeLast(newest, time ?? latest, latest);
      newest = undefined;
    },
    setLast(heartbeat, modified) {
      const latest = writtenBy(modified);
      const time = timeOfHeartbeat(heartbeat, rules, latest);
      if (time === undefined) return false;
      sequence = sequenceOf(heartbeat, rules);
      storeLast(heartbeat, time, latest);
      return true;
    },
    reachEnd() {
      caughtUpAt = openedAt;
    },
    get last() {
      return last;
    },
    get caughtUpAt() {
      return caughtUpAt;
    },
    get unknownTime() {
      return unknownTime;
    },
    state: (positions) => ({
      positions,
      carry,
      counts,
      rotations,
      sequence,
      ...defined({ last, caughtUpAt }),
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

/** The part of the rules that tells the time of a heartbeat. */
type TimeRules = Pick<HeartbeatRules, "timestampField" | "zone">;

const timeFields = ({ timestampField }: TimeRules): readonly string[] =>
  timestampField === undefined ? TIME_FIELDS : [timestampField];

/**
 * Returns the time of a heartbeat, from the first of: its fields, its wrapper, the text before it.
 * @param latest the time by which it was written
 */
export function timeOfHeartbeat(
  { fields, wrapperTime, prefix }: LogHeartbeat,
  rules: TimeRules,
  latest: Timestamp,
): Timestamp | undefined {
  const { zone } = rules;
  for (const name of timeFields(rules)) {
    const time = Object.hasOwn(fields, name) ? timeOf(fields[name], zone, latest) : undefined;
    if (time !== undefined) return time;
  }
  return timeOf(wrapperTime, zone, latest) ?? findTime(prefix, zone, latest);
}

/** Returns the text that should be the time of a heartbeat without a known one: a time field, or the text before it. */
function unknownTimeOf({ fields, prefix }: LogHeartbeat, rules: TimeRules): string | undefined {
  const field = timeFields(rules)
    .map((name) => (Object.hasOwn(fields, name) ? fields[name] : undefined))
    .find((value) => (typeof value === "string" && value !== "") || typeof value === "number");
  const text = typeof field === "string" || typeof field === "number" ? String(field) : prefix;
  return field !== undefined || /\d:\d\d/.test(text) ? asUtf8(text).slice(0, SHOWN).trim() : undefined;
}
