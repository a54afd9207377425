import { defined } from "../../core/defined.ts";
import type { ExpectedSpend, Spend, Tokens } from "../../core/money.ts";
import type { ProbeTarget } from "../../core/prober.ts";
import type { QuestionContext, QuestionResult } from "./ask.ts";
import type { LlmModule } from "./options.ts";
import type { Question } from "./questions.ts";
import { requestedModel } from "./request.ts";
import type { Observations } from "./verdict.ts";

/** OpenAI's rule of thumb for English. https://help.openai.com/en/articles/4936856 */
const CHARACTERS_PER_TOKEN = 4;

const NOTHING: Tokens = { input: 0, output: 0 };

/** What the questions of a probe used up together. */
export function spentOn(asked: readonly QuestionResult[], { target, module }: QuestionContext): Spend {
  const responded = asked.map(({ evidence }) => evidence.answer.model).find((model) => model !== undefined);
  return {
    tokens: asked.map((one) => tokensOf(one, module)).reduce(sum, NOTHING),
    ...named("requestedModel", requestedModel(target, module)),
    ...named("responseModel", responded),
  };
}

/** What a probe may use up at the most: its prompts, by their length, and answers as long as they may get. */
export function expectedSpend(target: ProbeTarget, module: LlmModule): ExpectedSpend {
  const { first, further } = module.questions;
  const all = [first, ...further];
  const output = module.format.abilities.answer === "vector" ? 0 : module.maxTokens;
  const total = all.map((question) => ({ input: inputOf(question, module), output })).reduce(sum, NOTHING);
  // In a rotation each probe asks one of them.
  const share = module.asksAll ? 1 : all.length;
  const tokens = { input: Math.ceil(total.input / share), output: Math.ceil(total.output / share) };
  const prompts = all.length / share;
  return { tokens, prompts, ...named("requestedModel", requestedModel(target, module)) };
}

/**
 * As the API counted them. Where it did not, because it never does or because the answer was cut off, what was sent and
 * received is estimated: a budget that only counts what is reported would not hold for who reports nothing.
 */
function tokensOf({ question, evidence }: QuestionResult, module: LlmModule): Tokens {
  if (!mayCost(evidence)) return NOTHING;
  const { usage, output, times, vector } = evidence.answer;
  const received = Math.max(times.count, Math.ceil(output.length / CHARACTERS_PER_TOKEN));
  return {
    input: usage.input ?? inputOf(question, module),
    output: usage.output ?? (vector === undefined ? received : 0),
    ...defined({ reasoning: usage.reasoning, cachedInput: usage.cached_input }),
  };
}

/** A request that was refused, or never sent, costs nothing; one that was sent and got no answer in time may. */
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

const named = <Name extends string>(
  name: Name,
  value: string | undefined,
): { readonly [N in Name]?: string } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]?: string });
