import { succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import { seconds, timestamp } from "../../src/core/units.ts";

/** Makes the result of a probe that succeeded after a quarter of a second, unless `more` says otherwise. */
export const resultOf = (more: Partial<Result> = {}): Result => ({
  id: 1,
  startedAt: timestamp(1_757_943_000),
  endedAt: timestamp(1_757_943_000.25),
  duration: seconds(0.25),
  timeout: seconds(5),
  outcome: succeeded,
  samples: [],
  log: [],
  ...more,
});
