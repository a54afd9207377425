import { defined } from "../../core/defined.ts";
import { excerpt } from "../../core/excerpt.ts";
import type { AnswerFacts, TokenType } from "../../core/facts.ts";
import { exactly, timeBetween } from "../../core/precision.ts";
import { shownAnswer, tokenSpeed } from "./answer/answer.ts";
import type { Observations } from "./verdict.ts";
import type { Usage } from "./wire/types.ts";

/** Longest model name that is kept, in characters: some servers use the path of a file. */
export const LONGEST_MODEL_NAME = 100;

/**
 * Returns the facts of one probe; what is not known is absent.
 * @param all the observations of each question, whose tokens are added up
 * @param timed those of the first question, whose times count
 * @param decided those of the last question, whose answer counts
 */
export function factsOf(
  all: readonly Observations[],
  timed: Observations,
  decided: Observations,
): AnswerFacts {
  const { first } = timed.answer.times;
  const speed = tokenSpeed(timed.answer);
  const answer = shownAnswer(decided.answer, decided.secrets);
  const { model } = decided.answer;
  const { servedBy, secrets } = decided;
  return defined({
    answer: answer === "" ? undefined : answer,
    firstToken: first === undefined ? undefined : timeBetween(exactly(timed.exchange.start), first),
    interToken: speed.interTokenLatency,
    tokensPerSecond: speed.tokensPerSecond,
    tokens: sumOf(all.map((one) => one.answer.usage)),
    model: model === undefined ? undefined : excerpt(model, secrets, LONGEST_MODEL_NAME),
    servedBy: servedBy === undefined ? undefined : excerpt(servedBy, secrets, LONGEST_MODEL_NAME),
  });
}

/** Adds up what the API counted; `undefined` if it counted nothing. */
function sumOf(usages: readonly Usage[]): AnswerFacts["tokens"] {
  const sums: Partial<Record<TokenType, number>> = {};
  for (const usage of usages) {
    for (const [type, count] of Object.entries(usage) as [TokenType, number][])
      sums[type] = (sums[type] ?? 0) + count;
  }
  return Object.keys(sums).length === 0 ? undefined : sums;
}
