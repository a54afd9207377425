import type { JSONSchema } from "json-schema-to-ts";
import {
  type AlertThreshold,
  type AlertThresholds,
  type OwnAlertThresholds,
  TARGET_ALERT_THRESHOLDS,
} from "../../core/alert-thresholds.ts";
import { type BuildContext, durationOf } from "../context.ts";
import { withDefaults } from "../document/defaults.ts";
import { childOf, isMapValue } from "../document/tree.ts";
import { count, duration } from "./schema-words.ts";

const ratio = { type: "number", minimum: 0, maximum: 1 } as const;
const positive = { type: "number", exclusiveMinimum: 0 } as const;
const rate = { type: "number", minimum: 0 } as const;

/** The section `alert_thresholds`: the numbers that alerts compare with. */
export const alertThresholdsSchema = {
  type: "object",
  description:
    "Numbers that alerts compare with, exported as `heartbeat_alert_threshold`, so that no rule is edited. Modules and targets can have their own.",
  properties: {
    uptime_ratio: {
      ...ratio,
      default: 0.95,
      description: "HeartbeatUptimeLow: lowest share of successful probes in a day; 0 turns it off.",
    },
    failed_probes: {
      ...count,
      default: 3,
      description:
        "HeartbeatUptimeLow and HeartbeatErrorBudgetBurn...: failed probes in the window without which they do not fire.",
    },
    degraded_ratio: {
      ...ratio,
      default: 0.5,
      description:
        "HeartbeatTargetDegraded and HeartbeatSlowerThanExpected: highest share of degraded probes in 30 minutes; 1 turns them off.",
    },
    response_time_factor: {
      ...positive,
      default: 2,
      description:
        "HeartbeatResponseTimeHigh and HeartbeatLatencyRising: longest duration, in multiples of `expected_duration`.",
    },
    changes_per_hour: {
      ...count,
      default: 4,
      description:
        "HeartbeatTargetFlapping, HeartbeatFailoverFlapping and HeartbeatLeaseFlapping: changes in an hour.",
    },
    stalled_intervals: {
      ...positive,
      default: 3,
      description: "HeartbeatProbeStalled: longest time without a probe, in multiples of `interval`.",
    },
    rate_limited_per_hour: {
      ...count,
      default: 3,
      description: "HeartbeatRateLimited: rejected probes in an hour.",
    },
    budget_ratio: {
      ...ratio,
      default: 0.1,
      description: "HeartbeatBudgetLow: lowest share of a budget that is left.",
    },
    certificate_expiry: {
      ...duration,
      default: "14d",
      description:
        "HeartbeatCertificateExpiring and HeartbeatClientCertificateExpiring: time before the expiry.",
    },
    latency_deviations: {
      ...positive,
      default: 3,
      description:
        "HeartbeatLatencyAboveBaseline: standard deviations above the average of a day, which have to be exceeded, as have the next two.",
    },
    latency_factor: {
      ...positive,
      default: 1.5,
      description: "HeartbeatLatencyAboveBaseline: multiple of the average of a day.",
    },
    latency_difference: {
      ...duration,
      default: "100ms",
      description: "HeartbeatLatencyAboveBaseline: difference to the average of a day.",
    },
    latency_probes: {
      ...count,
      default: 30,
      description: "HeartbeatLatencyAboveBaseline: probes in a day without which it does not fire.",
    },
    burn_rate_1h: {
      ...positive,
      default: 14.4,
      description:
        "HeartbeatErrorBudgetBurn1h: multiple of the share of failed probes that `slo_objective` allows.",
    },
    burn_rate_6h: { ...positive, default: 6, description: "The same for HeartbeatErrorBudgetBurn6h." },
    burn_rate_1d: { ...positive, default: 3, description: "The same for HeartbeatErrorBudgetBurn1d." },
    burn_rate_3d: { ...positive, default: 1, description: "The same for HeartbeatErrorBudgetBurn3d." },
    log_error_rate: {
      ...rate,
      default: 0.1,
      description: "HeartbeatLogErrorRateHigh: highest number of errors per second.",
    },
    log_message_rate: {
      ...rate,
      default: 0.5,
      description: "HeartbeatLogMessageRateLow: lowest number of messages per second; 0 turns it off.",
    },
    log_restarts_per_hour: {
      ...count,
      default: 3,
      description: "HeartbeatLogRestarts: restarts in an hour.",
    },
    log_missed_per_hour: {
      ...count,
      default: 3,
      description: "HeartbeatLogIncomplete: missing heartbeats in an hour.",
    },
    log_unreadable_per_hour: {
      ...count,
      default: 3,
      description: "HeartbeatLogUnreadable: heartbeats in an hour that cannot be parsed.",
    },
    event_loop_lag: {
      ...duration,
      default: "100ms",
      description: "HeartbeatExporterOverloaded: longest lag of the event loop.",
    },
    restarts_per_hour: {
      ...count,
      default: 3,
      description: "HeartbeatExporterRestarting: restarts of the exporter in an hour.",
    },
    quorum_exporters: {
      ...count,
      default: 3,
      description: "HeartbeatQuorumDown: exporters that have to probe the target.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

type Properties = typeof alertThresholdsSchema.properties;
type WithoutDefault<Schema> = Schema extends { readonly default: unknown } ? Omit<Schema, "default"> : Schema;

/** Returns the schemas without their defaults. */
export const withoutDefaults = <Name extends AlertThreshold>(
  names: readonly Name[],
): { readonly [Key in Name]: WithoutDefault<Properties[Key]> } =>
  Object.fromEntries(
    names.map((name) => {
      const { default: _default, ...schema } = alertThresholdsSchema.properties[name];
      return [name, schema];
    }),
  ) as unknown as { readonly [Key in Name]: WithoutDefault<Properties[Key]> };

/** The option `alert_thresholds` of a module or target, without a description. What it leaves out has no default. */
export const ownAlertThresholds = {
  type: "object",
  properties: withoutDefaults(TARGET_ALERT_THRESHOLDS),
  additionalProperties: false,
} as const;

/** Builds the thresholds of targets without their own. */
export function buildAlertThresholds({ raw }: BuildContext): AlertThresholds {
  const section = childOf(raw, "alert_thresholds");
  const own = isMapValue(section) ? section : {};
  return numbersIn(withDefaults(alertThresholdsSchema, own));
}

/** Returns the thresholds that valid options set, and those of `base` that they do not set; `undefined` if there are none. */
export const ownThresholdsOf = (
  raw: Readonly<Record<string, unknown>> | undefined,
  base?: OwnAlertThresholds,
): OwnAlertThresholds | undefined => (raw === undefined ? base : { ...base, ...numbersIn(raw) });

/** Returns valid thresholds as numbers; durations in seconds. */
export const numbersIn = (raw: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [
      name,
      typeof value === "string" ? durationOf(value) : Number(value),
    ]),
  );
