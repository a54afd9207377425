import { catalogue } from "../catalogue.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { Result, Skip } from "../core/result.ts";
import type { Seconds } from "../core/units.ts";

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
  if (coldStart !== undefined) yield sample(catalogue.llmColdStart, Number(coldStart));
  yield* samples;
}

/** Says that the result beside it is the last one for a while. */
export const skipSamples = (skip: Skip | undefined): readonly Sample[] =>
  skip === undefined ? [] : [sample(catalogue.probeSkipped, 1, { reason: skip.reason })];
