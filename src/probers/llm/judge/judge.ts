import type { CompileContext } from "../../../core/prober.ts";
import { compileRegexp } from "../../regexp.ts";
import type { AnswerContent } from "../answer/answer.ts";
import type { WireFormat } from "../wire/types.ts";
import type { ExpectationName, ExpectOptions } from "./expect-schema.ts";
import { compileExpectations, type Expectation, type ReportExpectation } from "./expectations.ts";
import {
  fill,
  newValues,
  type Placeholder,
  type PromptValues,
  placeholder,
  placeholdersIn,
} from "./prompt.ts";
import { WITH_TOOLS } from "./tools.ts";

/** Judges answers to one question. */
export interface Judge {
  /** What the answer does not meet, in words for people; nothing when it is correct. */
  broken(said: AnswerContent, values: PromptValues): readonly string[];
  /** A call of a tool is an answer, though it says nothing. */
  readonly wantsToolCall: boolean;
}

/** What the expectations are about. */
export interface ExpectationContext {
  readonly prompt: string;
  readonly system?: string;
  readonly format: WireFormat;
  /** Names of the tools that the model is offered; absent where there cannot be any. */
  readonly tools?: ReadonlySet<string>;
  /** Where the expectations stand in the options. */
  readonly path: readonly (string | number)[];
}

/** Compiles the expectations, reporting those that are wrong or can never hold. */
export function compileJudge(
  expect: ExpectOptions,
  subject: ExpectationContext,
  context: CompileContext,
): Judge {
  const complain: ReportExpectation = (name, got, want) =>
    context.problem([...subject.path, name], got, want);
  reportForeign(expect, subject, complain);
  reportUnknownValues(expect, subject, complain);
  const compiled = compileExpectations(expect, complain);
  reportContradictions(expect, compiled, complain);
  const expectations = [
    ...(subject.format.abilities.answer === "vector" ? [soundVector] : []),
    ...compiled.values(),
  ];
  return {
    broken: (said, values) => expectations.flatMap((expectation) => expectation(said, values) ?? []),
    wantsToolCall: expect.tool_call !== undefined,
  };
}

const soundVector: Expectation = ({ vector }) => {
  if (vector?.finite === false) return "not all of the vector is numbers";
  return vector?.norm === 0 ? "a vector of zeros" : undefined;
};

/** What the API cannot answer with. */
function reportForeign(
  expect: ExpectOptions,
  { format, tools }: ExpectationContext,
  complain: ReportExpectation,
): void {
  const { api, abilities } = format;
  const vector = abilities.answer === "vector";
  for (const name of Object.keys(expect) as ExpectationName[]) {
    if (vector !== (name === "dimensions")) {
      const want = vector
        ? `dimensions, as ${api} answers with a vector`
        : `an api that answers with a vector`;
      complain(name, `an expectation of ${vector ? "text" : "a vector"}`, want);
    }
  }
  if (expect.tool_call === undefined || vector) return;
  const { name } = expect.tool_call;
  if (tools === undefined) complain("tool_call", name, WITH_TOOLS);
  else if (!tools.has(name)) complain("tool_call", name, `one of the tools: ${[...tools].join(", ")}`);
}

/** What the prompt has to tell so that an answer can know the value of a placeholder. */
const TOLD_BY: Readonly<Record<Placeholder, readonly Placeholder[]>> = {
  nonce: ["nonce"],
  a: ["a"],
  b: ["b"],
  sum: ["a", "b"],
};

/** An answer cannot repeat a value that the question did not tell. */
function reportUnknownValues(
  expect: ExpectOptions,
  { prompt, system }: ExpectationContext,
  complain: ReportExpectation,
): void {
  const told = placeholdersIn(`${prompt}\n${system ?? ""}`);
  for (const name of Object.keys(expect) as ExpectationName[]) {
    for (const wanted of placeholdersIn(JSON.stringify(expect[name]))) {
      const missing = TOLD_BY[wanted].filter((each) => !told.has(each)).map(placeholder);
      if (missing.length > 0)
        complain(name, placeholder(wanted), `${missing.join(" and ")} in the prompt too`);
    }
  }
}

/** Reports expectations that no answer can meet together, as far as that can be decided. */
export function reportContradictions(
  expect: ExpectOptions,
  compiled: ReadonlyMap<ExpectationName, Expectation>,
  complain: ReportExpectation,
): void {
  reportEquals(expect, compiled, complain);
  reportTooLong(expect, complain);
  reportForbidden(expect, complain);
}

/** Where only one text is right, everything else can be asked about it. */
function reportEquals(
  { equals }: ExpectOptions,
  compiled: ReadonlyMap<ExpectationName, Expectation>,
  complain: ReportExpectation,
): void {
  const values = newValues();
  const only = fill(equals ?? "", values).trim();
  if (only === "") return;
  for (const [name, expectation] of compiled) {
    if (name === "equals" || name === "tool_call") continue;
    const broken = expectation({ output: only, toolCalls: [] }, values);
    if (broken !== undefined) complain(name, broken, "what the text of equals meets");
  }
}

function reportTooLong(
  { word, contains, max_length: longest }: ExpectOptions,
  complain: ReportExpectation,
): void {
  if (longest === undefined) return;
  const values = newValues();
  for (const [name, text] of [["word", word] as const, ["contains", contains] as const]) {
    const length = Array.from(fill(text ?? "", values).trim()).length;
    if (length > longest)
      complain("max_length", String(longest), `at least ${length}, the length of ${name}`);
  }
}

/** What an expression may ask about the text around a match. */
const CONTEXT = /[\^$]|\\[bBAz]/;

/**
 * An expression that matches in a text alone matches in every text with it, unless it asks for what is around. A word
 * may come in any case, so only an expression that ignores case rules it out.
 */
function reportForbidden(expect: ExpectOptions, complain: ReportExpectation): void {
  const { not_matches: forbidden, matches, contains, word } = expect;
  if (forbidden === undefined) return;
  if (forbidden === matches) complain("not_matches", forbidden, "another expression than that of matches");
  if (CONTEXT.test(forbidden)) return;
  const values = newValues();
  const expression = compileRegexp(fill(forbidden, values));
  const rulesOut = (text: string | undefined): boolean =>
    text !== undefined && expression.matches(fill(text, values));
  if (rulesOut(contains)) complain("not_matches", forbidden, "what the text of contains does not match");
  if (forbidden.startsWith("(?i)") && rulesOut(word))
    complain("not_matches", forbidden, "what the word of word does not match");
}
