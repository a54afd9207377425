import type { CompileContext, Tier } from "../../core/prober.ts";
import { parseDuration, seconds } from "../../core/units.ts";
import type { LlmOptions } from "./schema.ts";

/** A cheap question, and the path that it is put to. */
export interface LlmTier extends Tier {
  readonly path: string;
}

/** Makes tiers of validated options, reporting intervals of nothing. */
export function compileTiers(options: LlmOptions["tiers"], context: CompileContext): readonly LlmTier[] {
  return Object.entries(options ?? {}).map(([name, { path, interval, trigger = false }]): LlmTier => {
    // Schema validation has refused what is no duration.
    const length = parseDuration(interval) ?? seconds(0);
    if (length === 0) context.problem(["tiers", name, "interval"], interval, "more than 0");
    return { name, path, interval: length, trigger };
  });
}
