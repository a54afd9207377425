import type { Remaining } from "../core/money.ts";
import type { Shown, Skip } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { after } from "../core/units.ts";
import type { State } from "../failover/machine.ts";
import { beatSamples } from "./beats.ts";
import { createExposition } from "./exposition.ts";
import { remainingSamples } from "./money.ts";
import { resultSamples, skipSamples } from "./results.ts";
import { stateSamples, targetLabels, tierSamples } from "./targets.ts";

/** What is shown of a configured target: its newest result, if there is one, and its state. */
export interface ShownTarget {
  readonly target: Target;
  readonly newest: Shown | undefined;
  readonly state: State;
  /** Why it is not probed at present. */
  readonly skipped?: Skip | undefined;
  /** What is left in its budgets. */
  readonly remaining: Remaining;
  /** Whether each of its tiers was well when it was last asked. */
  readonly tiers: ReadonlyMap<string, boolean>;
}

/** The answer to `/probe`: one result, without a label that says of what. */
export function resultText({ result, age, skipped }: Shown): string {
  const exposition = createExposition();
  exposition.add(resultSamples(result, age));
  for (const beat of result.beats ?? []) exposition.add(beatSamples(beat, after(result.endedAt, age)));
  exposition.add(skipSamples(skipped));
  return exposition.text();
}

/** The section of `/metrics` about the configured targets. What they heard of heartbeats stands with the other heartbeats. */
export function targetsText(targets: readonly ShownTarget[]): string {
  const exposition = createExposition();
  for (const { target, newest, state, skipped, remaining, tiers } of targets) {
    if (newest !== undefined) exposition.add(resultSamples(newest.result, newest.age), targetLabels(target));
    exposition.add(skipSamples(skipped), targetLabels(target));
    exposition.add(tierSamples(target, tiers));
    exposition.add(remainingSamples(target, remaining));
    exposition.add(stateSamples(target, state, newest?.result));
  }
  return exposition.text();
}
