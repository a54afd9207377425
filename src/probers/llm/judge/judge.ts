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

/** Judges the answers to one question. */
export interface Judge {
  /** Returns what is wrong with an answer, for people; nothing if it is correct. */
  violations(answer: AnswerContent, values: PromptValues): readonly string[];
  /** True if a tool call alone, without any text, is an answer. */
  readonly wantsToolCall: boolean;
}

/** The question that expectations belong to. */
export interface ExpectationContext {
  readonly prompt: string;
  readonly system?: string;
  readonly format: WireFormat;
  /** Names of the tools that the model is offered; absent if the API has no tools. */
  readonly tools?: ReadonlySet<string>;
  /** Path of the expectations in the options. */
  readonly path: readonly (string | number)[];
}

/** Compiles the expectations and reports those that are invalid or can never be met. */
export function compileJudge(
  expect: ExpectOptions,
  question: ExpectationContext,
  context: CompileContext,
): Judge {
  const report: ReportExpectation = (name, got, want) => context.problem([...question.path, name], got, want);
  reportUnsupported(expect, question, report);
  reportUnknownValues(expect, question, report);
  const compiled = compileExpectations(expect, report);
  reportContradictions(expect, compiled, report);
  const expectations = [
    ...(question.format.abilities.answer === "vector" ? [usableVector] : []),
    ...compiled.values(),
  ];
  return {
    violations: (answer, values) => expectations.flatMap((expectation) => expectation(answer, values) ?? []),
    wantsToolCall: expect.tool_call !== undefined,
  };
}

const usableVector: Expectation = ({ vector }) => {
  if (vector?.finite === false) return "the vector has elements that are not numbers";
  return vector?.norm === 0 ? "the vector is all zeros" : undefined;
};

/** Reports expectations that the API's answers cannot meet. */
function reportUnsupported(
  expect: ExpectOptions,
  { format, tools }: ExpectationContext,
  report: ReportExpectation,
): void {
  const { api, abilities } = format;
  const vector = abilities.answer === "vector";
  for (const name of Object.keys(expect) as ExpectationName[]) {
    if (vector !== (name === "dimensions")) {
      const want = vector
        ? `dimensions, as ${api} answers with a vector`
        : `an api that answers with a vector`;
      report(name, `an expectation about ${vector ? "text" : "a vector"}`, want);
    }
  }
  if (expect.tool_call === undefined || vector) return;
  const { name } = expect.tool_call;
  if (tools === undefined) report("tool_call", name, WITH_TOOLS);
  else if (!tools.has(name)) report("tool_call", name, `one of the tools: ${[...tools].join(", ")}`);
}

/** Placeholders that the prompt must contain so that a model can know the value of the key. */
const KNOWN_FROM: Readonly<Record<Placeholder, readonly Placeholder[]>> = {
  nonce: ["nonce"],
  a: ["a"],
  b: ["b"],
  sum: ["a", "b"],
};

/** Reports expectations with a random value that the prompt does not tell the model. */
function reportUnknownValues(
  expect: ExpectOptions,
  { prompt, system }: ExpectationContext,
  report: ReportExpectation,
): void {
  const inPrompt = placeholdersIn(`${prompt}\n${system ?? ""}`);
  for (const name of Object.keys(expect) as ExpectationName[]) {
    for (const used of placeholdersIn(JSON.stringify(expect[name]))) {
      const missing = KNOWN_FROM[used].filter((each) => !inPrompt.has(each)).map(placeholder);
      if (missing.length > 0) report(name, placeholder(used), `${missing.join(" and ")} in the prompt too`);
    }
  }
}

/** Reports expectations that no answer can meet at the same time, as far as that can be decided. */
function reportContradictions(
  expect: ExpectOptions,
  compiled: ReadonlyMap<ExpectationName, Expectation>,
  report: ReportExpectation,
): void {
  reportEquals(expect, compiled, report);
  reportTooLong(expect, report);
  reportForbidden(expect, report);
}

/** Reports expectations that the text of `equals`, the only correct answer, does not meet. */
function reportEquals(
  { equals }: ExpectOptions,
  compiled: ReadonlyMap<ExpectationName, Expectation>,
  report: ReportExpectation,
): void {
  const values = newValues();
  const only = fill(equals ?? "", values).trim();
  if (only === "") return;
  for (const [name, expectation] of compiled) {
    if (name === "equals" || name === "tool_call") continue;
    const violation = expectation({ output: only, toolCalls: [] }, values);
    if (violation !== undefined) report(name, violation, "an expectation that the text of equals meets");
  }
}

function reportTooLong(
  { word, contains, max_length: longest }: ExpectOptions,
  report: ReportExpectation,
): void {
  if (longest === undefined) return;
  const values = newValues();
  for (const [name, text] of [["word", word] as const, ["contains", contains] as const]) {
    const length = Array.from(fill(text ?? "", values).trim()).length;
    if (length > longest) report("max_length", String(longest), `at least ${length}, the length of ${name}`);
  }
}

/** Matches assertions about the text around a match. */
const ASSERTION = /[\^$]|\\[bBAz]/;

/**
 * Reports a forbidden expression that matches a required text. An expression that matches a text by itself also matches
 * every longer text with it, unless it has assertions. A word is accepted in any case, so that only an expression that
 * ignores case rules it out.
 */
function reportForbidden(expect: ExpectOptions, report: ReportExpectation): void {
  const { not_matches: forbidden, matches, contains, word } = expect;
  if (forbidden === undefined) return;
  if (forbidden === matches) report("not_matches", forbidden, "an expression other than that of matches");
  if (ASSERTION.test(forbidden)) return;
  const values = newValues();
  const expression = compileRegexp(fill(forbidden, values));
  const rulesOut = (text: string | undefined): boolean =>
    text !== undefined && expression.matches(fill(text, values));
  if (rulesOut(contains))
    report("not_matches", forbidden, "an expression that does not match the text of contains");
  if (forbidden.startsWith("(?i)") && rulesOut(word))
    report("not_matches", forbidden, "an expression that does not match the word of word");
}
