import type { CompileContext, ProbeTarget } from "../../core/prober.ts";
import type { ExpectOptions } from "./judge/expect-schema.ts";
import { compileJudge, type Judge } from "./judge/judge.ts";
import { DEFAULT_PROMPT, placeholder, placeholdersIn } from "./judge/prompt.ts";
import { compileTools } from "./judge/tools.ts";
import type { LlmOptions } from "./schema.ts";
import type { Tool, WireFormat } from "./wire/types.ts";

/** What is put to the model, and what its answer must be. */
export interface Question {
  readonly prompt: string;
  readonly system?: string;
  readonly judge: Judge;
}

/** The questions of a module, at least one, and the tools that go with each. */
export interface Questions {
  readonly first: Question;
  readonly further: readonly Question[];
  readonly tools: readonly Tool[];
}

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
  const [first, ...further] = writtenIn(options, format, context);
  const written = [first, ...further];
  if (!format.abilities.system && written.some(({ system }) => system !== undefined)) {
    context.problem(["system"], `a system message with ${format.api}`, "none, or an api that has one");
  }
  const tools = compileTools(
    options,
    written.map(({ expect }) => expect),
    format,
    context,
  );
  const offered = format.abilities.tools(options) ? { tools: new Set(tools.map(({ name }) => name)) } : {};
  const compile = ({ prompt, system, expect, path }: RawQuestion): Question => {
    if (placeholdersIn(`${prompt}\n${system ?? ""}`).has("sum")) {
      context.problem([...path, "prompt"], placeholder("sum"), "a prompt that does not tell the answer");
    }
    const told = system === undefined ? { prompt } : { prompt, system };
    const subject = { ...told, ...offered, format, path: [...path, "expect"] };
    return { ...told, judge: compileJudge(expect, subject, context) };
  };
  return { first: compile(first), further: further.map(compile), tools };
}

/** Schema validation has refused an empty set. */
function writtenIn(
  options: LlmOptions,
  format: WireFormat,
  context: CompileContext,
): readonly [RawQuestion, ...RawQuestion[]] {
  const { prompts, system } = options;
  if (prompts === undefined && options.prompts_mode !== undefined) {
    context.problem(["prompts_mode"], options.prompts_mode, "prompts, which it is about");
  }
  const [first, ...further] = prompts ?? [];
  if (first === undefined) {
    const prompt = options.prompt ?? DEFAULT_PROMPT;
    return [{ prompt, system, expect: options.expect ?? defaultExpect(prompt, format), path: [] }];
  }
  for (const name of ["prompt", "expect"] as const) {
    if (options[name] !== undefined) context.problem([name], `${name} and prompts`, "at most one of them");
  }
  const written = (each: NonNullable<LlmOptions["prompts"]>[number], i: number): RawQuestion => ({
    prompt: each.prompt,
    system: each.system ?? system,
    expect: each.expect ?? defaultExpect(each.prompt, format),
    path: ["prompts", i],
  });
  return [written(first, 0), ...further.map((each, i) => written(each, i + 1))];
}

const defaultExpect = (prompt: string, { abilities }: WireFormat): ExpectOptions =>
  prompt === DEFAULT_PROMPT && abilities.answer === "text" ? { word: "HEALTHY" } : {};

/** The questions of one probe: the first, and what is asked after it if all goes well. */
export interface ProbeQuestions {
  readonly first: Question;
  readonly further: readonly Question[];
}

/** Says what the next probe of a target asks. */
export type PromptRotation = (target: ProbeTarget) => ProbeQuestions;

/** Anybody can have addresses probed that nobody configured; the oldest are forgotten beyond this many. */
const MOST_TARGETS = 10_000;

/** Gives each target its own rotation, so that targets of one module do not take each other's turns. */
export function compileRotation(questions: Questions, mode: "rotate" | "all"): PromptRotation {
  if (mode === "all" || questions.further.length === 0) return () => questions;
  const all = [questions.first, ...questions.further];
  const asked = new Map<string, number>();
  return ({ address, model, hostname }) => {
    const target = JSON.stringify([address, model, hostname]);
    const count = asked.get(target) ?? 0;
    if (asked.size >= MOST_TARGETS && !asked.has(target)) {
      for (const oldest of asked.keys()) {
        asked.delete(oldest);
        break;
      }
    }
    asked.set(target, (count + 1) % all.length);
    return { first: all[count] ?? questions.first, further: [] };
  };
}
