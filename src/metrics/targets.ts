import { catalogue } from "../catalogue/index.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { RemainingBudget } from "../core/money.ts";
import type { Outcome } from "../core/prober.ts";
import type { Result } from "../core/result.ts";
import { isStale, MODES, TARGET_STATUSES, targetStatus } from "../core/status.ts";
import type { Target } from "../core/target.ts";
import type { Timestamp } from "../core/units.ts";
import type { FailoverState } from "../failover/machine.ts";

/** The labels of every series about a configured target on `/metrics`. */
export interface TargetLabels extends Readonly<Record<string, string>> {
  readonly target: string;
  readonly module: string;
}

/** Returns the labels of a target's series. */
export const targetLabels = ({ name, module }: Target): TargetLabels => ({
  target: name,
  module: module.name,
});

/** Leaves out the details of a probe, which `/metrics` shows only for targets with `probe_details`. */
export function* withoutDetails({ series }: Target, samples: Iterable<Sample>): Generator<Sample> {
  for (const one of samples) if (series.details || one.metric.detail !== true) yield one;
}

/** Makes the samples of a target's state. */
export function* stateSamples(
  target: Target,
  state: FailoverState,
  latest: Result | undefined,
  now: Timestamp,
): Generator<Sample> {
  const stale = isStale(target, state, now);
  const labels = targetLabels(target);
  yield sample(catalogue.consecutiveFailures, state.consecutiveFailures, labels);
  yield sample(catalogue.consecutiveSuccesses, state.consecutiveSuccesses, labels);
  if (state.modelAvailable !== undefined && !stale) {
    yield sample(catalogue.modelAvailable, Number(state.modelAvailable), labels);
  }
  if (state.health !== "unknown" && !stale)
    yield sample(catalogue.targetHealthy, Number(state.health === "healthy"), labels);
  const current = targetStatus(target, state, latest, now);
  for (const status of TARGET_STATUSES) {
    yield sample(catalogue.targetStatus, Number(status === current), { ...labels, status });
  }
  if (state.lastProbeAt !== undefined) yield sample(catalogue.lastProbe, state.lastProbeAt, labels);
  if (state.lastSuccessAt !== undefined) yield sample(catalogue.lastSuccess, state.lastSuccessAt, labels);
  if (target.failover !== undefined) yield* modeSamples(state, labels);
}

function* modeSamples(state: FailoverState, labels: TargetLabels): Generator<Sample> {
  for (const mode of MODES)
    yield sample(catalogue.currentMode, Number(mode === state.mode), { ...labels, mode });
  yield sample(catalogue.modeSince, state.modeSince, labels);
  yield sample(catalogue.modeForced, Number(state.forced !== undefined), labels);
  yield sample(catalogue.failoverEvents, state.triggered, { ...labels, type: "triggered" });
  yield sample(catalogue.failoverEvents, state.recovered, { ...labels, type: "recovered" });
}

/** Makes the samples of a target's configuration. */
export function* configuredSamples(target: Target): Generator<Sample> {
  const labels = targetLabels(target);
  yield sample(catalogue.interval, target.interval, labels);
  yield sample(catalogue.failureThreshold, target.thresholds.failures, labels);
  yield sample(catalogue.healthyThreshold, target.thresholds.successes, labels);
  if (target.expectedDuration !== undefined) {
    yield sample(catalogue.expectedDuration, target.expectedDuration, labels);
  }
  yield sample(catalogue.sloObjective, target.sloObjective, labels);
  if (target.failover !== undefined) {
    yield sample(catalogue.failoverMaxDuration, target.failover.maxDuration, labels);
  }
  const facts = { ...labels, critical: String(target.critical), kind: target.module.prober.kind };
  yield sample(catalogue.targetInfo, 1, { ...target.labels, ...facts });
}

/** Makes the samples of a target's tiers. */
export function* tierSamples(target: Target, tiers: ReadonlyMap<string, Outcome>): Generator<Sample> {
  for (const [tier, { ok }] of tiers) {
    yield sample(catalogue.llmTier, Number(ok), { ...targetLabels(target), tier });
  }
}

/** Makes the samples of a target's budgets. */
export function* remainingSamples(target: Target, { tokens, dollars }: RemainingBudget): Generator<Sample> {
  const labels = targetLabels(target);
  if (tokens !== undefined) yield sample(catalogue.llmBudgetTokens, tokens, labels);
  if (dollars !== undefined) yield sample(catalogue.llmBudgetDollars, dollars, labels);
}
