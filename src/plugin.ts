/**
 * For those who write plugins: `import { defineProber } from "heartbeat-exporter/plugin"`. What this file exports is kept
 * stable; docs/plugins.md explains it.
 */
import type { Clock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { StateStore } from "./core/memory.ts";
import type { Metric } from "./core/metric.ts";
import type { Prober } from "./core/prober.ts";

export type { Clock } from "./core/clock.ts";
export type { Log } from "./core/log.ts";
export type { StateStore as Shelf } from "./core/memory.ts";
export { type Metric, type Sample, sample } from "./core/metric.ts";
export {
  type Destination,
  ForbiddenAddressError,
  type HttpAgents,
  type Network,
  type NetworkFailure,
  type Opened,
  type Resolved,
  type TlsOptions,
} from "./core/network.ts";
export {
  type CompileContext,
  failed,
  type Objection,
  type Outcome,
  type ProbeContext,
  type ProbeResult,
  type ProbeTarget,
  succeeded,
} from "./core/prober.ts";
export { FAILURE_REASONS, type FailureReason } from "./core/reasons.ts";
export type { Secret } from "./core/secret.ts";
export { type Seconds, seconds, type Timestamp, timestamp } from "./core/units.ts";

/** A kind of module that a plugin brings. */
export interface PluginProber<Options = unknown, Module = unknown>
  extends Pick<
    Prober<Options, Module>,
    | "kind"
    | "schema"
    | "costly"
    | "compile"
    | "objection"
    | "caution"
    | "expectedSpend"
    | "configuredOnly"
    | "probe"
    | "dispose"
  > {
  /** Every metric that its samples are of: `probe_<kind>_...`, as `gauge` and `counter` make them. */
  readonly metrics?: readonly Metric[];
}

/** What a plugin can do besides probing. */
export interface PluginHost {
  /**
   * Reports the status of a component, as `PUT /api/v1/components/NAME` does: `{status, message?, ttl?, ...}`.
   * @throws Error that says what is wrong with the report
   */
  report(component: string, report: unknown): void;
  readonly clock: Clock;
  readonly log: Log;
  /** What the plugin remembers over a restart. */
  readonly memory: StateStore;
  /** Aborts when the exporter ends, or the plugin is taken out of the configuration. */
  readonly signal: AbortSignal;
}

export interface Plugin {
  readonly probers?: readonly PluginProber[];
  /** Called once, when the exporter runs. What it throws or rejects with is logged. */
  start?(host: PluginHost): void | Promise<void>;
}

/** Checks the types of a plugin; returns it as it is. */
export const definePlugin = (plugin: Plugin): Plugin => plugin;

/** Checks the types of a prober, with those of its options and of what `compile` makes of them; returns it as it is. */
export const defineProber = <Options, Module>(prober: PluginProber<Options, Module>): PluginProber => prober;

/** A metric that goes up and down: a value of this probe. `help` is a sentence without a full stop. */
export const gauge = <const Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): Metric<Label> => ({ name, type: "gauge", help, labels, emitter: "probe" });

/** A metric that only rises, as the target counts it. */
export const counter = <const Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): Metric<Label> => ({ name, type: "counter", help, labels, emitter: "probe" });
