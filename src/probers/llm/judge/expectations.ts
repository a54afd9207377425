import { compileRegexp, type Regexp } from "../../regexp.ts";
import { type AnswerContent, argumentsOf } from "../answer/answer.ts";
import { parseJson } from "../wire/json.ts";
import type { ExpectationName, ExpectOptions } from "./expect-schema.ts";
import { compileSchema } from "./json-schema.ts";
import { fill, newValues, type PromptValues, placeholder, placeholdersIn } from "./prompt.ts";
import { containsWord, isWord, lastNumberIn } from "./words.ts";

/** One thing that an answer must be; the result says what it is not, `undefined` means that it holds. */
export type Expectation = (said: AnswerContent, values: PromptValues) => string | undefined;

/** Reports that one of the expectations is wrong. */
export type ReportExpectation = (name: ExpectationName, got: string, want: string) => void;

/** Compiles one kind of expectation; `undefined` when it is wrong, which is then reported. */
type Compile<Name extends ExpectationName> = (
  option: NonNullable<ExpectOptions[Name]>,
  complain: ReportExpectation,
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

/** Compiles what is asked for, in the order of the schema. */
export function compileExpectations(
  expect: ExpectOptions,
  complain: ReportExpectation,
): ReadonlyMap<ExpectationName, Expectation> {
  const found = new Map<ExpectationName, Expectation>();
  for (const name of Object.keys(COMPILERS) as ExpectationName[]) {
    const expectation = compileOne(name, expect, complain);
    if (expectation !== undefined) found.set(name, expectation);
  }
  return found;
}

function compileOne<Name extends ExpectationName>(
  name: Name,
  expect: { readonly [Each in Name]?: ExpectOptions[Each] },
  complain: ReportExpectation,
): Expectation | undefined {
  const option = expect[name];
  return option === undefined ? undefined : COMPILERS[name](option, complain);
}

function wordOf(word: string, complain: ReportExpectation): Expectation | undefined {
  if (!isWord(fill(word, newValues()))) {
    complain("word", JSON.stringify(word), "one word, of letters and digits (see contains for text)");
    return undefined;
  }
  return ({ output }, values) => {
    const wanted = fill(word, values);
    return containsWord(output, wanted) ? undefined : `the word ${wanted} is missing`;
  };
}

function equalsOf(text: string, complain: ReportExpectation): Expectation | undefined {
  if (text.trim() === "") {
    complain("equals", JSON.stringify(text), "some text, as an empty answer always fails");
    return undefined;
  }
  return ({ output }, values) => {
    const wanted = fill(text, values).trim();
    return output.trim() === wanted ? undefined : `not equal to ${JSON.stringify(wanted)}`;
  };
}

function containsOf(text: string, complain: ReportExpectation): Expectation | undefined {
  if (text === "") {
    complain("contains", '""', "some text");
    return undefined;
  }
  return ({ output }, values) => {
    const wanted = fill(text, values);
    return output.includes(wanted) ? undefined : `does not contain ${JSON.stringify(wanted)}`;
  };
}

/** Schema validation has refused expressions that do not compile. */
function matchesOf(source: string, wanted: boolean): Expectation {
  const always = placeholdersIn(source).size > 0 ? undefined : compileRegexp(source);
  return ({ output }, values) => {
    const expression: Regexp = always ?? compileRegexp(fill(source, values));
    if (expression.matches(output) === wanted) return undefined;
    return `${wanted ? "does not match" : "matches"} ${expression.source}`;
  };
}

function numberOf(
  { value, tolerance = 0 }: NonNullable<ExpectOptions["number"]>,
  complain: ReportExpectation,
): Expectation | undefined {
  if (typeof value === "string" && value !== placeholder("sum")) {
    complain("number", JSON.stringify(value), `a number, or ${placeholder("sum")}`);
    return undefined;
  }
  return ({ output }, values) => {
    const wanted = typeof value === "string" ? Number(fill(value, values)) : value;
    const got = lastNumberIn(output);
    if (got === undefined) return `no number, but ${wanted} was wanted`;
    // What is off by the tolerance exactly is within it, whatever binary fractions make of it.
    if (Math.abs(got - wanted) <= tolerance + Number.EPSILON * Math.abs(wanted)) return undefined;
    return `the number ${got} is not ${wanted}${tolerance === 0 ? "" : ` ± ${tolerance}`}`;
  };
}

function maxLengthOf(longest: number): Expectation {
  return ({ output }) => {
    let length = 0;
    for (const _ of output.trim()) if (++length > longest) return `longer than ${longest} characters`;
    return undefined;
  };
}

function jsonSchemaOf(schema: object, complain: ReportExpectation): Expectation | undefined {
  const validate = compileSchema(schema);
  if (typeof validate === "string") {
    complain("json_schema", validate, "a JSON Schema");
    return undefined;
  }
  return ({ output }, values) => {
    const parsed = parseJson(unfenced(output));
    return parsed.ok ? validate(parsed.value, values) : "not JSON";
  };
}

/** Models like to put JSON between fences even when told not to. */
function unfenced(answer: string): string {
  const text = answer.trim();
  if (!text.startsWith("```") || !text.endsWith("```")) return text;
  return text.slice(text.indexOf("\n") + 1, -3);
}

/** One of the calls must do; the first of that name tells what is wrong when none does. */
function toolCallOf(
  wanted: NonNullable<ExpectOptions["tool_call"]>,
  complain: ReportExpectation,
): Expectation | undefined {
  const validate = compileSchema(wanted.arguments ?? {});
  if (typeof validate === "string") {
    complain("tool_call", validate, "a JSON Schema of the arguments");
    return undefined;
  }
  return ({ toolCalls }, values) => {
    const broken = toolCalls
      .filter(({ name }) => name === wanted.name)
      .map((call) => {
        const parsed = argumentsOf(call);
        return parsed.ok ? validate(parsed.value, values) : "arguments that are not JSON";
      });
    if (broken.includes(undefined)) return undefined;
    return broken[0] === undefined
      ? `the tool ${wanted.name} was not called`
      : `call of ${wanted.name}: ${broken[0]}`;
  };
}

function dimensionsOf(wanted: number): Expectation {
  return ({ vector }) =>
    vector?.dimensions === wanted ? undefined : `${vector?.dimensions ?? 0} dimensions instead of ${wanted}`;
}
