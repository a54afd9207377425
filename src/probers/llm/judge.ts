import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { CompileContext } from "../../core/prober.ts";
import { compileRegexp, type Regexp } from "../regexp.ts";
import { DEFAULT_PROMPT, hasNonce, NONCE, newNonce, withNonce } from "./prompt.ts";
import { parseJson } from "./reader.ts";
import type { ExpectOptions, LlmOptions } from "./schema.ts";
import { containsWord, isWord } from "./word.ts";

/** One thing that an answer must be; the result says what it is not, `undefined` means that it holds. */
type Expectation = (answer: string, nonce: string) => string | undefined;

/** Judges an answer: what it does not meet, in words for people; nothing when it is correct. */
export type Judge = (answer: string, nonce: string) => readonly string[];

/** Compiles the expectations, reporting those that are wrong or can never hold. */
export function compileJudge(options: LlmOptions, context: CompileContext): Judge {
  const expect = options.expect ?? defaultExpect(options);
  reportUnknownNonce(options, expect, context);
  const parts: readonly (readonly [keyof ExpectOptions, Expectation | undefined])[] = [
    ["word", wordOf(expect.word, context)],
    ["equals", equalsOf(expect.equals, context)],
    ["contains", containsOf(expect.contains, context)],
    ["matches", matchesOf(expect.matches, true)],
    ["not_matches", matchesOf(expect.not_matches, false)],
    ["json_schema", schemaOf(expect.json_schema, context)],
  ];
  const expectations = parts.flatMap(([, expectation]) => expectation ?? []);
  if (expect.equals !== undefined) {
    const nonce = newNonce();
    const only = withNonce(expect.equals, nonce).trim();
    for (const [name, expectation] of parts) {
      if (name === "equals" || only === "") continue;
      const broken = expectation?.(only, nonce);
      if (broken !== undefined) context.problem(["expect", name], broken, "what the text of equals meets");
    }
  }
  return (answer, nonce) => expectations.flatMap((expectation) => expectation(answer, nonce) ?? []);
}

const defaultExpect = (options: LlmOptions): ExpectOptions =>
  (options.prompt ?? DEFAULT_PROMPT) === DEFAULT_PROMPT ? { word: "HEALTHY" } : {};

/** An answer cannot repeat a value that the question did not tell. */
function reportUnknownNonce(options: LlmOptions, expect: ExpectOptions, context: CompileContext): void {
  if (hasNonce(options.prompt ?? DEFAULT_PROMPT) || hasNonce(options.system ?? "")) return;
  for (const [name, value] of Object.entries(expect)) {
    if (typeof value === "string" && hasNonce(value)) {
      context.problem(["expect", name], NONCE, `${NONCE} in the prompt too`);
    }
  }
}

function wordOf(word: string | undefined, context: CompileContext): Expectation | undefined {
  if (word === undefined) return undefined;
  if (!isWord(withNonce(word, newNonce()))) {
    context.problem(
      ["expect", "word"],
      JSON.stringify(word),
      "one word, of letters and digits (see contains for text)",
    );
    return undefined;
  }
  return (answer, nonce) => {
    const wanted = withNonce(word, nonce);
    return containsWord(answer, wanted) ? undefined : `the word ${wanted} is missing`;
  };
}

function equalsOf(text: string | undefined, context: CompileContext): Expectation | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === "") {
    context.problem(["expect", "equals"], JSON.stringify(text), "some text, as an empty answer always fails");
    return undefined;
  }
  return (answer, nonce) => {
    const wanted = withNonce(text, nonce).trim();
    return answer.trim() === wanted ? undefined : `not equal to ${JSON.stringify(wanted)}`;
  };
}

function containsOf(text: string | undefined, context: CompileContext): Expectation | undefined {
  if (text === undefined) return undefined;
  if (text === "") {
    context.problem(["expect", "contains"], '""', "some text");
    return undefined;
  }
  return (answer, nonce) => {
    const wanted = withNonce(text, nonce);
    return answer.includes(wanted) ? undefined : `does not contain ${JSON.stringify(wanted)}`;
  };
}

/** Schema validation has refused expressions that do not compile. */
function matchesOf(source: string | undefined, wanted: boolean): Expectation | undefined {
  if (source === undefined) return undefined;
  const always = hasNonce(source) ? undefined : compileRegexp(source);
  return (answer, nonce) => {
    const expression: Regexp = always ?? compileRegexp(withNonce(source, nonce));
    if (expression.matches(answer) === wanted) return undefined;
    return `${wanted ? "does not match" : "matches"} ${expression.source}`;
  };
}

function schemaOf(schema: object | undefined, context: CompileContext): Expectation | undefined {
  if (schema === undefined) return undefined;
  const validate = compileSchema(schema, context);
  if (validate === undefined) return undefined;
  return (answer, nonce) => {
    const parsed = parseJson(unfenced(answer));
    if (!parsed.ok) return "not JSON";
    try {
      // The schema is compiled once, so it is the answer in which the random value turns back into its placeholder.
      if (validate(withPlaceholder(parsed.value, nonce))) return undefined;
    } catch {
      return "too deep to be held against the JSON schema";
    }
    const error = validate.errors?.[0];
    return `JSON at ${error?.instancePath || "/"} ${error?.message ?? "is invalid"}`;
  };
}

function compileSchema(schema: object, context: CompileContext): ValidateFunction | undefined {
  // `pattern` runs with RE2 too, so that no answer can make it run for ever.
  const regExp = Object.assign(
    (source: string) => {
      const expression = compileRegexp(source);
      // ajv keeps expressions by their text: without one of their own all would be the first.
      return { test: (text: string) => expression.matches(text), toString: () => source };
    },
    { code: "re2" },
  );
  const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: false, code: { regExp } });
  try {
    return ajv.compile(schema);
  } catch (error) {
    context.problem(
      ["expect", "json_schema"],
      error instanceof Error ? error.message : String(error),
      "a JSON Schema",
    );
    return undefined;
  }
}

function withPlaceholder(value: unknown, nonce: string): unknown {
  if (typeof value === "string") return value.replaceAll(nonce, NONCE);
  if (Array.isArray(value)) return value.map((element) => withPlaceholder(element, nonce));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, withPlaceholder(field, nonce)]),
  );
}

/** Models like to put JSON between fences even when told not to. */
function unfenced(answer: string): string {
  const text = answer.trim();
  if (!text.startsWith("```") || !text.endsWith("```")) return text;
  return text.slice(text.indexOf("\n") + 1, -3);
}
