import { defined } from "../../core/defined.ts";
import type { CompileContext, ProbeTarget } from "../../core/prober.ts";
import type { ExpectOptions } from "./judge/expect-schema.ts";
import { compileJudge, type Judge } from "./judge/judge.ts";
import { DEFAULT_PROMPT, placeholder, placeholdersIn } from "./judge/prompt.ts";
import { compileTools } from "./judge/tools.ts";
import type { LlmOptions } from "./schema.ts";
import type { Tool, WireFormat } from "./wire/types.ts";

/** A prompt, and the judge of its answer. */
export interface Question {
  readonly prompt: string;
  readonly system?: string;
  readonly judge: Judge;
}

/** The questions of a module, at least one, and the tools that are offered with each. */
export interface Questions {
  readonly first: Question;
  readonly further: readonly Question[];
  readonly tools: readonly Tool[];
}

/** A question as configured, with its path in the options. */
interface RawQuestion {
  readonly prompt: string;
  readonly system?: string | undefined;
  readonly expect: ExpectOptions;
  readonly path: readonly (string | number)[];
}

/** Compiles the prompt of a module, or its set of prompts. */
export function compileQuestions(
  options: LlmOptions,
  format: WireFormat,
  context: CompileContext,
): Questions {
  const [first, ...further] = rawQuestions(options, format, context);
  const all = [first, ...further];
  if (!format.abilities.system && all.some(({ system }) => system !== undefined)) {
    context.problem(
      ["system"],
      `a system message with ${format.api}`,
      "none, or an api with system messages",
    );
  }
  const tools = compileTools(
    options,
    all.map(({ expect }) => expect),
    format,
    context,
  );
  const offered = format.abilities.tools(options) ? { tools: new Set(tools.map(({ name }) => name)) } : {};
  const compile = ({ prompt, system, expect, path }: RawQuestion): Question => {
    if (placeholdersIn(`${prompt}\n${system ?? ""}`).has("sum")) {
      context.problem([...path, "prompt"], placeholder("sum"), "a prompt that does not contain the answer");
    }
    const texts = { prompt, ...defined({ system }) };
    const question = { ...texts, ...offered, format, path: [...path, "expect"] };
    return { ...texts, judge: compileJudge(expect, question, context) };
  };
  return { first: compile(first), further: further.map(compile), tools };
}

/** Returns the configured questions; the schema guarantees that a set of prompts is not empty. */
function rawQuestions(
  options: LlmOptions,
  format: WireFormat,
  context: CompileContext,
): readonly [RawQuestion, ...RawQuestion[]] {
  const { prompts, system } = options;
  if (prompts === undefined && options.prompts_mode !== undefined) {
    context.problem(["prompts_mode"], options.prompts_mode, "prompts, to which it applies");
  }
  const [first, ...further] = prompts ?? [];
  if (first === undefined) {
    const prompt = options.prompt ?? DEFAULT_PROMPT;
    return [{ prompt, system, expect: options.expect ?? defaultExpect(prompt, format), path: [] }];
  }
  for (const name of ["prompt", "expect"] as const) {
    if (options[name] !== undefined) context.problem([name], `${name} and prompts`, "at most one of them");
  }
  const raw = (each: NonNullable<LlmOptions["prompts"]>[number], i: number): RawQuestion => ({
    prompt: each.prompt,
    system: each.system ?? system,
    expect: each.expect ?? defaultExpect(each.prompt, format),
    path: ["prompts", i],
  });
  return [raw(first, 0), ...further.map((each, i) => raw(each, i + 1))];
}

const defaultExpect = (prompt: string, { abilities }: WireFormat): ExpectOptions =>
  prompt === DEFAULT_PROMPT && abilities.answer === "text" ? { word: "HEALTHY" } : {};

/** The questions of one probe: the first, and those that are asked after it until one fails. */
export interface ProbeQuestions {
  readonly first: Question;
  readonly further: readonly Question[];
}

/** Returns the questions of the next probe of a target. */
export type PromptRotation = (target: ProbeTarget) => ProbeQuestions;

/** Targets whose position is remembered. `/probe` can ask for any number of addresses, so the oldest are evicted. */
const MOST_TARGETS = 10_000;

/** Compiles a rotation with a position for each target, so that targets of one module do not affect each other. */
export function compileRotation(questions: Questions, mode: "rotate" | "all"): PromptRotation {
  if (mode === "all" || questions.further.length === 0) return () => questions;
  const all = [questions.first, ...questions.further];
  const positions = new Map<string, number>();
  return ({ address, model, hostname }) => {
    const target = JSON.stringify([address, model, hostname]);
    const position = positions.get(target) ?? 0;
    if (positions.size >= MOST_TARGETS && !positions.has(target)) {
      for (const oldest of positions.keys()) {
        positions.delete(oldest);
        break;
      }
    }
    positions.set(target, (position + 1) % all.length);
    return { first: all[position] ?? questions.first, further: [] };
  };
}
