import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { PERIODS } from "../core/money.ts";
import { FAILURE_REASONS } from "../core/reasons.ts";
import { actionSchema } from "./sections/actions.ts";
import { heartbeatSchema, registrationSchema } from "./sections/heartbeats-schema.ts";
import { leaseSectionSchema } from "./sections/lease.ts";
import { maintenanceSchema } from "./sections/maintenance.ts";
import { pluginsSchema } from "./sections/plugins.ts";
import { relaySchema } from "./sections/relays.ts";
import { storageSchema } from "./sections/storage.ts";
import { webhookSchema } from "./sections/webhooks.ts";

/**
 * What may stand in the configuration file. Types and validation both come from here; the options of a module, under
 * a key named like its prober, are described by the prober's own schema.
 *
 * Defaults are stated for documentation: `modules.ts`, `targets.ts` and `load.ts` apply them.
 */

const bool = { type: "boolean" } as const;
const duration = { type: "string", format: "duration" } as const;
const positiveDuration = { type: "string", format: "positive_duration" } as const;
const word = { type: "string", minLength: 1 } as const;
const count = { type: "integer", minimum: 1 } as const;

const perMillion = { type: "number", minimum: 0 } as const;

const priceSchema = {
  type: "object",
  description: "Dollars per million tokens.",
  properties: {
    input: { ...perMillion, description: "Tokens of prompts." },
    output: { ...perMillion, description: "Tokens of answers." },
    cached_input: { ...perMillion, description: "Tokens of prompts that a cache knew. Default: as input." },
    reasoning: { ...perMillion, description: "Tokens of reasoning. Default: as output." },
  },
  required: ["input", "output"],
  additionalProperties: false,
} as const satisfies JSONSchema;

const oneBudgetSchema = {
  type: "object",
  properties: {
    tokens: { ...count, description: "Tokens, those of prompts and of answers together." },
    dollars: {
      type: "number",
      exclusiveMinimum: 0,
      description: "Dollars, by the prices of the configuration, which must have one for the model.",
    },
    per: {
      type: "string",
      enum: PERIODS,
      description: "Until when: the next full hour, or the next midnight, of UTC.",
    },
  },
  required: ["per"],
  additionalProperties: false,
} as const satisfies JSONSchema;

const budgetSchema = {
  anyOf: [oneBudgetSchema, { type: "array", items: oneBudgetSchema }],
} as const satisfies JSONSchema;

/** One entry of `modules`, apart from the prober's options. */
export const moduleSchema = {
  type: "object",
  description: "How to probe.",
  properties: {
    prober: { ...word, description: "Kind of the module; its options stand under a key of the same name." },
    timeout: {
      ...positiveDuration,
      description: "Longest duration of one probe. Without it the timeout of the scrape rules.",
    },
    min_interval: {
      ...duration,
      description:
        "How long a result is served again instead of probing. Default: 27s for probers whose probes cost money, else 0s; for configured targets of the former 0.9 x interval.",
    },
    budget: {
      ...budgetSchema,
      description:
        "What all its probes together may spend, asked for by address included. When it is used up no prompt is sent until the next hour or day of UTC; that is no failure. One, or a list of which all hold.",
    },
  },
  required: ["prober"],
} as const satisfies JSONSchema;

const failoverSchema = {
  type: "object",
  description: "Keeps a mode, primary or fallback, that consumers of the target follow.",
  properties: {
    mode: { ...word, default: "rule_based", description: "What consumers do in fallback mode." },
    confidence_reduction: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description: "By how much consumers lower their confidence in fallback mode.",
    },
    process_with_lower_confidence: {
      ...bool,
      default: true,
      description: "Whether consumers go on processing in fallback mode.",
    },
    max_duration: {
      ...positiveDuration,
      default: "30m",
      description: "Fallback that lasts longer is overdue.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** One entry of `targets`. */
export const targetSchema = {
  type: "object",
  description: "What is probed, with a name, labels and thresholds.",
  properties: {
    name: { type: "string", format: "target_name", description: "Unique; the label `target` of its series." },
    module: { type: "string", format: "module_name", description: "Name of a module." },
    target: {
      type: "string",
      format: "address",
      description: "Address, in the form that the module's prober wants.",
    },
    model: { ...word, description: "Overrides the module's model." },
    hostname: { ...word, description: "Host header and TLS server name to send." },
    schedule: {
      type: "string",
      enum: ["on_scrape", "interval"],
      description:
        "Probe when somebody asks, or by the exporter's own clock. Default: interval for targets with failover, else on_scrape.",
    },
    interval: { ...positiveDuration, default: "30s", description: "Time between two probes." },
    min_interval: {
      ...duration,
      description:
        "How long a result is served again instead of probing. Default: the module's, else 0.9 x interval where probes cost money, else 0s.",
    },
    failure_threshold: { ...count, default: 3, description: "Failures in a row until unhealthy." },
    healthy_threshold: { ...count, default: 2, description: "Successes in a row until healthy." },
    min_dwell: { ...duration, default: "0s", description: "Shortest stay in a mode." },
    ignore_reasons: {
      type: "array",
      items: { type: "string", enum: FAILURE_REASONS },
      uniqueItems: true,
      default: ["bad_request"],
      description:
        "Failures for these reasons change neither streaks nor mode. The default does so only until the first success with the present configuration; a list that is written applies always.",
    },
    expected_duration: { ...positiveDuration, description: "Slower successes make the target degraded." },
    slo_objective: {
      type: "number",
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.999,
      description: "The share of probes that are to succeed, which error budgets are counted by.",
    },
    budget: {
      ...budgetSchema,
      description:
        "What its probes may spend, besides what its module may. One, or a list of which all hold.",
    },
    critical: { ...bool, default: false, description: "Whether its failure makes a group unhealthy." },
    labels: {
      type: "object",
      additionalProperties: { type: "string" },
      propertyNames: { type: "string", format: "label_name" },
      description: "Labels of `heartbeat_target_info`.",
    },
    failover: {
      anyOf: [bool, failoverSchema],
      description: "`true` or `{}` for the defaults.",
    },
  },
  required: ["name", "module", "target"],
  additionalProperties: false,
} as const satisfies JSONSchema;

const names = { type: "array", items: word, uniqueItems: true } as const;

/** One entry of `groups`. */
export const groupSchema = {
  type: "object",
  description: "Members with one status.",
  properties: {
    name: {
      type: "string",
      format: "target_name",
      description: "Unique among groups, targets and heartbeats; the label `group` of its series.",
    },
    description: { ...word, description: "For people." },
    members: { ...names, description: "Names of targets, heartbeats and other groups." },
    components: {
      ...names,
      items: { type: "string", format: "target_name" },
      description:
        "Names of components that report themselves; unknown until they do. Others join by naming the group.",
    },
    critical_members: {
      ...names,
      description:
        "Those of the members and components that make the group unhealthy alone, besides targets with `critical: true`.",
    },
    unhealthy_when: {
      anyOf: [
        { type: "string", enum: ["any", "critical"] },
        {
          type: "object",
          properties: { count: { ...count, description: "As soon as so many members are unhealthy." } },
          required: ["count"],
          additionalProperties: false,
        },
        {
          type: "object",
          properties: {
            ratio: {
              type: "number",
              exclusiveMinimum: 0,
              maximum: 1,
              description: "As soon as this part of all members is unhealthy.",
            },
          },
          required: ["ratio"],
          additionalProperties: false,
        },
      ],
      description:
        "When members that are not critical make the group unhealthy, too. Default: `critical` (only all of them together) if one of the members is marked as critical, else `any`.",
    },
    labels: {
      type: "object",
      additionalProperties: { type: "string" },
      propertyNames: { type: "string", format: "label_name" },
      description: "Labels of `heartbeat_group_info`.",
    },
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The whole file. */
export const configSchema = {
  type: "object",
  properties: {
    plugins: pluginsSchema,
    modules: { type: "object", additionalProperties: moduleSchema, description: "Modules by name." },
    targets: { type: "array", items: targetSchema, description: "Configured targets." },
    heartbeats: { type: "array", items: heartbeatSchema, description: "What pings." },
    heartbeat_registration: registrationSchema,
    relays: { type: "array", items: relaySchema, description: "Who is told about alerts." },
    actions: { type: "array", items: actionSchema, description: "What is done about alerts." },
    maintenance: { type: "array", items: maintenanceSchema, description: "When failures are expected." },
    groups: { type: "array", items: groupSchema, description: "Groups of targets and heartbeats." },
    health: {
      type: "object",
      description: "What /livez, /readyz and /report speak of.",
      properties: {
        group: {
          ...word,
          description:
            "Name of a group. Without it /livez and /readyz are about the exporter itself, /report about all targets, heartbeats and components.",
        },
      },
      additionalProperties: false,
    },
    webhooks: { type: "array", items: webhookSchema, description: "Who is told when something happens." },
    prices: {
      type: "object",
      additionalProperties: priceSchema,
      description:
        "What tokens cost, by the name of a model, which stands for its dated editions too, or a pattern such as `claude-*`; of several patterns the one with the most letters counts.",
    },
    limits: {
      type: "object",
      description: "How much may happen at once.",
      properties: {
        max_concurrent_probes: { ...count, default: 500, description: "Probes running at once." },
        max_concurrent_probes_per_host: {
          ...count,
          description: "Probes of one host running at once; without it only the total counts.",
        },
        actions_per_hour: { ...count, default: 12, description: "Attempts of all actions together." },
      },
      additionalProperties: false,
    },
    lease: leaseSectionSchema,
    control: {
      type: "object",
      description: "Who may change things.",
      properties: {
        token_file: {
          ...word,
          description: "File with the bearer token of control routes; without it they are disabled.",
        },
      },
      additionalProperties: false,
    },
    storage: storageSchema,
    context_api: {
      type: "object",
      description: "The routes of a context API: /health, /status, /heartbeat/, /config/.",
      properties: {
        enabled: { ...bool, default: true, description: "Whether there are such routes." },
        metrics_enabled: { ...bool, default: true, description: "Whether there is /metrics." },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

type Keep = { keepDefaultedPropertiesOptional: true };

export type RawConfig = FromSchema<typeof configSchema, Keep>;
export type RawModule = FromSchema<typeof moduleSchema, Keep>;
export type RawTarget = FromSchema<typeof targetSchema, Keep>;
export type RawGroup = FromSchema<typeof groupSchema, Keep>;
export type RawFailover = FromSchema<typeof failoverSchema, Keep>;
export type RawBudget = FromSchema<typeof budgetSchema, Keep>;
