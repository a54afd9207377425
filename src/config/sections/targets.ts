import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { Budget, Prices } from "../../core/money.ts";
import { FAILURE_REASONS, type FailureReason } from "../../core/reasons.ts";
import type { Steps } from "../../core/steps.ts";
import type { FallbackPolicy, Module, Target } from "../../core/target.ts";
import { formatDuration, type Seconds, seconds } from "../../core/units.ts";
import { type BuildContext, durationOf, isLeftEmpty } from "../context.ts";
import { type WithDefaults, withDefaults } from "../document/defaults.ts";
import { wantedName } from "../document/describe.ts";
import { childOf, isMapValue, type Path } from "../document/tree.ts";
import { ownAlertThresholds, ownThresholdsOf } from "./alert-thresholds.ts";
import { budgetSchema, budgetsOf, checkTargetPrice } from "./budgets.ts";
import { checkDependsOn, dependenciesOf, dependsOnProperty } from "./dependencies.ts";
import { type Entry, type Kinds, kindsByName, namedEntries } from "./entries.ts";
import { checkLabels } from "./labels.ts";
import type { ModuleSet } from "./module-set.ts";
import { bool, count, duration, labels, name, positiveDuration, word } from "./schema-words.ts";
import { histograms, seriesChoiceOf } from "./series-choice.ts";

/** The part of the interval for which the result of a costly probe is reused, so that two scrapers share one probe. */
export const COSTLY_SHARE = 0.9;

/** The option `failover` of a target, as a map. */
export const failoverSchema = {
  type: "object",
  description: "Keeps a mode, primary or fallback, that the target's consumers follow.",
  properties: {
    mode: {
      ...word,
      default: "rule_based",
      description: "What consumers do in fallback mode; handed out unchanged.",
    },
    confidence_reduction: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description: "How much consumers lower their confidence in fallback mode.",
    },
    process_with_lower_confidence: {
      ...bool,
      default: true,
      description: "Consumers continue processing in fallback mode.",
    },
    max_duration: {
      ...positiveDuration,
      default: "30m",
      description: "Fallback mode that lasts longer is overdue.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** One entry of `targets`. */
export const targetSchema = {
  type: "object",
  description: "A target is an address to probe, with a name, labels and thresholds.",
  properties: {
    name: { ...name, description: "Unique; the label `target` of its series." },
    module: { type: "string", format: "module_name", description: "Name of a module." },
    target: {
      type: "string",
      format: "address",
      description: "Address, in the form that the module's prober expects.",
    },
    model: { ...word, description: "Model to ask for, instead of the module's." },
    hostname: {
      type: "string",
      format: "host_header",
      description: "Host header and TLS server name to send.",
    },
    schedule: {
      type: "string",
      enum: ["on_scrape", "interval"],
      description:
        "on_scrape probes when a scrape or request asks for the target, interval probes by the exporter's own clock. Default: interval for targets with failover and for Leases, else on_scrape.",
    },
    interval: { ...positiveDuration, default: "30s", description: "Time between two probes." },
    min_interval: {
      ...duration,
      description: `How long a result is reused instead of probing again. Default: the module's min_interval, else ${COSTLY_SHARE} × interval if probes cost money, else 0s.`,
    },
    failure_threshold: {
      ...count,
      default: 3,
      description: "Consecutive failures after which the target is unhealthy.",
    },
    healthy_threshold: {
      ...count,
      default: 2,
      description: "Consecutive successes after which the target is healthy again.",
    },
    min_dwell: { ...duration, default: "0s", description: "Shortest time in a mode." },
    ignore_reasons: {
      type: "array",
      items: { type: "string", enum: FAILURE_REASONS },
      uniqueItems: true,
      default: ["bad_request"],
      description:
        "Failures for these reasons change neither streaks nor mode. The default does so only until the first success with the present configuration: a request that has worked and is refused now is an outage. A list in the file always applies.",
    },
    expected_duration: {
      ...positiveDuration,
      description: "The target is degraded while successful probes take longer.",
    },
    slo_objective: {
      type: "number",
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.999,
      description: "Share of probes that should succeed; the base of error budgets.",
    },
    budget: {
      ...budgetSchema,
      description:
        "Spending limit of this target's probes, in addition to the module's. One budget, or a list of budgets that all apply.",
    },
    critical: {
      ...bool,
      default: false,
      description: "A failure of this target makes its groups unhealthy.",
    },
    depends_on: dependsOnProperty,
    labels: { ...labels, description: "Labels of `heartbeat_target_info`." },
    histograms: {
      ...histograms,
      description: "Its histograms on `/metrics`. Default: those of the module.",
    },
    alert_thresholds: {
      ...ownAlertThresholds,
      description: "Thresholds of alerts about it. Default: those of the module.",
    },
    probe_details: {
      ...bool,
      description: "Shows all series of its probes on `/metrics`. Default: as the module says.",
    },
    failover: {
      anyOf: [bool, failoverSchema],
      description: "Keeps a mode, primary or fallback; `true` or `{}` for the defaults.",
    },
  },
  required: ["name", "module", "target"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** An entry with its defaults. */
type RawTarget = WithDefaults<typeof targetSchema>;

/** The section `targets`. */
export const targetsSchema = {
  type: "array",
  items: targetSchema,
  description: "Configured targets.",
} as const satisfies JSONSchema;

/** Labels that the exporter or Prometheus adds to the same series: `heartbeat_target_info`, and `heartbeat_info` of a heartbeat that probes read. */
const RESERVED_LABELS = new Set([
  "target",
  "module",
  "heartbeat",
  "source",
  "instance",
  "job",
  "critical",
  "kind",
]);

/** The sections that targets are built with. */
export interface TargetParts extends ModuleSet {
  /** `undefined` if they have problems. */
  readonly prices: Prices | undefined;
}

/** Builds the valid targets and reports the problems of the others. */
export function* buildTargets(parts: TargetParts, context: BuildContext): Steps<readonly Target[]> {
  const section = childOf(context.raw, "modules");
  const moduleNames = new Set(isMapValue(section) ? Object.keys(section) : []);
  const kinds = kindsByName(context);
  const targets: Target[] = [];
  for (const entry of namedEntries("targets", "a name that no other target has", context)) {
    const target = buildTarget(entry, { ...parts, moduleNames, kinds }, context);
    if (target !== undefined) targets.push(target);
    yield;
  }
  return targets;
}

/** The sections of the file that targets refer to. */
interface Surroundings extends TargetParts {
  /** The names of all modules, including those with problems. */
  readonly moduleNames: ReadonlySet<string>;
  readonly kinds: Kinds;
}

function buildTarget(
  entry: Entry,
  { modules, offModules, moduleNames, prices, kinds }: Surroundings,
  context: BuildContext,
): Target | undefined {
  const { value, path } = entry;
  checkModule(entry, moduleNames, offModules, context);
  checkLabels(entry, RESERVED_LABELS, context);
  checkDependsOn(entry, kinds, context);
  warnOfEmptyFailover(path, context);
  if (context.problems.isBroken(path)) return undefined;
  const raw = withDefaults(targetSchema, value);
  const module = modules.get(raw.module);
  // A broken module has been reported.
  if (module === undefined) return undefined;
  const budgets = budgetsOf(raw.budget, [...path, "budget"], module.prober.costly, context);
  const ignoresAlways = childOf(value, "ignore_reasons") !== undefined;
  const dependsOn = dependenciesOf(raw.depends_on, kinds);
  const hasOwnInterval = childOf(value, "interval") !== undefined;
  const target = targetOf(raw, module, { budgets, ignoresAlways, hasOwnInterval, dependsOn }, context);
  checkTarget(target, path, value, context);
  if (prices !== undefined) checkTargetPrice(target, path, prices, context);
  return target;
}

/** A target of a module that is off could never be probed, which must not go unnoticed. */
function checkModule(
  { value, path }: Entry,
  known: ReadonlySet<string>,
  offModules: TargetParts["offModules"],
  { problems }: BuildContext,
): void {
  const module = childOf(value, "module");
  if (typeof module !== "string" || module === "") return;
  const off = offModules.get(module);
  if (off !== undefined) {
    const got = `${module}, which is off (${off})`;
    problems.add({ path: [...path, "module"], got, want: "a module that can probe", fromProber: true });
  }
  if (known.has(module)) return;
  problems.add({ path: [...path, "module"], want: wantedName("the name of a module", module, [...known]) });
}

/** An empty key counts as missing, but a user who wrote `failover:` probably wants failover. */
function warnOfEmptyFailover(path: Path, context: BuildContext): void {
  if (isLeftEmpty([...path, "failover"], context)) {
    context.problems.warn(
      [...path, "failover"],
      "is empty, so there is no failover; write true for the defaults",
    );
  }
}

const sharedSets = new WeakMap<readonly FailureReason[], ReadonlySet<FailureReason>>();

/** Returns one set per list, because thousands of targets have the list of the default. */
function sharedSet(reasons: readonly FailureReason[]): ReadonlySet<FailureReason> {
  const known = sharedSets.get(reasons);
  if (known !== undefined) return known;
  const set = new Set(reasons);
  sharedSets.set(reasons, set);
  return set;
}

/** Properties of a target that its own options do not tell. */
interface TargetBasis {
  readonly budgets: readonly Budget[];
  /** True if the operator wrote the ignored reasons: the default applies only until the first success. */
  readonly ignoresAlways: boolean;
  /** True if the operator wrote the interval. */
  readonly hasOwnInterval: boolean;
  readonly dependsOn: Target["dependsOn"];
}

function targetOf(
  raw: RawTarget,
  module: Module,
  { budgets, ignoresAlways, hasOwnInterval, dependsOn }: TargetBasis,
  context: BuildContext,
): Target {
  const failover = failoverOf(raw.failover);
  const schedule =
    raw.schedule ??
    (failover !== undefined || module.prober.observesOverTime === true ? "interval" : "on_scrape");
  const interval = intervalOf(raw, module, { schedule, hasOwnInterval }, context);
  return {
    name: raw.name,
    module,
    address: raw.target,
    configured: true,
    schedule,
    interval,
    minInterval:
      raw.min_interval === undefined
        ? defaultMinInterval(module, interval, context)
        : durationOf(raw.min_interval),
    thresholds: {
      failures: raw.failure_threshold,
      successes: raw.healthy_threshold,
      minDwell: durationOf(raw.min_dwell),
      ignoreReasons: sharedSet(raw.ignore_reasons),
      ignoreUntilSuccess: !ignoresAlways,
    },
    sloObjective: raw.slo_objective,
    critical: raw.critical,
    labels: raw.labels ?? {},
    series: seriesChoiceOf(raw, module.series),
    ...defined({
      model: raw.model,
      hostname: raw.hostname,
      expectedDuration: raw.expected_duration === undefined ? undefined : durationOf(raw.expected_duration),
      alertThresholds: ownThresholdsOf(raw.alert_thresholds, module.alertThresholds),
      budgets: budgets.length === 0 ? undefined : budgets,
      failover,
      dependsOn,
    }),
  };
}

/** Returns the interval. A default one follows the timeout of the module, so that a timeout can be set alone. */
function intervalOf(
  raw: RawTarget,
  module: Module,
  { schedule, hasOwnInterval }: Pick<Target, "schedule"> & Pick<TargetBasis, "hasOwnInterval">,
  { problems }: BuildContext,
): Seconds {
  const interval = durationOf(raw.interval);
  const { name, timeout } = module;
  if (hasOwnInterval || schedule !== "interval" || timeout === undefined || timeout <= interval)
    return interval;
  const text = `is longer than the default interval of ${shortDuration(interval)}, so targets without an interval of their own are probed every ${shortDuration(timeout)}`;
  problems.warn(["modules", name, "timeout"], text);
  return timeout;
}

function defaultMinInterval(module: Module, interval: Seconds, { raw }: BuildContext): Seconds {
  const configured = childOf(childOf(childOf(raw, "modules"), module.name), "min_interval") !== undefined;
  return module.prober.costly && !configured ? seconds(COSTLY_SHARE * interval) : module.minInterval;
}

function failoverOf(raw: RawTarget["failover"]): FallbackPolicy | undefined {
  if (raw === undefined || raw === false) return undefined;
  const policy = withDefaults(failoverSchema, raw === true ? {} : raw);
  return {
    mode: policy.mode,
    confidenceReduction: policy.confidence_reduction,
    processWithLowerConfidence: policy.process_with_lower_confidence,
    maxDuration: durationOf(policy.max_duration),
  };
}

/** Checks what depends on both the target and its module. */
function checkTarget(target: Target, path: Path, value: unknown, context: BuildContext): void {
  const { problems } = context;
  const { module, interval, minInterval } = target;
  const objection = module.prober.objection?.(target, module.options);
  if (objection !== undefined) problems.add({ path: [...path, objection.part], want: objection.want });
  const caution = module.prober.caution?.(target, module.options);
  if (caution !== undefined) problems.warn([...path, "target"], caution);
  if (target.schedule !== "interval") return;
  const at = (key: string): Path => {
    const option = [...path, key];
    return childOf(value, key) !== undefined || isLeftEmpty(option, context) ? option : path;
  };
  if (module.timeout !== undefined && module.timeout > interval) {
    const want = `an interval >= ${shortDuration(module.timeout)}, the timeout of module ${module.name}`;
    problems.add({ path: at("interval"), got: shortDuration(interval), want });
  }
  if (minInterval > interval) {
    const want = `a min_interval <= ${shortDuration(interval)}, the interval`;
    problems.add({ path: at("min_interval"), got: shortDuration(minInterval), want });
  }
}

/** Formats a duration as in the configuration, without the zeros of Go's form `2m0s`. */
const shortDuration = (length: Seconds): string =>
  formatDuration(length)
    .replace(/(?<=[a-z])0s$/, "")
    .replace(/(?<=h)0m$/, "");
