import {
  type Amount,
  type Budget,
  dollarsOf,
  type Prices,
  priceOf,
  type RemainingBudget,
  type Spend,
  totalTokens,
} from "../core/money.ts";
import type { ProbeTarget } from "../core/prober.ts";
import type { Skip } from "../core/result.ts";
import type { Module, Target } from "../core/target.ts";
import { rfc3339, type Timestamp } from "../core/units.ts";
import type { Ledger, Owner } from "./ledger.ts";
import { windowEnd } from "./windows.ts";

/** Who pays for a probe: its module, and its target if that is a configured one. */
export interface Payer {
  readonly module: Module;
  readonly target: ProbeTarget;
  /** The same target, where the configuration has it. */
  readonly configured?: Target;
}

/** A budget, and what was spent of it in the window that ends at `ends`. */
export interface Account {
  readonly owner: Owner;
  readonly budget: Budget;
  readonly spent: Amount;
  readonly ends: Timestamp;
}

/** Counts what probes cost and says when there is no money left for more. */
export interface Treasury {
  /**
   * Books what a probe spent.
   * @returns what it cost in dollars; `undefined` when no price is known
   */
  book(payer: Payer, spent: Spend, at: Timestamp): number | undefined;
  /** Why no prompt may be sent now; `undefined` when one may. */
  refusal(payer: Payer, at: Timestamp): Skip | undefined;
  /** The budget that is used up; of several the one that lasts longest says when there is money again. */
  exhausted(payer: Payer, at: Timestamp): Account | undefined;
  remaining(payer: Payer, at: Timestamp): RemainingBudget;
  setPrices(prices: Prices): void;
}

/**
 * Budgets are held against what was spent, which is known when a probe ends. Nothing is reserved, so a budget is
 * exceeded by at most what is in flight when it runs out.
 */
export function createTreasury(ledger: Ledger, initial: Prices): Treasury {
  let prices = initial;

  const accounts = (payer: Payer, at: Timestamp): readonly Account[] =>
    accountsOf(payer).map(({ owner, budget }) => {
      const { windowStart, ...spent } = ledger.spent(owner, budget.per, at);
      return { owner, budget, spent, ends: windowEnd(budget.per, windowStart) };
    });

  const exhausted = (payer: Payer, at: Timestamp): Account | undefined =>
    accounts(payer, at)
      .filter((account) => left(account) <= 0)
      .toSorted((a, b) => b.ends - a.ends)[0];

  return {
    exhausted,
    book(payer, spent, at) {
      const dollars = dollarsOf(prices, spent);
      const amount: Amount = { tokens: totalTokens(spent.tokens), dollars: dollars ?? 0 };
      for (const owner of ownersOf(payer)) ledger.add(owner, amount, at);
      return dollars;
    },
    refusal(payer, at) {
      // Most probes have no budget, and all of them come along here.
      if (payer.module.budgets === undefined && payer.configured?.budgets === undefined) return undefined;
      const account = exhausted(payer, at);
      if (account !== undefined) return exhaustedSkip(account);
      return unpricedSkip(payer, prices);
    },
    remaining(payer, at) {
      const all = accounts(payer, at);
      return { ...tightest(all, "tokens"), ...tightest(all, "dollars") };
    },
    setPrices(next) {
      prices = next;
    },
  };
}

function ownersOf({ module, configured }: Payer): readonly Owner[] {
  const payers: Owner[] = [{ kind: "module", name: module.name }];
  if (configured !== undefined) payers.push({ kind: "target", name: configured.name });
  return payers;
}

function accountsOf(payer: Payer): readonly Pick<Account, "owner" | "budget">[] {
  const budgets = { module: payer.module.budgets ?? [], target: payer.configured?.budgets ?? [] };
  return ownersOf(payer).flatMap((owner) => budgets[owner.kind].map((budget) => ({ owner, budget })));
}

const left = ({ budget: { unit, limit }, spent }: Account): number => limit - spent[unit];

function tightest(accounts: readonly Account[], unit: Budget["unit"]): RemainingBudget {
  const all = accounts.filter(({ budget }) => budget.unit === unit).map(left);
  return all.length === 0 ? {} : { [unit]: Math.max(0, Math.min(...all)) };
}

function exhaustedSkip({ owner, budget: { unit, limit, per }, spent, ends }: Account): Skip {
  return {
    reason: "budget_exhausted",
    detail: `the budget of ${owner.kind} ${owner.name} is used up: ${spent[unit]} of ${limit} ${unit} per ${per}; prompts go on at ${rfc3339(ends)}`,
    until: ends,
  };
}

/** A request may name any model; one that costs nobody knows what has no part in a budget in dollars. */
function unpricedSkip({ module, target, configured }: Payer, prices: Prices): Skip | undefined {
  const budgets = [...(module.budgets ?? []), ...(configured?.budgets ?? [])];
  if (!budgets.some(({ unit }) => unit === "dollars")) return undefined;
  const model = module.prober.expectedSpend?.(target, module.options).requestedModel;
  if (priceOf(prices, model) !== undefined) return undefined;
  return {
    reason: "budget_exhausted",
    detail: `module ${module.name} has a budget in dollars, and ${model === undefined ? "no model is named that has a price" : `the model ${JSON.stringify(model)} has no price`}`,
  };
}
