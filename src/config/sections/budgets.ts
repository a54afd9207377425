import { defined } from "../../core/defined.ts";
import { type Budget, type Price, type Prices, priceOf } from "../../core/money.ts";
import type { Module, Target } from "../../core/target.ts";
import type { Path } from "../document/tree.ts";
import type { RawBudget, RawConfig } from "../schema.ts";
import type { BuildContext } from "./modules.ts";

/** What a validated `prices` says. */
export function pricesOf(raw: RawConfig["prices"]): Prices {
  return new Map(
    Object.entries(raw ?? {}).map(([name, { input, output, cached_input, reasoning }]): [string, Price] => [
      name,
      {
        input,
        output,
        ...defined({ cachedInput: cached_input, reasoning }),
      },
    ]),
  );
}

/** Budgets with their places, and what is wrong with them that no schema can say. */
export function budgetsOf(
  raw: RawBudget | undefined,
  path: Path,
  costly: boolean,
  { report }: BuildContext,
): readonly Budget[] {
  if (raw === undefined) return [];
  if (!costly) {
    report.problem({
      path,
      got: "a budget",
      want: "none: probes of this kind cost no money",
      aboutKey: true,
    });
    return [];
  }
  if (Array.isArray(raw) && raw.length === 0)
    report.problem({ path, got: "an empty list", want: "a budget" });
  const list = Array.isArray(raw)
    ? raw.map((one, i) => ({ one, at: [...path, i] }))
    : [{ one: raw, at: path }];
  return list.flatMap(({ one, at }): readonly Budget[] => {
    const { tokens, dollars, per } = one;
    if (tokens === undefined && dollars === undefined) {
      report.problem({ path: at, got: `only per ${per}`, want: "tokens or dollars, or both" });
    }
    return [
      ...(tokens === undefined ? [] : [{ unit: "tokens", limit: tokens, per } as const]),
      ...(dollars === undefined ? [] : [{ unit: "dollars", limit: dollars, per } as const]),
    ];
  });
}

const inDollars = (budgets: readonly Budget[] = []): boolean =>
  budgets.some(({ unit }) => unit === "dollars");

/** A budget in dollars is no budget where nobody knows what a token costs. */
export function checkModulePrice(module: Module, prices: Prices, { report }: BuildContext): void {
  if (!inDollars(module.budgets)) return;
  const model = module.prober.expectedSpend?.(
    { address: "", configured: true },
    module.options,
  ).requestedModel;
  // Without one the targets name it.
  if (model === undefined || priceOf(prices, model) !== undefined) return;
  report.problem({
    path: ["modules", module.name, "budget"],
    got: "a budget in dollars",
    want: wanted(model, prices),
  });
}

export function checkTargetPrice(target: Target, path: Path, prices: Prices, { report }: BuildContext): void {
  const own = inDollars(target.budgets);
  const { module } = target;
  if (!own && !inDollars(module.budgets)) return;
  const model = module.prober.expectedSpend?.(target, module.options).requestedModel;
  if (priceOf(prices, model) !== undefined) return;
  if (own)
    report.problem({ path: [...path, "budget"], got: "a budget in dollars", want: wanted(model, prices) });
  // Of the module's own model that has been said.
  else if (target.model !== undefined || model === undefined) {
    const want = `${wanted(model, prices)}, because module ${module.name} has a budget in dollars`;
    report.problem({ path: [...path, "model"], want });
  }
}

function wanted(model: string | undefined, prices: Prices): string {
  const known = prices.size === 0 ? "which has none" : `which has only ${[...prices.keys()].join(", ")}`;
  return model === undefined
    ? `a model that has a price in prices, ${known}`
    : `a price of ${model} in prices, ${known}`;
}
