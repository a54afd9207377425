import { randomUUID } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { StateStore } from "../../core/memory.ts";
import { type Seconds, seconds } from "../../core/units.ts";

/** A renewal as it was noticed here: whatever the holder's clock says, its silence begins then. */
export interface Observation {
  readonly renewTime: string;
  /** How long the Lease has shown it, as far as somebody looked. */
  readonly silence: Seconds;
  /** How long it might be silent when it was last read. */
  readonly timeout?: Seconds;
}

/** Who measured: monotonic clocks of two processes have nothing to do with each other. */
const PROCESS = randomUUID();

/** Leases that anybody may ask for are remembered up to this number: the oldest go first. */
const MOST = 1000;

interface StoredObservation extends Observation {
  readonly at: Seconds;
  readonly process: string;
}

/**
 * What is known of a Lease from earlier probes. Time in which no exporter ran does not count into its silence, as nobody
 * can say what happened to the machine then; what was counted before does, so that a dead Lease stays dead.
 */
export function recall(memory: StateStore, key: string, clock: Clock): Observation | undefined {
  const noted = memory.get(key);
  if (!isNoted(noted)) return undefined;
  const since = noted.process === PROCESS ? Math.max(0, clock.monotonic() - noted.at) : 0;
  const { renewTime, timeout } = noted;
  const silence = seconds(noted.silence + since);
  return { renewTime, silence, ...defined({ timeout }) };
}

/** Takes note of what a Lease shows now. A renewal is any other time than before, also an earlier one. */
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
  for (const key of keys.slice(0, Math.max(0, keys.length - MOST + 1))) memory.delete(key);
}

function isNoted(value: unknown): value is StoredObservation {
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
