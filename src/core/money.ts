import { matchesPattern } from "./names.ts";

/** What tokens of one model cost, in dollars per million. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Input that a cache knew already; as other input unless given. */
  readonly cachedInput?: number;
  /** As other output unless given. */
  readonly reasoning?: number;
}

/** Prices by the name of a model, or by a pattern in which `*` stands for any text. */
export type Prices = ReadonlyMap<string, Price>;

/** Tokens of one probe. `input` includes what was cached, `output` what was reasoned. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly reasoning?: number;
  readonly cachedInput?: number;
}

/** What a probe used up. */
export interface Spend {
  readonly tokens: Tokens;
  readonly requestedModel?: string;
  readonly responseModel?: string;
}

/** What a probe is expected to use up, before it is sent. */
export interface ExpectedSpend extends Spend {
  /** How many prompts it sends. */
  readonly prompts: number;
}

/** What is counted against budgets. */
export interface Amount {
  readonly tokens: number;
  readonly dollars: number;
}

/** A window of UTC: budgets begin anew with each hour or day. */
export const PERIODS = ["hour", "day"] as const;
export type Period = (typeof PERIODS)[number];

/** How much may be spent in a window. */
export interface Budget {
  readonly unit: keyof Amount;
  readonly limit: number;
  readonly per: Period;
}

/** What is left in the tightest budget of each unit; absent without a budget in it. */
export interface RemainingBudget {
  readonly tokens?: number;
  readonly dollars?: number;
}

/** All that counts against a budget in tokens. */
export const totalTokens = ({ input, output }: Tokens): number => input + output;

/**
 * The price of a model: that of its own name, else that of the name of which it is a dated edition, else that of the
 * pattern with the most letters that matches. A model without a name is met by `*` only.
 */
export function priceOf(prices: Prices, model: string | undefined): Price | undefined {
  if (model === undefined || model === "") return prices.get("*");
  const own = prices.get(model);
  if (own !== undefined) return own;
  const names = [...prices.keys()];
  const edition = names.find((name) => !name.includes("*") && isEdition(name, model));
  const name = edition ?? names.filter((pattern) => matchesPattern(pattern, model)).toSorted(byLetters)[0];
  return name === undefined ? undefined : prices.get(name);
}

const byLetters = (a: string, b: string): number => lettersOf(b) - lettersOf(a);
const lettersOf = (pattern: string): number => pattern.replaceAll("*", "").length;

/** What a probe cost: by the price of the model that answered, else of the one that was asked; `undefined` without either. */
export function dollarsOf(prices: Prices, spent: Spend): number | undefined {
  const answered = spent.responseModel === undefined ? undefined : priceOf(prices, spent.responseModel);
  const price = answered ?? priceOf(prices, spent.requestedModel);
  return price === undefined ? undefined : dollarsFor(spent.tokens, price);
}

/** What tokens cost at a price. An API that counts parts as more than the whole does not make the rest negative. */
export function dollarsFor(tokens: Tokens, price: Price): number {
  const cached = Math.min(tokens.cachedInput ?? 0, tokens.input);
  const reasoned = Math.min(tokens.reasoning ?? 0, tokens.output);
  const millionths =
    (tokens.input - cached) * price.input +
    cached * (price.cachedInput ?? price.input) +
    (tokens.output - reasoned) * price.output +
    reasoned * (price.reasoning ?? price.output);
  return exactly(millionths / 1e6);
}

/** Sums of dollars are kept to the billionth: a budget must not end one prompt late for want of a last bit. */
export const exactly = (dollars: number): number => Math.round(dollars * 1e9) / 1e9;

/** What providers append to a model's name to say which edition of it answered. */
const EDITION = /^[-@:](?:\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{8}|\d{2,4}|latest|preview|v\d+(?:[.:]\d+)*)$/;

/**
 * Whether `responded` is `requested` or a dated edition of it: `gpt-4o` is answered by `gpt-4o-2024-08-06`,
 * `mistral-large-latest` by `mistral-large-2411`, `openai/gpt-4o` by `gpt-4o`. `gpt-4o-mini` is another model.
 */
export function isEdition(requested: string, responded: string): boolean {
  const wanted = bareName(requested);
  const got = bareName(responded);
  if (wanted === got) return true;
  const stem = wanted.replace(/[-:]latest$/, "");
  return got === stem || (got.startsWith(stem) && EDITION.test(got.slice(stem.length)));
}

/** Without the publisher, which gateways add and take away. */
const bareName = (name: string): string => name.slice(name.lastIndexOf("/") + 1).toLowerCase();
