import { compileRegexp, type Regexp } from "../../regexp.ts";
import { type AnswerContent, argumentsOf } from "../answer/answer.ts";
import { parseJson } from "../wire/json.ts";
import type { ExpectationName, ExpectOptions } from "./expect-schema.ts";
import { compileSchema } from "./json-schema.ts";
import { fill, newValues, type PromptValues, placeholder, placeholdersIn } from "./prompt.ts";
import { containsWord, isWord, lastNumberIn } from "./words.ts";

/** Checks one property of an answer. Returns what is wrong, or `undefined` if the expectation is met. */
export type Expectation = (answer: AnswerContent, values: PromptValues) => string | undefined;

/** Reports a problem of one expectation. */
export type ReportExpectation = (name: ExpectationName, got: string, want: string) => void;

/** Compiles one kind of expectation. Reports an invalid one and returns `undefined`. */
type Compile<Name extends ExpectationName> = (
  option: NonNullable<ExpectOptions[Name]>,
  report: ReportExpectation,
) => Expectation | undefined;

const COMPILERS: { readonly [Name in ExpectationName]: Compile<Name> } = {
  word: wordOf,
  equals: equalsOf,
  contains: containsOf,
  matches: (source) => matchesOf(source, true),
  not_matches: (source) => matchesOf(source, false),
  number: numberOf,
  max_length: maxLengthOf,
  json_schema: jsonSchemaOf,
  tool_call: toolCallOf,
  dimensions: dimensionsOf,
};

/** Compiles the expectations, in the order of the schema. */
export function compileExpectations(
  expect: ExpectOptions,
  report: ReportExpectation,
): ReadonlyMap<ExpectationName, Expectation> {
  const compiled = new Map<ExpectationName, Expectation>();
  for (const name of Object.keys(COMPILERS) as ExpectationName[]) {
    const expectation = compileOne(name, expect, report);
    if (expectation !== undefined) compiled.set(name, expectation);
  }
  return compiled;
}

function compileOne<Name extends ExpectationName>(
  name: Name,
  expect: { readonly [Each in Name]?: ExpectOptions[Each] },
  report: ReportExpectation,
): Expectation | undefined {
  const option = expect[name];
  return option === undefined ? undefined : COMPILERS[name](option, report);
}

function wordOf(word: string, report: ReportExpectation): Expectation | undefined {
  if (!isWord(fill(word, newValues()))) {
    report("word", JSON.stringify(word), "one word, of letters and digits (see contains for text)");
    return undefined;
  }
  return ({ output }, values) => {
    const expected = fill(word, values);
    return containsWord(output, expected) ? undefined : `the word ${expected} is missing`;
  };
}

function equalsOf(text: string, report: ReportExpectation): Expectation | undefined {
  if (text.trim() === "") {
    report("equals", JSON.stringify(text), "some text, as an empty answer always fails");
    return undefined;
  }
  return ({ output }, values) => {
    const expected = fill(text, values).trim();
    return output.trim() === expected ? undefined : `not equal to ${JSON.stringify(expected)}`;
  };
}

function containsOf(text: string, report: ReportExpectation): Expectation | undefined {
  if (text === "") {
    report("contains", '""', "some text");
    return undefined;
  }
  return ({ output }, values) => {
    const expected = fill(text, values);
    return output.includes(expected) ? undefined : `does not contain ${JSON.stringify(expected)}`;
  };
}

/** Compiles an expression, which the schema has checked, once unless it has placeholders. */
function matchesOf(source: string, expected: boolean): Expectation {
  const constant = placeholdersIn(source).size > 0 ? undefined : compileRegexp(source);
  return ({ output }, values) => {
    const expression: Regexp = constant ?? compileRegexp(fill(source, values));
    if (expression.matches(output) === expected) return undefined;
    return `${expected ? "does not match" : "matches"} ${expression.source}`;
  };
}

function numberOf(
  { value, tolerance = 0 }: NonNullable<ExpectOptions["number"]>,
  report: ReportExpectation,
): Expectation | undefined {
  if (typeof value === "string" && value !== placeholder("sum")) {
    report("number", JSON.stringify(value), `a number, or ${placeholder("sum")}`);
    return undefined;
  }
  return ({ output }, values) => {
    const expected = typeof value === "string" ? Number(fill(value, values)) : value;
    const got = lastNumberIn(output);
    if (got === undefined) return `no number, want ${expected}`;
    // The epsilon keeps a number that is off by exactly the tolerance within it, despite binary fractions.
    if (Math.abs(got - expected) <= tolerance + Number.EPSILON * Math.abs(expected)) return undefined;
    return `the number ${got} is not ${expected}${tolerance === 0 ? "" : ` ± ${tolerance}`}`;
  };
}

function maxLengthOf(longest: number): Expectation {
  return ({ output }) => {
    let length = 0;
    for (const _ of output.trim()) if (++length > longest) return `longer than ${longest} characters`;
    return undefined;
  };
}

function jsonSchemaOf(schema: object, report: ReportExpectation): Expectation | undefined {
  const validate = compileSchema(schema);
  if (typeof validate === "string") {
    report("json_schema", validate, "a JSON Schema");
    return undefined;
  }
  return ({ output }, values) => {
    const parsed = parseJson(unfenced(output));
    return parsed.ok ? validate(parsed.value, values) : "not JSON";
  };
}

/** Removes a Markdown fence, which models put around JSON even when told not to. */
function unfenced(answer: string): string {
  const text = answer.trim();
  if (!text.startsWith("```") || !text.endsWith("```")) return text;
  return text.slice(text.indexOf("\n") + 1, -3);
}

/** Expects at least one valid call of the tool. If there is none, the first call of that name is reported. */
function toolCallOf(
  expected: NonNullable<ExpectOptions["tool_call"]>,
  report: ReportExpectation,
): Expectation | undefined {
  const validate = compileSchema(expected.arguments ?? {});
  if (typeof validate === "string") {
    report("tool_call", validate, "a JSON Schema of the arguments");
    return undefined;
  }
  return ({ toolCalls }, values) => {
    const violations = toolCalls
      .filter(({ name }) => name === expected.name)
      .map((call) => {
        const parsed = argumentsOf(call);
        return parsed.ok ? validate(parsed.value, values) : "arguments that are not JSON";
      });
    if (violations.includes(undefined)) return undefined;
    return violations[0] === undefined
      ? `the tool ${expected.name} was not called`
      : `call of ${expected.name}: ${violations[0]}`;
  };
}

function dimensionsOf(expected: number): Expectation {
  return ({ vector }) =>
    vector?.dimensions === expected
      ? undefined
      : `${vector?.dimensions ?? 0} dimensions instead of ${expected}`;
}
