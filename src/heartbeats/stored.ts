import { defined } from "../core/defined.ts";
import { isObject } from "../core/json-object.ts";
import type { Log } from "../core/log.ts";
import type { Memory, StateStore } from "../core/memory.ts";
import { isName } from "../core/names.ts";
import { RUN_ID } from "../core/push-heartbeat.ts";
import { truncate } from "../core/truncate.ts";
import { isTimestamp, type Seconds, seconds, type Timestamp, timestamp } from "../core/units.ts";
import { type HeartbeatFacts, readStoredFacts } from "./facts.ts";
import {
  type AwaitedRun,
  MAX_STARTS,
  PING_KINDS,
  type PingKind,
  PUSH_STATUSES,
  type PushState,
  type RunStart,
} from "./push-state.ts";

/** A heartbeat as persisted across restarts. All times come from the wall clock. */
export interface StoredHeartbeat {
  readonly id: number;
  /** True if created by its first ping, false if configured. */
  readonly registered: boolean;
  /** The facts that it told about itself, if it is registered. */
  readonly facts?: HeartbeatFacts;
  readonly state: PushState;
}

/** Converts the state's times to a clock that is ahead by `by`. */
export function shiftTimes(state: PushState, by: Seconds): PushState {
  const { awaited, inProgress } = state;
  const moved = (at: Timestamp): Timestamp => timestamp(at + by);
  return {
    ...state,
    heardAt: moved(state.heardAt),
    starts: state.starts.length === 0 ? [] : state.starts.map((start) => ({ ...start, at: moved(start.at) })),
    ...(state.silentSince === undefined ? {} : { silentSince: moved(state.silentSince) }),
    ...(awaited === undefined ? {} : { awaited: { ...awaited, at: moved(awaited.at) } }),
    ...(inProgress === undefined
      ? {}
      : { inProgress: { since: moved(inProgress.since), until: moved(inProgress.until) } }),
  };
}

/** Parses a persisted heartbeat; returns `undefined` if it is malformed, except for its facts, which it can tell again. */
export function readStored(value: unknown): StoredHeartbeat | undefined {
  if (!isObject(value) || !isObject(value["state"])) return undefined;
  const { id, registered, state } = value;
  const { status, heardAt, failed, missed, starts, pings, lastSeen, silentSince, lastDuration } = state;
  const { exitStatus } = state;
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
    ...defined({ facts: readStoredFacts(value["facts"]) }),
    state: {
      status: known,
      heardAt: timestamp(heardAt),
      failed,
      missed,
      starts: started,
      pings: counts,
      ...(isTime(lastSeen) ? { lastSeen: timestamp(lastSeen) } : {}),
      ...(isTime(silentSince) ? { silentSince: timestamp(silentSince) } : {}),
      ...defined({ awaited: awaitedOf(state["awaited"]), inProgress: progressOf(state["inProgress"]) }),
      ...(isCount(exitStatus) && failed ? { exitStatus } : {}),
      ...(isTime(lastDuration) ? { lastDuration: seconds(lastDuration) } : {}),
    },
  };
}

function startsOf(value: unknown): readonly RunStart[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_STARTS) return undefined;
  const starts = value.map((one: unknown): RunStart | undefined => {
    if (!isObject(one) || !isTime(one["at"])) return undefined;
    const { at, rid } = one;
    if (rid === undefined) return { at: timestamp(at) };
    return typeof rid === "string" && RUN_ID.test(rid) ? { at: timestamp(at), rid } : undefined;
  });
  return starts.every((start) => start !== undefined) ? starts : undefined;
}

/** Returns `undefined` if it is malformed: the next run is then awaited from the restart. */
function awaitedOf(value: unknown): AwaitedRun | undefined {
  if (!isObject(value)) return undefined;
  const { id, run, at } = value;
  if (typeof id !== "string" || !isTime(run) || !isTime(at)) return undefined;
  return { id, run: timestamp(run), at: timestamp(at) };
}

function progressOf(value: unknown): PushState["inProgress"] {
  if (!isObject(value)) return undefined;
  const { since, until } = value;
  return isTime(since) && isTime(until) ? { since: timestamp(since), until: timestamp(until) } : undefined;
}

function countsOf(value: unknown): Record<PingKind, number> | undefined {
  if (!isObject(value)) return undefined;
  const counts = { success: 0, start: 0, fail: 0, log: 0 };
  for (const kind of PING_KINDS) {
    const count = value[kind];
    if (!isCount(count)) return undefined;
    counts[kind] = count;
  }
  return counts;
}

const isTime = (value: unknown): value is number => isTimestamp(value) && value >= 0;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
/** Reads all persisted heartbeats, by name. Deletes and logs those that are malformed. */
export function restoreHeartbeats(store: StateStore, log: Log): ReadonlyMap<string, StoredHeartbeat> {
  const found = new Map<string, StoredHeartbeat>();
  for (const [name, value] of Array.from(store.entries())) {
    const stored = isName(name) ? readStored(value) : undefined;
    if (stored !== undefined) found.set(name, stored);
    else {
      store.delete(name);
      const text = "the stored state of a heartbeat cannot be read and was deleted";
      log.warn({ heartbeat: truncate(name, 128) }, text);
    }
  }
  return found;
}

/**
 * Creates a generator of unique ids, which are never reused, even across restarts.
 * @param used ids that are in use
 */
export function createIdGenerator(memory: Memory, used: Iterable<number>): () => number {
  const store = memory.namespace("heartbeat-ids");
  const stored = store.get("last");
  let last = typeof stored === "number" && Number.isSafeInteger(stored) && stored > 0 ? stored : 0;
  for (const id of used) last = Math.max(last, id);
  return () => {
    last += 1;
    store.put("last", last);
    return last;
  };
}
