import type { ProbeResult } from "./prober.ts";
import type { Seconds, Timestamp } from "./units.ts";

/** One line of the log of a probe, `at` seconds after its start. */
export interface LogLine {
  readonly at: Seconds;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The prober's result of one probe and what the engine adds. Immutable: all requests for the probe share it. */
export interface Result extends ProbeResult {
  /** Rises with every result of this process, so that no result is counted twice. */
  readonly id: number;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** The duration that the prober measured, else how long the prober ran, without the stalls of the exporter. */
  readonly duration: Seconds;
  /**
   * Part of the stalls of the exporter in which an answer may have been on its way: the target took at least `duration`, and at
   * most this much longer. Absent if it is 0.
   */
  readonly uncertainty?: Seconds;
  /** Longest duration that the probe was allowed. */
  readonly timeout: Seconds;
  /** True if the probe came after so long without probes that its target may have unloaded; set only if the module has that time. */
  readonly coldStart?: boolean;
  readonly log: readonly LogLine[];
}

/** A result with its age in seconds; 0 if the probe ran for this request. */
export interface AgedResult {
  readonly result: Result;
  readonly age: Seconds;
  /** Set while probes are skipped, so that there will be no newer result. */
  readonly skipped?: Skip;
}

/** The reason why no probe is sent at present. It is not a result: it is not counted and changes no state. */
export interface Skip {
  readonly reason: "budget_exhausted" | "not_leader";
  /** For people, as the detail of a failure. */
  readonly detail: string;
  /** When probes resume, if known. */
  readonly until?: Timestamp;
}

/**
 * Instead of a result for a scrape that has to be answered before its probe has ended because the event loop stood still, when the
 * last probe of the target did not fail. Any verdict could be wrong then.
 */
export interface HeldUp {
  /** A sentence that says so. */
  readonly heldUp: string;
}
