import { defined } from "./defined.ts";
import { type Seconds, seconds } from "./units.ts";

/** The types of tokens that APIs count; the values of the label `type`. */
export const TOKEN_TYPES = ["input", "output", "reasoning", "cached_input"] as const;
/** One of `TOKEN_TYPES`. */
export type TokenType = (typeof TOKEN_TYPES)[number];

/**
 * Facts about the answer of a model, from one probe. Histograms, history and the command line use facts; samples are made
 * from them and never read back.
 */
export interface AnswerFacts {
  /** The answer for people: one line of bounded length, without secrets. Not kept over a restart. */
  readonly answer?: string;
  /** Time to the first token of any kind, if the answer was streamed. */
  readonly firstToken?: Seconds;
  /** Mean time between tokens. */
  readonly interToken?: Seconds;
  /** Output tokens per second from the first to the last one. */
  readonly tokensPerSecond?: number;
  /** Tokens by type, as the API counted them. */
  readonly tokens?: Readonly<Partial<Record<TokenType, number>>>;
  /** Name of the model that answered, as the API gives it. */
  readonly model?: string;
  /** Name of the deployment, provider or model that served the answer, as a gateway gives it. */
  readonly servedBy?: string;
}

/** Reads facts from a value of unknown origin, such as a store or a plugin. Fields of a wrong type are dropped. */
export function readAnswerFacts(value: unknown): AnswerFacts | undefined {
  if (!isFields(value)) return undefined;
  const { answer, firstToken, interToken, tokensPerSecond, tokens, model, servedBy } = value;
  return defined({
    answer: typeof answer === "string" ? answer : undefined,
    firstToken: lengthOf(firstToken),
    interToken: lengthOf(interToken),
    tokensPerSecond: isAmount(tokensPerSecond) ? tokensPerSecond : undefined,
    tokens: isFields(tokens) ? countsOf(tokens) : undefined,
    model: typeof model === "string" ? model : undefined,
    servedBy: typeof servedBy === "string" ? servedBy : undefined,
  });
}

const countsOf = (tokens: Readonly<Record<string, unknown>>): AnswerFacts["tokens"] =>
  Object.fromEntries(TOKEN_TYPES.map((type) => [type, tokens[type]]).filter(([, count]) => isAmount(count)));

const lengthOf = (value: unknown): Seconds | undefined => (isAmount(value) ? seconds(value) : undefined);

const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
