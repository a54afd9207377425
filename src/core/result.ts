import type { ProbeResult } from "./prober.ts";
import type { Seconds, Timestamp } from "./units.ts";

/** One line of what happened during a probe, `at` seconds after its start. */
export interface LogLine {
  readonly at: Seconds;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The prober's result of one probe with what the engine adds. Immutable, and shared by all who asked for the probe. */
export interface Result extends ProbeResult {
  /** Rises with every result of this process, so that none is counted twice. */
  readonly id: number;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** How long the target took: as the prober says, else how long the prober ran. */
  readonly duration: Seconds;
  /** How long the probe was allowed to take. */
  readonly timeout: Seconds;
  /** Whether the probe came after a silence in which its target may have gone to sleep; only where the module says how long that is. */
  readonly coldStart?: boolean;
  readonly log: readonly LogLine[];
}

/** A result as somebody sees it, `age` after it was obtained; 0 when the probe ran for them. */
export interface AgedResult {
  readonly result: Result;
  readonly age: Seconds;
  /** Set while nothing newer is to be had, because probes are skipped. */
  readonly skipped?: Skip;
}

/** Why no probe is sent at present. It is no result: nobody counts it, and what is known stays as it is. */
export interface Skip {
  readonly reason: "budget_exhausted" | "not_leader";
  /** For people, as that of an outcome. */
  readonly detail: string;
  /** When probes go on, where that is known. */
  readonly until?: Timestamp;
}
