import type { Budget } from "./money.ts";
import type { Prober, ProbeTarget } from "./prober.ts";
import type { FailureReason } from "./reasons.ts";
import type { Seconds } from "./units.ts";

/** How to probe: a configured module, ready to run. */
export interface Module {
  readonly name: string;
  readonly prober: Prober;
  /** What the prober's `compile` made of the options. */
  readonly options: unknown;
  /** Longest duration of one probe; without one the scrape's timeout rules. */
  readonly timeout?: Seconds;
  /** How long a result is served again, for targets that say nothing themselves. */
  readonly minInterval: Seconds;
  /** A probe after a silence this long is a cold start. */
  readonly coldStartAfter?: Seconds;
  /** What all its probes together may spend. */
  readonly budgets?: readonly Budget[];
  /** The option `allowed_targets`, if the prober has it. The network of each probe enforces it. */
  readonly allowedTargets?: readonly string[];
  /** The module as YAML with its secrets redacted, for debug output. */
  readonly source: string;
}

/** `on_scrape`: probed when somebody asks. `interval`: probed by the exporter's own clock. */
export type Schedule = "on_scrape" | "interval";

/** What a consumer is to do in fallback mode; ours to hand out, theirs to follow (seed 0). */
export interface FallbackPolicy {
  readonly mode: string;
  readonly confidenceReduction: number;
  readonly processWithLowerConfidence: boolean;
  /** Fallback that lasts longer is overdue. */
  readonly maxDuration: Seconds;
}

/** When a streak turns into a change of health or mode. */
export interface Thresholds {
  /** Failures in a row until unhealthy (and fallback). */
  readonly failures: number;
  /** Successes in a row until healthy (and primary). */
  readonly successes: number;
  /** Shortest stay in a mode, forced changes excepted. */
  readonly minDwell: Seconds;
  /** Failures for these reasons leave the streaks and the availability as they are. */
  readonly ignoreReasons: ReadonlySet<FailureReason>;
}

/** What is probed: a configured target with its memory. */
export interface Target extends ProbeTarget {
  readonly name: string;
  readonly module: Module;
  readonly schedule: Schedule;
  readonly interval: Seconds;
  /** A result younger than this is served again instead of probing. */
  readonly minInterval: Seconds;
  readonly thresholds: Thresholds;
  /** Slower successes make the target degraded. */
  readonly expectedDuration?: Seconds;
  /** The share of probes that are to succeed, above 0 and up to 1. */
  readonly sloObjective: number;
  /** What its probes may spend, besides what the module may. */
  readonly budgets?: readonly Budget[];
  readonly critical: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly failover?: FallbackPolicy;
}

/** What the memory of a target is about: under another address, module or model, a name says nothing of what was known before. */
export const identityOf = ({ name, module, address, model, hostname }: Target): string =>
  JSON.stringify([name, module.name, address, model, hostname]);
