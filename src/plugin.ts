/**
 * The API for plugins: `import { defineProber } from "heartbeat-exporter/plugin"`. Its exports are kept stable; see
 * docs/plugins.md.
 */
import type { Clock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { StateStore } from "./core/memory.ts";
import type { Metric } from "./core/metric.ts";
import type { Prober } from "./core/prober.ts";
import type { FailureReason } from "./core/reasons.ts";

export type { Clock } from "./core/clock.ts";
export type { AnswerFacts, TokenType } from "./core/facts.ts";
export type { Log } from "./core/log.ts";
export type {
  StateStore,
  /** @deprecated The former name of `StateStore`. */
  StateStore as Shelf,
} from "./core/memory.ts";
export { counter, gauge, type Metric, type Sample, sample } from "./core/metric.ts";
export {
  type Destination,
  ForbiddenAddressError,
  type HttpAgents,
  NETWORK_REASONS,
  type Network,
  type NetworkFailure,
  type Opened,
  type Resolved,
  type TlsOptions,
} from "./core/network.ts";
export {
  type CompileContext,
  type Degradation,
  type Failure,
  failed,
  type Objection,
  type Outcome,
  type ProbeContext,
  type ProbeResult,
  type ProbeTarget,
  succeeded,
} from "./core/prober.ts";
export {
  DEGRADED_REASONS,
  type DegradedReason,
  FAILURE_REASONS,
  type FailureReason,
} from "./core/reasons.ts";
export type { Secret } from "./core/secret.ts";
export { type Seconds, seconds, type Timestamp, timestamp } from "./core/units.ts";

/** A prober of a plugin. `Reason` is the union of its `reasons`. */
export interface PluginProber<
  Options = unknown,
  Module = unknown,
  Reason extends FailureReason = FailureReason,
> extends Pick<
    Prober<Options, Module, Reason>,
    | "kind"
    | "schema"
    | "costly"
    | "compile"
    | "objection"
    | "caution"
    | "expectedSpend"
    | "allowsModel"
    | "configuredOnly"
    | "probe"
    | "dispose"
  > {
  /** Every metric of its samples, made by `gauge` and `counter`, with a name that begins with `probe_<kind>_`. */
  readonly metrics?: readonly Metric[];
  /** Every reason for which its probes fail; all of `FAILURE_REASONS` by default. */
  readonly reasons?: readonly Reason[];
}

/** The access to the exporter that `start` of a plugin gets. */
export interface PluginHost {
  /**
   * Reports the status of a component, as `PUT /api/v1/components/NAME` does: `{status, message?, ttl?, ...}`.
   * @throws Error with what is wrong with the report
   */
  report(component: string, report: unknown): void;
  readonly clock: Clock;
  readonly log: Log;
  /** State of the plugin. It survives reloads, and restarts with a store. */
  readonly memory: StateStore;
  /** Aborts at shutdown, or when the plugin is removed from the configuration. */
  readonly signal: AbortSignal;
}

/** A plugin: probers, or code that runs beside the exporter, or both. */
export interface Plugin {
  readonly probers?: readonly PluginProber[];
  /** Called once, after the exporter has started. The exporter logs an error that it throws or rejects with. */
  start?(host: PluginHost): void | Promise<void>;
}

/**
 * Checks the types of a plugin, and returns it.
 * @example
 * ```ts
 * export default definePlugin({
 *   probers: [queueProber],
 *   start({ report }) {
 *     report("queue", { status: "healthy", ttl: "2m" });
 *   },
 * });
 * ```
 */
export const definePlugin = (plugin: Plugin): Plugin => plugin;

/**
 * Checks the types of a prober, including those of its options and of the result of `compile`, and returns it.
 * @example
 * ```ts
 * const length = gauge("probe_queue_length", "Messages in the queue", ["queue"]);
 *
 * export default defineProber<{ limit?: number }, { limit: number }>({
 *   kind: "queue",
 *   schema: { type: "object", properties: { limit: { type: "number" } }, additionalProperties: false },
 *   costly: false,
 *   metrics: [length],
 *   reasons: ["timeout", "network", "http_status", "overloaded"],
 *   compile: ({ limit = 100 }) => ({ limit }),
 *   async probe({ address }, { limit }, { signal }) {
 *     const response = await fetch(address, { signal }).catch((error: unknown) => String(error));
 *     if (typeof response === "string")
 *       return { outcome: failed(signal.aborted ? "timeout" : "network", response), samples: [] };
 *     if (!response.ok) return { outcome: failed("http_status", String(response.status)), samples: [] };
 *     const waiting = Number(await response.text());
 *     const outcome = waiting > limit ? failed("overloaded", `${waiting} messages`) : succeeded;
 *     return { outcome, samples: [sample(length, waiting, { queue: "mail" })] };
 *   },
 * });
 * ```
 */
export const defineProber = <Options, Module, Reason extends FailureReason = FailureReason>(
  prober: PluginProber<Options, Module, Reason>,
): PluginProber => prober;
