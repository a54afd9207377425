import { catalogue } from "../catalogue/index.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { RemainingBudget } from "../core/money.ts";
import type { Outcome } from "../core/prober.ts";
import type { AgedResult, Result, Skip } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { after, type Seconds, type Timestamp } from "../core/units.ts";
import type { FailoverState } from "../failover/machine.ts";
import { createExposition } from "./exposition.ts";
import { beatSamples } from "./heartbeats.ts";
import {
  configuredSamples,
  remainingSamples,
  stateSamples,
  targetLabels,
  tierSamples,
  withoutDetails,
} from "./targets.ts";

/** A configured target at one moment: its newest result, if there is one, and its state. */
export interface TargetSnapshot {
  readonly target: Target;
  readonly newest: AgedResult | undefined;
  readonly state: FailoverState;
  /** Set while it is not probed. */
  readonly skipped?: Skip | undefined;
  /** Remainder of its budgets. */
  readonly remaining: RemainingBudget;
  /** Outcome of the last check of each tier, by name. */
  readonly tiers: ReadonlyMap<string, Outcome>;
}

/** Renders the response to `/probe`: one result, without labels for its target, or the reason why there is none. */
export function resultText(shown: AgedResult | Skip): string {
  const exposition = createExposition();
  if ("result" in shown) {
    const { result, age } = shown;
    exposition.add(resultSamples(result, age));
    for (const beat of result.beats ?? []) exposition.add(beatSamples(beat, after(result.endedAt, age)));
  }
  exposition.add(skipSamples("result" in shown ? shown.skipped : shown));
  return exposition.text();
}

/** Renders the section of `/metrics` about configured targets. Heartbeats that they read are in the section of heartbeats. */
export function targetsText(targets: readonly TargetSnapshot[], now: Timestamp): string {
  const exposition = createExposition();
  for (const { target, newest, state, skipped, remaining, tiers } of targets) {
    if (newest !== undefined) {
      const samples = withoutDetails(target, resultSamples(newest.result, newest.age));
      exposition.add(samples, targetLabels(target));
    }
    exposition.add(skipSamples(skipped), targetLabels(target));
    exposition.add(remainingSamples(target, remaining));
    // The leader knows the state of the target: the last state of this replica could contradict it.
    const outdated = skipped?.reason === "not_leader" && newest === undefined;
    if (!outdated) {
      exposition.add(tierSamples(target, tiers));
      exposition.add(stateSamples(target, state, newest?.result, now));
    }
    exposition.add(configuredSamples(target));
  }
  return exposition.text();
}

/** Makes the samples of one result of age `age`: those of every result, then the prober's. Its heartbeats are separate. */
export function* resultSamples(
  { outcome, degraded, duration, timeout, samples, coldStart }: Result,
  age: Seconds,
): Generator<Sample> {
  yield sample(catalogue.probeSuccess, outcome.ok ? 1 : 0);
  yield sample(catalogue.probeDuration, duration);
  yield sample(catalogue.probeTimeout, timeout);
  yield sample(catalogue.probeResultAge, age);
  if (!outcome.ok) yield sample(catalogue.probeFailureReason, 1, { reason: outcome.reason });
  else if (degraded !== undefined)
    yield sample(catalogue.probeDegradedReason, 1, { reason: degraded.reason });
  if (coldStart !== undefined) yield sample(catalogue.coldStart, Number(coldStart));
  yield* samples;
}

/** Makes the sample that marks a result as the last one while probes are skipped. */
const skipSamples = (skip: Skip | undefined): readonly Sample[] =>
  skip === undefined ? [] : [sample(catalogue.probeSkipped, 1, { reason: skip.reason })];
