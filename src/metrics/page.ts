import { catalogue } from "../catalogue/index.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { RemainingBudget } from "../core/money.ts";
import type { AgedResult, Result, Skip } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { after, type Seconds, type Timestamp } from "../core/units.ts";
import type { FailoverState } from "../failover/machine.ts";
import { createExposition } from "./exposition.ts";
import { beatSamples } from "./heartbeats.ts";
import { configuredSamples, remainingSamples, stateSamples, targetLabels, tierSamples } from "./targets.ts";

/** What is shown of a configured target: its newest result, if there is one, and its state. */
export interface TargetSnapshot {
  readonly target: Target;
  readonly newest: AgedResult | undefined;
  readonly state: FailoverState;
  /** Why it is not probed at present. */
  readonly skipped?: Skip | undefined;
  /** What is left in its budgets. */
  readonly remaining: RemainingBudget;
  /** Whether each of its tiers was well when it was last asked. */
  readonly tiers: ReadonlyMap<string, boolean>;
}

/** The answer to `/probe`: one result, without a label that says of what; or why there is none. */
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

/** The section of `/metrics` about the configured targets. What they heard of heartbeats stands with the other heartbeats. */
export function targetsText(targets: readonly TargetSnapshot[], now: Timestamp): string {
  const exposition = createExposition();
  for (const { target, newest, state, skipped, remaining, tiers } of targets) {
    if (newest !== undefined) exposition.add(resultSamples(newest.result, newest.age), targetLabels(target));
    exposition.add(skipSamples(skipped), targetLabels(target));
    exposition.add(remainingSamples(target, remaining));
    // Another replica knows how the target is: what this one last knew would contradict it.
    const outdated = skipped?.reason === "not_leader" && newest === undefined;
    if (!outdated) {
      exposition.add(tierSamples(target, tiers));
      exposition.add(stateSamples(target, state, newest?.result, now));
    }
    exposition.add(configuredSamples(target));
  }
  return exposition.text();
}

/** The series of one result, `age` seconds after it was obtained, without its beats: what every probe has, then the prober's own. */
export function* resultSamples(
  { outcome, duration, timeout, samples, coldStart }: Result,
  age: Seconds,
): Generator<Sample> {
  yield sample(catalogue.probeSuccess, outcome.ok ? 1 : 0);
  yield sample(catalogue.probeDuration, duration);
  yield sample(catalogue.probeTimeout, timeout);
  yield sample(catalogue.probeResultAge, age);
  if (!outcome.ok) yield sample(catalogue.probeFailureReason, 1, { reason: outcome.reason });
  if (coldStart !== undefined) yield sample(catalogue.coldStart, Number(coldStart));
  yield* samples;
}

/** Says that the result beside it is the last one for a while. */
const skipSamples = (skip: Skip | undefined): readonly Sample[] =>
  skip === undefined ? [] : [sample(catalogue.probeSkipped, 1, { reason: skip.reason })];
