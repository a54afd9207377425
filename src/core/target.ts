import { hash } from "node:crypto";
import type { OwnAlertThresholds } from "./alert-thresholds.ts";
import type { Dependency } from "./dependency.ts";
import type { Budget } from "./money.ts";
import type { Prober, ProbeTarget } from "./prober.ts";
import type { FailureReason } from "./reasons.ts";
import { hideParts, isCredential } from "./secret.ts";
import type { SeriesChoice } from "./series-choice.ts";
import type { Seconds } from "./units.ts";

/** A configured module: how to probe. */
export interface Module {
  readonly name: string;
  readonly prober: Prober;
  /** The options as compiled by the prober. */
  readonly options: unknown;
  /** Longest duration of one probe; without one only the timeout of the scrape applies. */
  readonly timeout?: Seconds;
  /** Freshness of results, for targets without one of their own. */
  readonly minInterval: Seconds;
  /** Time without probes after which the next one is a cold start. */
  readonly coldStartAfter?: Seconds;
  /** Budgets for all its probes together. */
  readonly budgets?: readonly Budget[];
  /** The optional series of targets that choose none of their own. */
  readonly series: SeriesChoice;
  /** Thresholds of alerts about its targets. */
  readonly alertThresholds?: OwnAlertThresholds;
  /** The option `allowed_targets`, if the prober has it. The network of each probe enforces it. */
  readonly allowedTargets?: readonly string[];
  /** The module as YAML with its secrets redacted, for debug output. */
  readonly source: string;
}

/** `on_scrape`: probed when a scrape or another request asks. `interval`: probed by the exporter's own schedule. */
export type Schedule = "on_scrape" | "interval";

/** Instructions for consumers in fallback mode. The exporter only publishes them. */
export interface FallbackPolicy {
  readonly mode: string;
  readonly confidenceReduction: number;
  readonly processWithLowerConfidence: boolean;
  /** Duration after which fallback is overdue. */
  readonly maxDuration: Seconds;
}

/** When a streak changes the health or mode of a target. */
export interface Thresholds {
  /** Consecutive failures until unhealthy (and fallback). */
  readonly failures: number;
  /** Consecutive successes until healthy (and primary). */
  readonly successes: number;
  /** Shortest time in a mode, except for forced changes. */
  readonly minDwell: Seconds;
  /** Failures for these reasons change neither streaks nor availability. */
  readonly ignoreReasons: ReadonlySet<FailureReason>;
  /**
   * If true, `ignoreReasons` are taken for a mistake of the configuration and apply only until the target's first success
   * with it. A request that has worked and is refused now is an outage: a model was retired, or credit ran out.
   */
  readonly ignoreUntilSuccess?: boolean;
}

/** A configured target. */
export interface Target extends ProbeTarget {
  readonly name: string;
  readonly module: Module;
  readonly schedule: Schedule;
  readonly interval: Seconds;
  /** Freshness: a younger result is served again instead of probing. */
  readonly minInterval: Seconds;
  readonly thresholds: Thresholds;
  /** Duration above which a successful probe makes the target degraded. */
  readonly expectedDuration?: Seconds;
  /** Objective for the ratio of successful probes, above 0 and at most 1. */
  readonly sloObjective: number;
  /** Budgets for its probes, in addition to those of its module. */
  readonly budgets?: readonly Budget[];
  readonly critical: boolean;
  readonly series: SeriesChoice;
  /** Its own thresholds of alerts, and those of its module. */
  readonly alertThresholds?: OwnAlertThresholds;
  readonly labels: Readonly<Record<string, string>>;
  readonly failover?: FallbackPolicy;
  /** Name of the first group that it is a member of. */
  readonly group?: string;
  /** Without these it cannot work; absent for none. */
  readonly dependsOn?: readonly Dependency[];
}

const identities = new WeakMap<Target, string>();

/**
 * Returns the key for the state of a target. State is not kept for the same name with another address, module or model. The
 * maps of all parts share the one text of a target.
 */
export function identityOf(target: Target): string {
  const known = identities.get(target);
  if (known !== undefined) return known;
  const { name, module, address, model, hostname } = target;
  const identity = identityFrom([name, module.name, address, model, hostname]);
  identities.set(target, identity);
  return identity;
}

/** The parts that make the identity of a target: its name, module, address, model and Host header. */
export type IdentityParts = readonly [
  name: string,
  module: string,
  address: string,
  model: string | null | undefined,
  hostname: string | null | undefined,
];

/**
 * Returns the identity of a target. It goes into the store, so it has a digest of the address instead of the address. Passwords and
 * keys are removed before that: they could be guessed from a digest, and state survives their rotation.
 */
export function identityFrom([name, module, address, model, hostname]: IdentityParts): string {
  const lasting = hideParts(address, (...part) => !isCredential(...part));
  const digest = hash("sha256", JSON.stringify([lasting, model, hostname]), "base64url").slice(0, 22);
  return JSON.stringify([name, module, digest]);
}
