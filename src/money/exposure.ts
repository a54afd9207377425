import {
  type Amount,
  type Budget,
  dollarsFor,
  type ExpectedSpend,
  type Price,
  type Prices,
  priceOf,
  totalTokens,
} from "../core/money.ts";
import type { Module, Target } from "../core/target.ts";

/** The most that clients of `/probe` can spend with one module per day. */
export interface Exposure {
  readonly module: Module;
  /** True if clients may ask for addresses that are no configured target, each spelling of which is probed on its own. */
  readonly anyAddress: boolean;
  /** The most tokens of one probe, as expected; 0 if the prober does not tell. */
  readonly tokensPerProbe: number;
  /** The bounds of a day. Infinity if nothing bounds them; for dollars also if no model has a price. */
  readonly perDay: Amount;
}

const DAY = 86_400;

/** The parts of the configuration that decide what clients can spend. */
export interface ExposedConfig {
  readonly modules: ReadonlyMap<string, Module>;
  readonly targets: readonly Target[];
  readonly prices: Prices;
  /** False if `/probe` takes configured targets only. */
  readonly probesAny: boolean;
}

/** Returns the exposure of each module whose probes cost money and that clients of `/probe` can make probe. */
export function exposuresOf({ modules, targets, prices, probesAny }: ExposedConfig): readonly Exposure[] {
  return [...modules.values()].flatMap((module) => {
    const own = targets.filter((target) => target.module === module);
    const anyAddress = probesAny && takesAddresses(module);
    if (!module.prober.costly || (!anyAddress && own.length === 0)) return [];
    return exposureOf(module, own, anyAddress, prices);
  });
}

/** Reports whether a module probes addresses that are no configured target. */
const takesAddresses = ({ prober, options, allowedTargets }: Module): boolean =>
  allowedTargets === undefined ? prober.configuredOnly?.(options) !== true : allowedTargets.length > 0;

function exposureOf(
  module: Module,
  targets: readonly Target[],
  anyAddress: boolean,
  prices: Prices,
): Exposure {
  const { prober, options, budgets = [] } = module;
  const ofAddress = prober.expectedSpend?.({ address: "", configured: false }, options);
  const ofTargets = targets.map((target) => ({ target, spend: prober.expectedSpend?.(target, options) }));
  const spends = [...(anyAddress ? [ofAddress] : []), ...ofTargets.map(({ spend }) => spend)];
  const together = anyAddress
    ? spentBy(Number.POSITIVE_INFINITY, ofAddress, undefined, [])
    : ofTargets
        .map(({ target, spend }) =>
          spentBy(
            Math.ceil(DAY / target.minInterval),
            spend,
            priceOf(prices, spend?.requestedModel),
            target.budgets ?? [],
          ),
        )
        .reduce((a, b) => ({ tokens: a.tokens + b.tokens, dollars: a.dollars + b.dollars }));
  const models = spends.map((spend) => spend?.requestedModel);
  const dearest = Math.max(
    0,
    ...[...models, ...[...prices.keys()].filter((name) => anyAddress && prober.allowsModel?.(name, options))]
      .map((model) => priceOf(prices, model))
      .map((price) => (price === undefined ? 0 : perToken(price))),
  );
  const tokens = Math.min(together.tokens, limitPerDay(budgets, "tokens"));
  const dollars = Math.min(
    together.dollars,
    limitPerDay(budgets, "dollars"),
    dearest === 0 ? Number.POSITIVE_INFINITY : tokens * dearest,
  );
  const tokensPerProbe = Math.max(
    0,
    ...spends.map((spend) => (spend === undefined ? 0 : totalTokens(spend.tokens))),
  );
  return { module, anyAddress, tokensPerProbe, perDay: { tokens, dollars } };
}

/** Returns what a number of probes spends per day within its own budgets. */
function spentBy(
  probes: number,
  spend: ExpectedSpend | undefined,
  price: Price | undefined,
  budgets: readonly Budget[],
): Amount {
  const times = (amount: number | undefined): number =>
    amount === undefined || probes === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : probes * amount;
  const cost = spend === undefined || price === undefined ? undefined : dollarsFor(spend.tokens, price);
  return {
    tokens: Math.min(times(spend && totalTokens(spend.tokens)), limitPerDay(budgets, "tokens")),
    dollars: Math.min(times(cost), limitPerDay(budgets, "dollars")),
  };
}

const limitPerDay = (budgets: readonly Budget[], wanted: Budget["unit"]): number =>
  Math.min(
    Number.POSITIVE_INFINITY,
    ...budgets
      .filter(({ unit }) => unit === wanted)
      .map(({ limit, per }) => (per === "hour" ? 24 * limit : limit)),
  );

/** Returns the price of one token of the dearest kind, in dollars. */
const perToken = ({ input, output, cachedInput = 0, reasoning = 0 }: Price): number =>
  Math.max(input, output, cachedInput, reasoning) / 1e6;
