import { defined } from "../../core/defined.ts";
import type { Budget, Prices } from "../../core/money.ts";
import type { FallbackPolicy, Module, Target, Thresholds } from "../../core/target.ts";
import { formatDuration, type Seconds, seconds } from "../../core/units.ts";
import { alternatives, nearest } from "../document/describe.ts";
import { childOf } from "../document/schema-errors.ts";
import { isNothing, lookup, type Path } from "../document/tree.ts";
import type { RawFailover, RawTarget } from "../schema.ts";
import { budgetsOf, checkTargetPrice } from "./budgets.ts";
import { checkLabels } from "./labels.ts";
import { type BuildContext, durationOf } from "./modules.ts";

/** Labels that the exporter or Prometheus puts on the same series. */
const RESERVED_LABELS = new Set(["target", "module", "instance", "job", "critical", "kind"]);

/** Results of costly probes are served again for this part of the interval. */
const COSTLY_SHARE = 0.9;

/**
 * Builds the targets that are right and reports what is wrong with the others.
 * @param moduleNames those that the file defines, be they right or wrong
 */
export function buildTargets(
  raw: readonly unknown[],
  modules: ReadonlyMap<string, Module>,
  moduleNames: readonly string[],
  prices: Prices | undefined,
  context: BuildContext,
): readonly Target[] {
  const names = new Set<string>();
  return raw.flatMap((value, i) => {
    const path = ["targets", i];
    checkName(value, path, names, context);
    checkModule(value, path, moduleNames, context);
    checkLabels(value, path, RESERVED_LABELS, context);
    warnOfEmptyFailover(path, context);
    if (context.report.isBroken(path)) return [];
    const target = value as RawTarget;
    const module = modules.get(target.module);
    // The module is broken, and that has been said.
    if (module === undefined) return [];
    const budgets = budgetsOf(target.budget, [...path, "budget"], module.prober.costly, context);
    const built = buildTarget(target, module, budgets, context);
    checkTarget(built, path, context);
    if (prices !== undefined) checkTargetPrice(built, path, prices, context);
    return [built];
  });
}

function checkName(value: unknown, path: Path, names: Set<string>, { report }: BuildContext): void {
  const name = childOf(value, "name");
  if (typeof name !== "string") return;
  if (names.has(name)) {
    report.problem({ path: [...path, "name"], want: "a name that no other target has" });
  }
  names.add(name);
}

function checkModule(value: unknown, path: Path, known: readonly string[], { report }: BuildContext): void {
  const name = childOf(value, "module");
  if (typeof name !== "string" || name === "" || known.includes(name)) return;
  const guess = nearest(name, known);
  const list = known.length === 0 ? "a module, of which there are none" : `a module: ${alternatives(known)}`;
  const hint = guess === undefined || known.length < 2 ? "" : ` (did you mean ${guess}?)`;
  report.problem({ path: [...path, "module"], want: `${list}${hint}` });
}

/** Left empty, a key counts as not written; somebody who wrote this one surely wanted failover. */
function warnOfEmptyFailover(path: Path, { root, report }: BuildContext): void {
  const failover = lookup(root, [...path, "failover"]);
  if (failover !== undefined && isNothing(failover.node)) {
    report.warn([...path, "failover"], "is empty and so there is no failover; write true for the defaults");
  }
}

function buildTarget(
  raw: RawTarget,
  module: Module,
  budgets: readonly Budget[],
  context: BuildContext,
): Target {
  const interval = durationOf(raw.interval ?? "30s");
  const failover = failoverOf(raw.failover);
  const minInterval =
    raw.min_interval === undefined
      ? usualMinInterval(module, interval, context)
      : durationOf(raw.min_interval);
  return {
    name: raw.name,
    module,
    address: raw.target,
    configured: true,
    schedule: raw.schedule ?? (failover === undefined ? "on_scrape" : "interval"),
    interval,
    minInterval,
    thresholds: thresholdsOf(raw),
    sloObjective: raw.slo_objective ?? 0.999,
    critical: raw.critical ?? false,
    labels: raw.labels ?? {},
    ...defined({ model: raw.model, hostname: raw.hostname }),
    ...(raw.expected_duration === undefined ? {} : { expectedDuration: durationOf(raw.expected_duration) }),
    ...(budgets.length === 0 ? {} : { budgets }),
    ...defined({ failover }),
  };
}

function usualMinInterval(module: Module, interval: Seconds, { root }: BuildContext): Seconds {
  const ofModule = lookup(root, ["modules", module.name, "min_interval"]);
  const said = ofModule !== undefined && !isNothing(ofModule.node);
  return module.prober.costly && !said ? seconds(COSTLY_SHARE * interval) : module.minInterval;
}

function thresholdsOf(raw: RawTarget): Thresholds {
  return {
    failures: raw.failure_threshold ?? 3,
    successes: raw.healthy_threshold ?? 2,
    minDwell: durationOf(raw.min_dwell ?? "0s"),
    ignoreReasons: new Set(raw.ignore_reasons ?? ["bad_request"]),
    ignoreUntilSuccess: raw.ignore_reasons === undefined,
  };
}

function failoverOf(raw: RawTarget["failover"]): FallbackPolicy | undefined {
  if (raw === undefined || raw === false) return undefined;
  const policy: RawFailover = raw === true ? {} : raw;
  return {
    mode: policy.mode ?? "rule_based",
    confidenceReduction: policy.confidence_reduction ?? 0.2,
    processWithLowerConfidence: policy.process_with_lower_confidence ?? true,
    maxDuration: durationOf(policy.max_duration ?? "30m"),
  };
}

/** What only shows when target and module come together. */
function checkTarget(target: Target, path: Path, { report, root }: BuildContext): void {
  const { module, interval, minInterval } = target;
  const objection = module.prober.objection?.(target, module.options);
  if (objection !== undefined) report.problem({ path: [...path, objection.part], want: objection.want });
  const caution = module.prober.caution?.(target, module.options);
  if (caution !== undefined) report.warn([...path, "target"], caution);
  if (target.schedule !== "interval") return;
  const at = (key: string): Path => (lookup(root, [...path, key]) === undefined ? path : [...path, key]);
  if (module.timeout !== undefined && module.timeout > interval) {
    const want = `an interval >= ${printed(module.timeout)}, the timeout of module ${module.name}`;
    report.problem({ path: at("interval"), got: printed(interval), want });
  }
  if (minInterval > interval) {
    const want = `a min_interval <= ${printed(interval)}, the interval`;
    report.problem({ path: at("min_interval"), got: printed(minInterval), want });
  }
}

/** A duration as it could be written: Go's form would say `2m0s`. */
const printed = (length: Seconds): string =>
  formatDuration(length)
    .replace(/(?<=[a-z])0s$/, "")
    .replace(/(?<=h)0m$/, "");
