import type { Clock } from "./clock.ts";
import type { AnswerFacts } from "./facts.ts";
import type { HeartbeatState } from "./heartbeat.ts";
import type { StateStore } from "./memory.ts";
import type { Metric, Sample } from "./metric.ts";
import type { ExpectedSpend, Spend } from "./money.ts";
import type { Network } from "./network.ts";
import type { Phases } from "./phases.ts";
import type { DegradedReason, FailureReason } from "./reasons.ts";
import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** A failed outcome. `detail` is for people: debug output and logs, never a label. */
export interface Failure<Reason extends FailureReason = FailureReason> {
  readonly ok: false;
  readonly reason: Reason;
  readonly detail: string;
}

/** The outcome of one probe. */
export type Outcome<Reason extends FailureReason = FailureReason> = { readonly ok: true } | Failure<Reason>;

/** The outcome of a successful probe. */
export const succeeded = { ok: true } as const;

/** Makes the outcome of a failed probe. */
export const failed = <const Reason extends FailureReason>(
  reason: Reason,
  detail: string,
): Failure<Reason> => ({ ok: false, reason, detail });

/** The rule or threshold that makes a target degraded although its probe succeeded. `detail` is for people, never a label. */
export interface Degradation {
  readonly reason: DegradedReason;
  readonly detail: string;
}

/** A remark about a target for its operator. The log of the exporter shows it once for each target and topic. */
export interface Warning {
  /** The part of the target that the remark is about, such as the path of a log. */
  readonly topic: string;
  readonly message: string;
}

/** The result of one probe as its prober returns it. The engine adds success, duration, timeout and reason. */
export interface ProbeResult<Reason extends FailureReason = FailureReason> {
  readonly outcome: Outcome<Reason>;
  readonly samples: readonly Sample[];
  /** Set if the probe succeeded with an answer that makes its target degraded. */
  readonly degraded?: Degradation;
  /** Facts about the answer; only for probers that ask a model. */
  readonly facts?: AnswerFacts;
  /** The heartbeats that the probe read; only for probers of logs and leases. */
  readonly beats?: readonly HeartbeatState[];
  /** Remarks about a target that do not make it fail. */
  readonly warnings?: readonly Warning[];
  /** True if the model answered at all; only for probers that ask a model. Independent of `outcome`: alive is not correct. */
  readonly answered?: boolean;
  /** Duration of the target's part, if the prober measures it. By default the engine measures how long the prober ran. */
  readonly duration?: Seconds;
  /** Parts of the duration, for charts. */
  readonly phases?: Phases;
  /** Time for which the target asked not to be probed again (`Retry-After`). */
  readonly retryAfter?: Seconds;
  /** Consumption of this probe, estimated if the target does not report it; only for probers whose probes cost money. */
  readonly spent?: Spend;
}

/** The part of a target that its prober sees. */
export interface ProbeTarget {
  /** The address as the user wrote it. Its form depends on the prober. */
  readonly address: string;
  /** True if the address comes from the configuration, false if it comes from `?target=` of a request. */
  readonly configured: boolean;
  /** Overrides the model of the module, for probers that ask a model. */
  readonly model?: string;
  /** Overrides the Host header and the TLS server name, for probers that have them. */
  readonly hostname?: string;
}

/** Adds a line to the log of one probe, which `debug=true` shows. Never pass it a secret. */
export type ProbeLog = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** The environment of one probe. */
export interface ProbeContext {
  /** Aborts at the deadline and on shutdown. Pass it to everything. The prober chooses the reason, as it knows its phase. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: ProbeLog;
  /** State that probes of this module share. It survives reloads, and restarts with a store. */
  readonly memory: StateStore;
  /** Opens every connection to a target, and refuses addresses that must not be probed. */
  readonly network: Network;
}

/** The environment of `compile`. */
export interface CompileContext {
  /** Reports an invalid option at `path`, relative to the options of the module. All problems are shown at once. */
  problem(path: readonly (string | number)[], got: string, want: string): void;
  /** Reports an option that works and is questionable. */
  warn(path: readonly (string | number)[], text: string): void;
  /**
   * Turns the module off because of an option that is valid and that this exporter does not support: the configuration
   * loads with a warning, all other modules run, and probes of this one are refused with the text.
   * @param why a clause, such as `HTTP/3 is not supported`
   */
  unsupported(path: readonly (string | number)[], why: string): void;
  /**
   * Returns a secret in a file, which is read again when it changes. A relative path starts at the folder of the configuration.
   * A file that is missing, unreadable or empty is reported as a warning at `path`, because it may be written later: revealing
   * the secret rejects until then, and the probe has to fail.
   */
  secretFile(file: string, path: readonly (string | number)[]): Secret;
  /** Resolves a path against the folder of the configuration. */
  resolvePath(file: string): string;
  /** The environment variables, for options that refer to them (`proxy_from_environment`). */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Names of all series of the exporter and its probers, which metrics named by users must not take. */
  readonly metricNames: ReadonlySet<string>;
}

/** An invalid part of a target, and what it should be instead. */
export interface Objection {
  readonly part: "target" | "model" | "hostname";
  readonly want: string;
}

/** A cheap check between probes. It is not a probe, because it does not show that the target does its work. */
export interface Tier {
  readonly name: string;
  readonly interval: Seconds;
  /** True if the target is probed early after the tier changed from success to failure. */
  readonly trigger: boolean;
}

/**
 * The code for one kind of module. A value, not a class: `schema` describes the options under `modules.<name>.<kind>`,
 * which the configuration validates; `compile` turns valid options into what `probe` needs, once per load; `probe` runs
 * once per probe and returns data.
 *
 * `Reason` is the union of its `reasons`, so that the compiler rejects a prober that fails for any other reason.
 *
 * @example
 * ```ts
 * const reasons = ["dns", "timeout"] as const satisfies readonly FailureReason[];
 *
 * export const dnsProber = {
 *   kind: "dns",
 *   metrics: Object.values(dnsMetrics),
 *   reasons,
 *   schema: dnsSchema,
 *   costly: false,
 *   compile: ({ record = "A" }) => ({ record }),
 *   probe: resolveRecord,
 * } satisfies Prober<DnsOptions, DnsModule, (typeof reasons)[number]>;
 * ```
 */
export interface Prober<Options = unknown, Module = unknown, Reason extends FailureReason = FailureReason> {
  /** The name of the prober in a configuration. */
  readonly kind: string;
  /** Every metric of its samples, except metrics that users name in a configuration. */
  readonly metrics: readonly Metric[];
  /** Every reason for which its probes can fail. The engine adds `ENGINE_REASONS`. */
  readonly reasons: readonly Reason[];
  /** JSON Schema (2020-12) of the options; `writeOnly: true` marks a secret. */
  readonly schema: object;
  /** True if a probe costs money. By default its results are then reused for 0.9 x interval, restored after a restart, and counted in histograms. */
  readonly costly: boolean;
  /**
   * True if the probes of a module hang together, whatever their targets: on one API server, a file system, or the code of a
   * plugin. They then have one share of the slots for concurrent probes; otherwise each host has one.
   */
  readonly hangsAsOne?: boolean;
  /**
   * True if its verdict rests on what earlier probes have seen, such as a silence whose beginning only a probe can observe. Its
   * targets are then probed by the exporter's own schedule by default, not only when something asks.
   */
  readonly observesOverTime?: boolean;
  /** Turns valid options into what `probe` needs. */
  compile(options: Options, context: CompileContext): Module;
  /** Checks a target before anything is sent. The configuration and `/probe` refuse a target with an objection. */
  objection?(target: ProbeTarget, module: Module): Objection | undefined;
  /** Returns a warning about a target that works and is questionable, for the load of a configuration. */
  caution?(target: ProbeTarget, module: Module): string | undefined;
  /** Returns the highest expected consumption of one probe, for estimates and for the model of budgets. */
  expectedSpend?(target: ProbeTarget, module: Module): ExpectedSpend;
  /**
   * Returns true if a request to `/probe` may name this model for any address, for probers that cost money: the models of configured
   * targets of the module are allowed in any case. Without the method no other is.
   */
  allowsModel?(model: string, module: Module): boolean;
  /** Returns the time without probes after which the next one is a cold start, if the module has one. */
  coldStartAfter?(module: Module): Seconds | undefined;
  /**
   * Returns true if, without `allowed_targets`, only configured targets may be probed: for modules that send a credential,
   * which would otherwise go to any `?target=`.
   */
  configuredOnly?(module: Module): boolean;
  /** Returns true if probes send a credential of the module to whichever address they are asked to probe. */
  sendsCredential?(module: Module): boolean;
  /** Returns the tiers of a module. */
  tiers?(module: Module): readonly Tier[];
  /** Checks one of `tiers`. Rejects only for bugs. */
  askTier?(target: ProbeTarget, module: Module, tier: Tier, context: ProbeContext): Promise<Outcome>;
  /** Probes a target. Rejects only for bugs: a failure of the target is a value. */
  probe(target: ProbeTarget, module: Module, context: ProbeContext): Promise<ProbeResult<Reason>>;
  /** Releases what a module holds open, after a reload replaced it or at shutdown. A probe in flight may still run. */
  dispose?(module: Module): void;
}
