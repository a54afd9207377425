import { catalogue } from "../catalogue/index.ts";
import type { Blocker } from "../core/dependency.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { Labels } from "./format.ts";

/** Makes the sample of a target or heartbeat that depends on something; none while nothing is wrong with it. */
export function* dependencySamples(labels: Labels, blocker: Blocker | undefined): Generator<Sample> {
  if (blocker === undefined) return;
  yield sample(catalogue.dependencyDown, Number(blocker.isDown), { ...labels, depends_on: blocker.name });
}
