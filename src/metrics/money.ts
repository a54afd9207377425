import { catalogue } from "../catalogue.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { Remaining } from "../core/money.ts";
import type { Target } from "../core/target.ts";
import { targetLabels } from "./targets.ts";

/** What is left in the budgets of a target; without budgets there is no series. */
export function* remainingSamples(target: Target, { tokens, dollars }: Remaining): Generator<Sample> {
  const labels = targetLabels(target);
  if (tokens !== undefined) yield sample(catalogue.llmBudgetTokens, tokens, labels);
  if (dollars !== undefined) yield sample(catalogue.llmBudgetDollars, dollars, labels);
}
