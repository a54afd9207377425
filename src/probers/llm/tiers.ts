import type { CompileContext, Tier } from "../../core/prober.ts";
import { parseDuration, seconds } from "../../core/units.ts";
import type { LlmOptions } from "./schema.ts";

/** A tier that asks the target's server for a path. */
export interface LlmTier extends Tier {
  readonly path: string;
}

/** Compiles validated options and reports intervals of 0. */
export function compileTiers(options: LlmOptions["tiers"], context: CompileContext): readonly LlmTier[] {
  return Object.entries(options ?? {}).map(([name, { path, interval, trigger = false }]): LlmTier => {
    // The schema guarantees a duration.
    const length = parseDuration(interval) ?? seconds(0);
    if (length === 0) context.problem(["tiers", name, "interval"], interval, "more than 0");
    return { name, path, interval: length, trigger };
  });
}
