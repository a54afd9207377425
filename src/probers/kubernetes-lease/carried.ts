import type { Clock } from "../../core/clock.ts";
import { isObject } from "../../core/json-object.ts";
import type { StateStore } from "../../core/memory.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { makeRoom, PROCESS } from "./observation.ts";

/** The silence of a Lease that an earlier watch has seen, which goes on if the Lease has not been renewed since. */
export interface CarriedSilence {
  /** Empty if it was never renewed. */
  readonly renewTime: string;
  readonly silence: Seconds;
  /** True if the holder was given a whole timeout again since that renewal. */
  readonly spared: boolean;
}

/** The Leases of a collection as they are stored. */
interface StoredSilences {
  /** Time of the last probe, by the clock of `process`. */
  readonly at: Seconds;
  readonly process: string;
  /** True if the Leases could not be read when they were last probed. */
  readonly unread: boolean;
  readonly leases: Readonly<Record<string, readonly [renewTime: string, silence: Seconds, spared: boolean]>>;
}

/** Limit of remembered collections, because anyone may request any namespace. The oldest are evicted. */
const MOST_COLLECTIONS = 100;

/**
 * Returns the silences of the last probe by the name of the Lease, until now; without the time in which no exporter ran.
 *
 * If the Leases could not be read then, it is unknown since when: their holders have a whole timeout again, as after a long outage.
 * Leases that had expired stay expired.
 */
export function carriedSilences(
  memory: StateStore,
  key: string,
  clock: Clock,
): (name: string, timeout: Seconds) => CarriedSilence | undefined {
  const stored = memory.get(key);
  if (!isStored(stored)) return () => undefined;
  const { leases, unread, at, process } = stored;
  const since = process === PROCESS && !unread ? Math.max(0, clock.monotonic() - at) : 0;
  return (name, timeout) => {
    const lease = Object.hasOwn(leases, name) ? leases[name] : undefined;
    if (lease === undefined) return undefined;
    const [renewTime, silence, spared] = lease;
    if (unread && !spared && silence < timeout) return { renewTime, silence: seconds(0), spared: true };
    return { renewTime, silence: seconds(silence + since), spared };
  };
}

/** Stores the silences of a probe that has read the Leases. */
export function storeSilences(
  memory: StateStore,
  key: string,
  silences: Iterable<readonly [name: string, silence: CarriedSilence]>,
  clock: Clock,
): void {
  if (memory.get(key) === undefined) makeRoom(memory, MOST_COLLECTIONS);
  const leases = Object.fromEntries(
    Array.from(silences, ([name, { renewTime, silence, spared }]) => [
      name,
      [renewTime, seconds(Math.round(silence * 1000) / 1000), spared] as const,
    ]),
  );
  memory.put(key, {
    at: clock.monotonic(),
    process: PROCESS,
    unread: false,
    leases,
  } satisfies StoredSilences);
}

/** Stores that the Leases could not be read. */
export function storeUnread(memory: StateStore, key: string): void {
  const stored = memory.get(key);
  if (isStored(stored) && !stored.unread)
    memory.put(key, { ...stored, unread: true } satisfies StoredSilences);
}

function isStored(value: unknown): value is StoredSilences {
  if (!isObject(value)) return false;
  const { at, process, unread, leases } = value;
  return (
    typeof at === "number" &&
    typeof process === "string" &&
    typeof unread === "boolean" &&
    isObject(leases) &&
    Object.values(leases).every(isStoredLease)
  );
}

const isStoredLease = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length === 3 &&
  typeof value[0] === "string" &&
  typeof value[1] === "number" &&
  value[1] >= 0 &&
  typeof value[2] === "boolean";
