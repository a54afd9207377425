import type { JSONSchema } from "json-schema-to-ts";
import { type Budget, PERIODS, type Prices, priceOf } from "../../core/money.ts";
import type { Module, Target } from "../../core/target.ts";
import type { BuildContext } from "../context.ts";
import type { Raw } from "../document/defaults.ts";
import type { Path } from "../document/tree.ts";
import { count } from "./schema-words.ts";

const oneBudgetSchema = {
  type: "object",
  properties: {
    tokens: { ...count, description: "Maximum tokens, input and output together." },
    dollars: {
      type: "number",
      exclusiveMinimum: 0,
      description: "Maximum dollars, by the configured `prices`, which must cover the model.",
    },
    per: {
      type: "string",
      enum: PERIODS,
      description: "Period of the limit; it ends at the full hour or at midnight (UTC).",
    },
  },
  required: ["per"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The option `budget` of modules and targets. */
export const budgetSchema = {
  anyOf: [oneBudgetSchema, { type: "array", items: oneBudgetSchema }],
} as const satisfies JSONSchema;

/** Builds the budgets of a module or target, and reports what its schema cannot express. */
export function budgetsOf(
  raw: Raw<typeof budgetSchema> | undefined,
  path: Path,
  costly: boolean,
  { problems }: BuildContext,
): readonly Budget[] {
  if (raw === undefined) return [];
  if (!costly) {
    const want = "no budget, because probes of this kind cost no money";
    problems.add({ path, got: "a budget", want, aboutKey: true });
    return [];
  }
  if (Array.isArray(raw) && raw.length === 0) {
    problems.add({ path, got: "an empty list", want: "at least one budget" });
  }
  const list = Array.isArray(raw)
    ? raw.map((one, i) => ({ one, at: [...path, i] }))
    : [{ one: raw, at: path }];
  return list.flatMap(({ one, at }): readonly Budget[] => {
    const { tokens, dollars, per } = one;
    if (tokens === undefined && dollars === undefined) {
      problems.add({ path: at, got: `only per ${per}`, want: "tokens, dollars or both" });
    }
    return [
      ...(tokens === undefined ? [] : [{ unit: "tokens", limit: tokens, per } as const]),
      ...(dollars === undefined ? [] : [{ unit: "dollars", limit: dollars, per } as const]),
    ];
  });
}

const inDollars = (budgets: readonly Budget[] = []): boolean =>
  budgets.some(({ unit }) => unit === "dollars");

/** Reports a module with a budget in dollars whose model has no price. If it names no model, its targets are checked. */
export function checkModulePrice(module: Module, prices: Prices, { problems }: BuildContext): void {
  if (!inDollars(module.budgets)) return;
  const model = module.prober.expectedSpend?.(
    { address: "", configured: true },
    module.options,
  ).requestedModel;
  if (model === undefined || priceOf(prices, model) !== undefined) return;
  problems.add({
    path: ["modules", module.name, "budget"],
    got: "a budget in dollars",
    want: wantedPrice(model, prices),
  });
}

/** Reports a target that spends from a budget in dollars and whose model has no price. */
export function checkTargetPrice(
  target: Target,
  path: Path,
  prices: Prices,
  { problems }: BuildContext,
): void {
  const own = inDollars(target.budgets);
  const { module } = target;
  if (!own && !inDollars(module.budgets)) return;
  const model = module.prober.expectedSpend?.(target, module.options).requestedModel;
  if (priceOf(prices, model) !== undefined) return;
  if (own) {
    const want = wantedPrice(model, prices);
    problems.add({ path: [...path, "budget"], got: "a budget in dollars", want });
    return;
  }
  // The module's own model was checked with the module.
  if (target.model === undefined && model !== undefined) return;
  const want = `${wantedPrice(model, prices)}, because module ${module.name} has a budget in dollars`;
  problems.add({ path: [...path, "model"], want });
}

function wantedPrice(model: string | undefined, prices: Prices): string {
  const known = prices.size === 0 ? "which is empty" : `which lists only ${[...prices.keys()].join(", ")}`;
  return model === undefined
    ? `a model with a price in prices, ${known}`
    : `a price for ${model} in prices, ${known}`;
}
