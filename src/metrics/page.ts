import type { Shown } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import type { State } from "../failover/machine.ts";
import { createExposition } from "./exposition.ts";
import { resultSamples } from "./results.ts";
import { stateSamples, targetLabels } from "./targets.ts";

/** What is shown of a configured target: its newest result, if there is one, and its state. */
export interface ShownTarget {
  readonly target: Target;
  readonly newest: Shown | undefined;
  readonly state: State;
}

/** The answer to `/probe`: one result, without a label that says of what. */
export function resultText({ result, age }: Shown): string {
  const exposition = createExposition();
  exposition.add(resultSamples(result, age));
  return exposition.text();
}

/** The section of `/metrics` about the configured targets. */
export function targetsText(targets: readonly ShownTarget[]): string {
  const exposition = createExposition();
  for (const { target, newest, state } of targets) {
    if (newest !== undefined) exposition.add(resultSamples(newest.result, newest.age), targetLabels(target));
    exposition.add(stateSamples(target, state, newest?.result));
  }
  return exposition.text();
}
