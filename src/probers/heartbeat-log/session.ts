import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { ProbeLog } from "../../core/prober.ts";
import { type Timestamp, timestamp } from "../../core/units.ts";
import { flatten } from "./flatten.ts";
import type { LastHeartbeat, LogState, Position } from "./log-state.ts";
import { createScanner, type LineRules, type Scanner } from "./scanner.ts";
import { countHeartbeat, type LogHeartbeat, type Sequence } from "./tally.ts";
import { findTime, TIME_FIELDS, timeOf, type Zone } from "./times.ts";

/** What turns lines into heartbeats. */
export interface HeartbeatRules {
  readonly lines: LineRules;
  /** Names of the fields that say which heartbeat it is, how long the service runs, and when it was. */
  readonly countField: string;
  readonly uptimeField: string;
  readonly timestampField?: string;
  readonly zone: Zone;
}

/** A heartbeat whose time is this far ahead of the exporter's clock is worth a word. */
const TOLERATED_SKEW = 5;

/** What is remembered of a log, while a probe adds to it. */
export interface Session {
  /** Reads on where `position` stands. */
  scanner(position: Position): Scanner;
  /** Takes the scanner's place between two lines. */
  leave(scanner: Scanner, position: Position, offset: number): Position;
  rotated(kind: "rename" | "truncate"): void;
  /** Gives the newest heartbeat its time, of a file that was written to last at `modified`, where that is known. */
  settle(modified: number | undefined): void;
  /** Takes an old heartbeat for the last, which is not counted; false when it does not say when it was. */
  recall(heard: LogHeartbeat): boolean;
  readonly last: LastHeartbeat | undefined;
  state(positions: readonly Position[]): LogState;
}

export function openSession(
  before: LogState,
  rules: HeartbeatRules,
  { clock, log }: { readonly clock: Clock; readonly log: ProbeLog },
  onHeartbeat?: (heard: LogHeartbeat) => void,
): Session {
  const counts = { ...before.counts, failures: { ...before.counts.failures } };
  const rotations = { ...before.rotations };
  let { sequence, last, carry } = before;
  let heard: LogHeartbeat | undefined;
  const hear = (next: LogHeartbeat): void => {
    sequence = countHeartbeat(counts, sequence, sequenceOf(next, rules));
    heard = next;
    onHeartbeat?.(next);
  };
  const remember = ({ fields }: LogHeartbeat, said: Timestamp): void => {
    const now = clock.now();
    if (said > now + TOLERATED_SKEW)
      log("the heartbeat is ahead of the exporter's clock, so the time at which it was read counts", {
        ahead_seconds: Math.round(said - now),
      });
    last = { at: Math.min(said, now), values: Object.fromEntries(flatten(fields)) };
  };
  return {
    scanner: ({ skipping }) => createScanner(rules.lines, counts, hear, { ...carry, skipping }),
    leave(scanner, position, offset) {
      const { skipping, ...rest } = scanner.carry();
      carry = rest;
      return { ...position, offset: offset - scanner.unfinished(), skipping };
    },
    rotated(kind) {
      rotations[kind] += 1;
      // A line goes on in the next file, but not in one that was emptied.
      if (kind === "truncate") carry = { pieces: {} };
    },
    settle(modified) {
      if (heard === undefined) return;
      // Without a time of its own it is as old as the file at least, or else came just now.
      const latest = timestamp(Math.min(clock.now(), modified ?? Number.POSITIVE_INFINITY));
      remember(heard, saidTime(heard, rules) ?? latest);
      heard = undefined;
    },
    recall(old) {
      const said = saidTime(old, rules);
      if (said === undefined) return false;
      sequence = sequenceOf(old, rules);
      remember(old, said);
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

/** The time of a heartbeat: of its own field, of its wrapper, of the text before it. */
export function saidTime(
  { fields, wrapperTime, prefix }: LogHeartbeat,
  { timestampField, zone }: Pick<HeartbeatRules, "timestampField" | "zone">,
): Timestamp | undefined {
  for (const name of timestampField === undefined ? TIME_FIELDS : [timestampField]) {
    const time = Object.hasOwn(fields, name) ? timeOf(fields[name], zone) : undefined;
    if (time !== undefined) return time;
  }
  return timeOf(wrapperTime, zone) ?? findTime(prefix, zone);
}
