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

/** The payer of a probe: its module, and its target if it is configured. */
export interface Payer {
  readonly module: Module;
  readonly target: ProbeTarget;
  /** The configured target; absent for an address. */
  readonly configured?: Target;
}

/** A budget and the spending in its current window, which ends at `ends`. */
export interface Account {
  readonly owner: Owner;
  readonly budget: Budget;
  readonly spent: Amount;
  readonly ends: Timestamp;
}

/** Counts the cost of probes and enforces budgets. */
export interface Treasury {
  /**
   * Books the spending of a probe.
   * @returns its cost in dollars, or `undefined` without a price
   */
  book(payer: Payer, spent: Spend, at: Timestamp): number | undefined;
  /** Returns the reason not to send a prompt now, or `undefined` if the budgets allow it. */
  refusal(payer: Payer, at: Timestamp): Skip | undefined;
  /** Returns the exhausted budget, or of several the one whose window ends last. */
  exhausted(payer: Payer, at: Timestamp): Account | undefined;
  /** Returns the smallest remaining amounts of all budgets of the payer. */
  remaining(payer: Payer, at: Timestamp): RemainingBudget;
  setPrices(prices: Prices): void;
}

/**
 * Creates a treasury. Spending is known only when a probe ends and nothing is reserved, so a budget may be exceeded by the
 * probes in flight when it is exhausted.
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
      // Called for every probe, and most have no budget.
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
    detail: `the budget of ${owner.kind} ${owner.name} is exhausted: ${spent[unit]} of ${limit} ${unit} per ${per}; prompts resume at ${rfc3339(ends)}`,
    until: ends,
  };
}

/** Skips a prompt for a model without a price if a budget is in dollars: a request to `/probe` may name any model. */
function unpricedSkip({ module, target, configured }: Payer, prices: Prices): Skip | undefined {
  const budgets = [...(module.budgets ?? []), ...(configured?.budgets ?? [])];
  if (!budgets.some(({ unit }) => unit === "dollars")) return undefined;
  const model = module.prober.expectedSpend?.(target, module.options).requestedModel;
  if (priceOf(prices, model) !== undefined) return undefined;
  return {
    reason: "budget_exhausted",
    detail: `module ${module.name} has a budget in dollars, but ${model === undefined ? "no model with a price is requested" : `the model ${JSON.stringify(model)} has no price`}`,
  };
}
