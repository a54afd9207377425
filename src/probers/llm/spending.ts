import { defined } from "../../core/defined.ts";
import type { ExpectedSpend, Spend, Tokens } from "../../core/money.ts";
import type { ProbeTarget } from "../../core/prober.ts";
import type { QuestionContext, QuestionResult } from "./ask.ts";
import type { LlmModule } from "./options.ts";
import type { Question } from "./questions.ts";
import { requestedModel } from "./request.ts";
import { tokensReceived } from "./token-limit.ts";
import type { Observations } from "./verdict.ts";

/** Rule of thumb for English text. https://help.openai.com/en/articles/4936856 */
const CHARACTERS_PER_TOKEN = 4;

const NO_TOKENS: Tokens = { input: 0, output: 0 };

/** Returns the tokens that the questions of a probe used. */
export function spentOn(results: readonly QuestionResult[], { target, module }: QuestionContext): Spend {
  const responseModel = results
    .map(({ evidence }) => evidence.answer.model)
    .find((model) => model !== undefined);
  return {
    tokens: results.map((result) => tokensOf(result, module)).reduce(sum, NO_TOKENS),
    ...defined({ requestedModel: requestedModel(target, module), responseModel }),
  };
}

/** Returns the most tokens that a probe may use: its prompts, by their length, and answers of maximum length. */
export function expectedSpend(target: ProbeTarget, module: LlmModule): ExpectedSpend {
  const { first, further } = module.questions;
  const all = [first, ...further];
  const output = module.format.abilities.answer === "vector" ? 0 : module.maxTokens;
  const total = all.map((question) => ({ input: inputOf(question, module), output })).reduce(sum, NO_TOKENS);
  // In a rotation, each probe asks only one of the prompts.
  const share = module.asksAll ? 1 : all.length;
  const tokens = { input: Math.ceil(total.input / share), output: Math.ceil(total.output / share) };
  const prompts = all.length / share;
  return { tokens, prompts, ...defined({ requestedModel: requestedModel(target, module) }) };
}

/**
 * Returns the tokens that the API counted. Estimates them if it reports none, or if the answer was cut off; otherwise a
 * silent API would never exhaust its budget.
 */
function tokensOf({ question, evidence }: QuestionResult, module: LlmModule): Tokens {
  if (!mayCost(evidence)) return NO_TOKENS;
  const { usage, times, vector } = evidence.answer;
  // An answer that was left may have been counted at its beginning only.
  const counted = evidence.limitIgnored ? tokensReceived(evidence.answer) : usage.output;
  const received = Math.max(times.count, tokensReceived(evidence.answer));
  return {
    input: usage.input ?? inputOf(question, module),
    output: counted ?? (vector === undefined ? received : 0),
    ...defined({ reasoning: usage.reasoning, cachedInput: usage.cached_input }),
  };
}

/** Returns false for a request that was refused or never sent. One that was sent may cost even if no answer came in time. */
function mayCost({ status, exchange }: Observations): boolean {
  return status === undefined ? exchange.progress === "waiting" : status >= 200 && status < 300;
}

function inputOf({ prompt, system = "" }: Question, { questions }: LlmModule): number {
  const tools = questions.tools.length === 0 ? "" : JSON.stringify(questions.tools);
  return Math.ceil((prompt.length + system.length + tools.length) / CHARACTERS_PER_TOKEN);
}

const sum = (a: Tokens, b: Tokens): Tokens => ({
  input: a.input + b.input,
  output: a.output + b.output,
  reasoning: (a.reasoning ?? 0) + (b.reasoning ?? 0),
  cachedInput: (a.cachedInput ?? 0) + (b.cachedInput ?? 0),
});
