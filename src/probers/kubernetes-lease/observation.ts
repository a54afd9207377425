import { randomUUID } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { StateStore } from "../../core/memory.ts";
import { type Seconds, seconds } from "../../core/units.ts";

/** A renewal of a Lease. The silence after it is measured from its observation, not by the holder's clock. */
export interface Observation {
  readonly renewTime: string;
  /** Time since the renewal was first observed, without the time in which no exporter ran or could read the Lease. */
  readonly silence: Seconds;
  /** Longest silence allowed when the Lease was last read. */
  readonly timeout?: Seconds;
}

/** Identifies this process, because monotonic clocks of different processes cannot be compared. */
export const PROCESS = randomUUID();

/** Limit of remembered Leases, because anyone may request any of them. The oldest are evicted. */
const MOST_OBSERVATIONS = 1000;

interface StoredObservation extends Observation {
  /** Time of the last successful read. */
  readonly at: Seconds;
  readonly process: string;
  /** Times of the first and the last failed read since then. */
  readonly failed?: { readonly first: Seconds; readonly last: Seconds };
  /** True if the holder was given a whole timeout again after an outage of the API server, and has not renewed the Lease since. */
  readonly spared?: boolean;
}

/** Share of the timeout from which an outage of the API server counts as long. */
export const LONG_OUTAGE = 0.5;

/**
 * Returns the silence of a stored observation. Time in which the Lease could not be read is not silence, because its holder could
 * not renew it either; nor is the time in which no exporter ran. A Lease that had expired before stays expired.
 *
 * After a long outage the holder has its whole timeout again, once until it renews the Lease: it has to find out that the API server
 * is back. The holder of a Lease that can be read only now and then is not given more, or its silence would never end.
 */
function silenceOf(
  { silence, at, process, failed, spared = false }: StoredObservation,
  timeout: Seconds | undefined,
  now: Seconds,
): { readonly silence: Seconds; readonly spared: boolean } {
  if (process !== PROCESS) return { silence, spared };
  if (failed === undefined) return { silence: seconds(silence + Math.max(0, now - at)), spared };
  const before = seconds(silence + (failed.first - at));
  if (timeout !== undefined && before >= timeout) return { silence: before, spared };
  if (!spared && timeout !== undefined && now - failed.first >= LONG_OUTAGE * timeout)
    return { silence: seconds(0), spared: true };
  return { silence: seconds(before + (now - failed.last)), spared };
}

/** Returns the observation of earlier probes, with its silence until now. */
export function recall(memory: StateStore, key: string, clock: Clock): Observation | undefined {
  const stored = memory.get(key);
  if (!isObservation(stored)) return undefined;
  const { renewTime, timeout } = stored;
  const { silence } = silenceOf(stored, timeout, clock.monotonic());
  return { renewTime, silence, ...defined({ timeout }) };
}

/** Records the current state of a Lease. Any change of its time is a renewal, even to an earlier time. */
export function observe(
  memory: StateStore,
  key: string,
  { renewTime, timeout }: Omit<Observation, "silence">,
  clock: Clock,
): Observation {
  const stored = memory.get(key);
  const at = clock.monotonic();
  if (stored === undefined) makeRoom(memory, MOST_OBSERVATIONS);
  const { silence, spared } =
    isObservation(stored) && stored.renewTime === renewTime
      ? silenceOf(stored, timeout, at)
      : { silence: seconds(0), spared: false };
  const observation = { renewTime, silence, ...defined({ timeout }) };
  memory.put(key, {
    ...observation,
    at,
    process: PROCESS,
    ...(spared ? { spared } : {}),
  } satisfies StoredObservation);
  return observation;
}

/** Records that a Lease could not be read. */
export function missRead(memory: StateStore, key: string, clock: Clock): void {
  const stored = memory.get(key);
  if (!isObservation(stored)) return;
  const now = clock.monotonic();
  // The clock of another process does not tell how long ago its last read was.
  const own =
    stored.process === PROCESS ? stored : { ...stored, at: now, process: PROCESS, failed: undefined };
  const failed = { first: own.failed?.first ?? now, last: now };
  memory.put(key, { ...own, failed } satisfies StoredObservation);
}

/** Evicts the oldest values, so that with another one there are at most `most`. */
export function makeRoom(memory: StateStore, most: number): void {
  const keys = [...memory.entries()].map(([key]) => key);
  for (const key of keys.slice(0, Math.max(0, keys.length - most + 1))) memory.delete(key);
}

function isObservation(value: unknown): value is StoredObservation {
  if (typeof value !== "object" || value === null) return false;
  const { renewTime, silence, timeout, at, process, failed, spared } = value as Partial<
    Record<keyof StoredObservation, unknown>
  >;
  return (
    typeof renewTime === "string" &&
    typeof silence === "number" &&
    silence >= 0 &&
    (timeout === undefined || typeof timeout === "number") &&
    typeof at === "number" &&
    typeof process === "string" &&
    (failed === undefined || isSpan(failed)) &&
    (spared === undefined || typeof spared === "boolean")
  );
}

const isSpan = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  "first" in value &&
  typeof value.first === "number" &&
  "last" in value &&
  typeof value.last === "number";
