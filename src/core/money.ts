import { matchesPattern } from "./names.ts";

/** Prices of one model, in dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Price of cached input; that of other input by default. */
  readonly cachedInput?: number;
  /** Price of reasoning; that of other output by default. */
  readonly reasoning?: number;
}

/** Prices by model name, or by pattern, in which `*` matches any text. */
export type Prices = ReadonlyMap<string, Price>;

/** Tokens of one probe. `input` includes cached input, `output` includes reasoning. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly reasoning?: number;
  readonly cachedInput?: number;
}

/** Consumption of a probe. */
export interface Spend {
  readonly tokens: Tokens;
  readonly requestedModel?: string;
  readonly responseModel?: string;
}

/** Expected consumption of a probe, before it is sent. */
export interface ExpectedSpend extends Spend {
  /** Number of prompts it sends. */
  readonly prompts: number;
}

/** Amounts that count against budgets. */
export interface Amount {
  readonly tokens: number;
  readonly dollars: number;
}

/** Periods of budgets. A budget is reset at the start of each hour or day in UTC. */
export const PERIODS = ["hour", "day"] as const;
/** One of `PERIODS`. */
export type Period = (typeof PERIODS)[number];

/** A limit on spending per period. */
export interface Budget {
  readonly unit: keyof Amount;
  readonly limit: number;
  readonly per: Period;
}

/** Remainder of the tightest budget in each unit; absent without a budget in that unit. */
export interface RemainingBudget {
  readonly tokens?: number;
  readonly dollars?: number;
}

/** Returns the tokens that count against a budget. */
export const totalTokens = ({ input, output }: Tokens): number => input + output;

/**
 * Returns the price of a model: that of its own name, else that of the name of which it is a dated edition, else that of
 * the longest pattern that matches, not counting its stars. Only `*` matches a model without a name.
 */
export function priceOf(prices: Prices, model: string | undefined): Price | undefined {
  if (model === undefined || model === "") return prices.get("*");
  const own = prices.get(model);
  if (own !== undefined) return own;
  const names = [...prices.keys()];
  const edition = names.find((name) => !name.includes("*") && isEdition(name, model));
  const name = edition ?? names.filter((pattern) => matchesPattern(pattern, model)).toSorted(longestFirst)[0];
  return name === undefined ? undefined : prices.get(name);
}

const longestFirst = (a: string, b: string): number => lengthOf(b) - lengthOf(a);
const lengthOf = (pattern: string): number => pattern.replaceAll("*", "").length;

/** Returns the cost of a probe at the price of the model that answered, else of the requested one; `undefined` without a price. */
export function dollarsOf(prices: Prices, spent: Spend): number | undefined {
  const ownPrice = spent.responseModel === undefined ? undefined : priceOf(prices, spent.responseModel);
  const price = ownPrice ?? priceOf(prices, spent.requestedModel);
  return price === undefined ? undefined : dollarsFor(spent.tokens, price);
}

/** Returns the cost of tokens at a price. The rest is never negative, even if an API counts more parts than the whole. */
export function dollarsFor(tokens: Tokens, price: Price): number {
  const cached = Math.min(tokens.cachedInput ?? 0, tokens.input);
  const reasoned = Math.min(tokens.reasoning ?? 0, tokens.output);
  const millionths =
    (tokens.input - cached) * price.input +
    cached * (price.cachedInput ?? price.input) +
    (tokens.output - reasoned) * price.output +
    reasoned * (price.reasoning ?? price.output);
  return roundDollars(millionths / 1e6);
}

/** Rounds dollars to the billionth, so that errors in the last bit do not let a budget end one prompt late. */
export const roundDollars = (dollars: number): number => Math.round(dollars * 1e9) / 1e9;

/** The suffixes by which providers name an edition of a model. */
const EDITION = /^[-@:](?:\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{8}|\d{2,4}|latest|preview|v\d+(?:[.:]\d+)*)$/;

/**
 * Reports whether `responded` is `requested` or a dated edition of it: `gpt-4o-2024-08-06` is an edition of `gpt-4o`,
 * `mistral-large-2411` of `mistral-large-latest`, `gpt-4o` of `openai/gpt-4o`. `gpt-4o-mini` is another model.
 */
export function isEdition(requested: string, responded: string): boolean {
  const wanted = bareName(requested);
  const got = bareName(responded);
  if (wanted === got) return true;
  const stem = wanted.replace(/[-:]latest$/, "");
  return got === stem || (got.startsWith(stem) && EDITION.test(got.slice(stem.length)));
}

/** Removes the publisher, which some gateways add and others remove. */
const bareName = (name: string): string => name.slice(name.lastIndexOf("/") + 1).toLowerCase();
