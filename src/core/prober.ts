import type { Clock } from "./clock.ts";
import type { HeartbeatState } from "./heartbeat.ts";
import type { StateStore } from "./memory.ts";
import type { Sample } from "./metric.ts";
import type { ExpectedSpend, Spend } from "./money.ts";
import type { Network } from "./network.ts";
import type { FailureReason } from "./reasons.ts";
import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** The verdict on one probe. `detail` is for people: debug output and logs, never a label. */
export type Outcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: FailureReason; readonly detail: string };

export const succeeded: Outcome = { ok: true };
export const failed = (reason: FailureReason, detail: string): Outcome => ({ ok: false, reason, detail });

/** What a prober found out. The engine adds success, duration, timeout and reason. */
export interface ProbeResult {
  readonly outcome: Outcome;
  readonly samples: readonly Sample[];
  /** Only of kinds that read what others report: when they were last heard of. */
  readonly beats?: readonly HeartbeatState[];
  /** Only of kinds that ask a model: it answered, be it wrongly. Alive is not correct. */
  readonly answered?: boolean;
  /** How long the target took, where the prober knows it better than by how long it ran itself. */
  readonly duration?: Seconds;
  /** The target asked not to be probed again for this long (`Retry-After`). */
  readonly retryAfter?: Seconds;
  /** Only of kinds whose probes cost money: what this one used up, estimated where the target did not say. */
  readonly spent?: Spend;
}

/** What a prober is told about its target. */
export interface ProbeTarget {
  /** As the user wrote it: an URL for `http` and `llm`. */
  readonly address: string;
  /** True when the address comes from the configuration and not from somebody's `?target=`. */
  readonly configured: boolean;
  /** Overrides the module's model (`llm`). */
  readonly model?: string;
  /** Host header and server name to send instead of the address' own (`http`). */
  readonly hostname?: string;
}

/** Collects what happened during one probe, for `debug=true`. Never hand it a secret. */
export type ProbeLog = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface ProbeContext {
  /** Aborts at the deadline and on shutdown: pass it to everything. The prober knows its phase, so it names the reason. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: ProbeLog;
  /** What probes of this module leave for later ones, also after a reload or a restart. */
  readonly memory: StateStore;
  /** Opens every connection to a target, and refuses addresses that must not be probed. */
  readonly network: Network;
}

/** What `compile` may ask for and complain to. */
export interface CompileContext {
  /** Reports a problem of the option at `path` (relative to the module's own options); all are shown at once. */
  problem(path: readonly (string | number)[], got: string, want: string): void;
  /** Reports something questionable that still works. */
  warn(path: readonly (string | number)[], text: string): void;
  /** A secret read from a file, again when the file changes; relative paths are relative to the configuration. An unreadable or empty file is reported as a problem of `path`. */
  secretFile(file: string, path: readonly (string | number)[]): Secret;
  /** Resolves a path of the configuration against the folder of its file. */
  resolvePath(file: string): string;
  /** The environment that the configuration is loaded with, where options defer to it (`proxy_from_environment`). */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A part of a target that cannot be, and what it should be instead. */
export interface Objection {
  readonly part: "target" | "model" | "hostname";
  readonly want: string;
}

/** A cheap question that is asked between probes. It is no probe: it says nothing of whether the target does its work. */
export interface Tier {
  readonly name: string;
  readonly interval: Seconds;
  /** Whether the target is probed early when the tier is no more well. */
  readonly trigger: boolean;
}

/**
 * A kind of module. A value, not a class: `schema` describes what stands under `modules.<name>.<kind>` (the
 * configuration validates it and derives nothing from it), `compile` turns the validated options into what
 * `probe` needs, once per load, and `probe` runs once per probe and only returns data.
 */
export interface Prober<Options = unknown, Module = unknown> {
  readonly kind: string;
  /** JSON Schema (2020-12) of the options; `writeOnly: true` marks a secret. */
  readonly schema: object;
  /** True where a probe costs money: results are then reused for 0.9 x interval by default. */
  readonly costly: boolean;
  compile(options: Options, context: CompileContext): Module;
  /** What is wrong with asking for `target`, as far as it is known before anything is sent: configuration and `/probe` refuse it. */
  objection?(target: ProbeTarget, module: Module): Objection | undefined;
  /** What is questionable about it and works all the same: said when a configuration is loaded. */
  caution?(target: ProbeTarget, module: Module): string | undefined;
  /** What one probe is expected to use up at the most, for estimates; and which model budgets are held against. */
  expectedSpend?(target: ProbeTarget, module: Module): ExpectedSpend;
  /** After how long a silence a probe has to wake its target up, if the module says so: its times are then no sign of trouble. */
  coldStartAfter?(module: Module): Seconds | undefined;
  /**
   * Returns true if, without `allowed_targets`, only configured targets may be probed: for modules that send a credential,
   * which would otherwise go to any `?target=`.
   */
  configuredOnly?(module: Module): boolean;
  /** The cheap questions of a module. */
  tiers?(module: Module): readonly Tier[];
  /** Asks one of `tiers`. Rejects only for bugs. */
  askTier?(target: ProbeTarget, module: Module, tier: Tier, context: ProbeContext): Promise<Outcome>;
  /** Rejects only for bugs; every failure of the target is a value. */
  probe(target: ProbeTarget, module: Module, context: ProbeContext): Promise<ProbeResult>;
  /** Lets go of what a module holds open, when a reload or the end has taken its place. A probe in flight may still run. */
  dispose?(module: Module): void;
}
