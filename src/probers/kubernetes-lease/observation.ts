import { randomUUID } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { StateStore } from "../../core/memory.ts";
import { type Seconds, seconds } from "../../core/units.ts";

/** A renewal of a Lease. The silence after it is measured from its observation, not by the holder's clock. */
export interface Observation {
  readonly renewTime: string;
  /** Time since the renewal was first observed, without the time in which no exporter ran. */
  readonly silence: Seconds;
  /** Longest silence allowed when the Lease was last read. */
  readonly timeout?: Seconds;
}

/** Identifies this process, because monotonic clocks of different processes cannot be compared. */
const PROCESS = randomUUID();

/** Limit of remembered Leases, because anyone may request any of them. The oldest are evicted. */
const MOST_OBSERVATIONS = 1000;

interface StoredObservation extends Observation {
  readonly at: Seconds;
  readonly process: string;
}

/**
 * Returns the observation of earlier probes. Its silence does not include the time in which no exporter ran, because the holder
 * may have renewed the Lease then; it includes the silence before that, so that an expired Lease stays expired.
 */
export function recall(memory: StateStore, key: string, clock: Clock): Observation | undefined {
  const stored = memory.get(key);
  if (!isObservation(stored)) return undefined;
  const since = stored.process === PROCESS ? Math.max(0, clock.monotonic() - stored.at) : 0;
  const { renewTime, timeout } = stored;
  const silence = seconds(stored.silence + since);
  return { renewTime, silence, ...defined({ timeout }) };
}

/** Records the current state of a Lease. Any change of its time is a renewal, even to an earlier time. */
export function observe(
  memory: StateStore,
  key: string,
  { renewTime, timeout }: Omit<Observation, "silence">,
  clock: Clock,
): Observation {
  const known = recall(memory, key, clock);
  const silence = known?.renewTime === renewTime ? known.silence : seconds(0);
  if (known === undefined) makeRoom(memory);
  const observation = { renewTime, silence, ...defined({ timeout }) };
  memory.put(key, { ...observation, at: clock.monotonic(), process: PROCESS } satisfies StoredObservation);
  return observation;
}

function makeRoom(memory: StateStore): void {
  const keys = [...memory.entries()].map(([key]) => key);
  for (const key of keys.slice(0, Math.max(0, keys.length - MOST_OBSERVATIONS + 1))) memory.delete(key);
}

function isObservation(value: unknown): value is StoredObservation {
  if (typeof value !== "object" || value === null) return false;
  const { renewTime, silence, timeout, at, process } = value as Partial<
    Record<keyof StoredObservation, unknown>
  >;
  return (
    typeof renewTime === "string" &&
    typeof silence === "number" &&
    silence >= 0 &&
    (timeout === undefined || typeof timeout === "number") &&
    typeof at === "number" &&
    typeof process === "string"
  );
}
