import type { Log } from "../core/log.ts";
import type { Memory, StateStore } from "../core/memory.ts";
import { isName } from "../core/names.ts";
import { RUN_ID } from "../core/push-heartbeat.ts";
import { type Seconds, seconds, type Timestamp, timestamp } from "../core/units.ts";
import {
  MOST_STARTS,
  PING_KINDS,
  type PingKind,
  PUSH_STATUSES,
  type PushState,
  type RunStart,
} from "./machine.ts";

/** What is kept of a heartbeat over a restart. All its times are of the wall clock. */
export interface StoredHeartbeat {
  readonly id: number;
  /** Whether it became known by its first ping, and not by the configuration. */
  readonly registered: boolean;
  readonly state: PushState;
}

/** The state with its times moved from one clock to another that is ahead by `by`. */
export function onClock(state: PushState, by: Seconds): PushState {
  const moved = (at: Timestamp): Timestamp => timestamp(at + by);
  return {
    ...state,
    heardAt: moved(state.heardAt),
    starts: state.starts.length === 0 ? [] : state.starts.map((start) => ({ ...start, at: moved(start.at) })),
    ...(state.silentSince === undefined ? {} : { silentSince: moved(state.silentSince) }),
  };
}

/** What comes back from a shelf, if it is what was put there. */
export function readStored(value: unknown): StoredHeartbeat | undefined {
  if (!isMap(value) || !isMap(value["state"])) return undefined;
  const { id, registered, state } = value;
  const { status, heardAt, failed, missed, starts, pings, lastSeen, silentSince, lastDuration } = state;
  const known = PUSH_STATUSES.find((one) => one === status);
  const started = startsOf(starts);
  if (known === undefined || started === undefined || !isCount(id) || id === 0) return undefined;
  if (typeof registered !== "boolean" || typeof failed !== "boolean" || typeof missed !== "boolean")
    return undefined;
  const times = [lastSeen, silentSince, lastDuration];
  if (!isTime(heardAt) || !times.every((time) => time === undefined || isTime(time))) return undefined;
  const counts = countsOf(pings);
  if (counts === undefined) return undefined;
  return {
    id,
    registered,
    state: {
      status: known,
      heardAt: timestamp(heardAt),
      failed,
      missed,
      starts: started,
      pings: counts,
      ...(isTime(lastSeen) ? { lastSeen: timestamp(lastSeen) } : {}),
      ...(isTime(silentSince) ? { silentSince: timestamp(silentSince) } : {}),
      ...(isTime(lastDuration) ? { lastDuration: seconds(lastDuration) } : {}),
    },
  };
}

function startsOf(value: unknown): readonly RunStart[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_STARTS) return undefined;
  const starts = value.map((one: unknown): RunStart | undefined => {
    if (!isMap(one) || !isTime(one["at"])) return undefined;
    const { at, rid } = one;
    if (rid === undefined) return { at: timestamp(at) };
    return typeof rid === "string" && RUN_ID.test(rid) ? { at: timestamp(at), rid } : undefined;
  });
  return starts.every((start) => start !== undefined) ? starts : undefined;
}

function countsOf(value: unknown): Record<PingKind, number> | undefined {
  if (!isMap(value)) return undefined;
  const counts = { success: 0, start: 0, fail: 0, log: 0 };
  for (const kind of PING_KINDS) {
    const count = value[kind];
    if (!isCount(count)) return undefined;
    counts[kind] = count;
  }
  return counts;
}

const isTime = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a shelf remembers of heartbeats, by name. What cannot be used is taken off it, and said. */
export function recall(shelf: StateStore, log: Log): ReadonlyMap<string, StoredHeartbeat> {
  const found = new Map<string, StoredHeartbeat>();
  for (const [name, value] of Array.from(shelf.entries())) {
    const stored = isName(name) ? readStored(value) : undefined;
    if (stored !== undefined) found.set(name, stored);
    else {
      shelf.delete(name);
      const text = "what was remembered of a heartbeat cannot be read; it starts anew";
      log.warn({ heartbeat: name.slice(0, 128) }, text);
    }
  }
  return found;
}

/**
 * Gives numbers, each once, also over restarts.
 * @param taken numbers that are in use
 */
export function createNumbers(memory: Memory, taken: Iterable<number>): () => number {
  const shelf = memory.namespace("heartbeat-ids");
  const stored = shelf.get("last");
  let last = typeof stored === "number" && Number.isSafeInteger(stored) && stored > 0 ? stored : 0;
  for (const number of taken) last = Math.max(last, number);
  return () => {
    last += 1;
    shelf.put("last", last);
    return last;
  };
}
