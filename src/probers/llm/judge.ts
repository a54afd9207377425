import type { CompileContext } from "../../core/prober.ts";
import { reportContradictions } from "./contradictions.ts";
import type { Expected, ExpectOptions } from "./expect-schema.ts";
import { type Complain, compileExpectations, type Expectation } from "./expectations.ts";
import { type Placeholder, placeholder, placeholdersIn, type Values } from "./prompt.ts";
import type { Said } from "./said.ts";
import { WITH_TOOLS } from "./tools.ts";
import type { WireFormat } from "./wire/types.ts";

/** Judges answers to one question. */
export interface Judge {
  /** What the answer does not meet, in words for people; nothing when it is correct. */
  broken(said: Said, values: Values): readonly string[];
  /** A call of a tool is an answer, though it says nothing. */
  readonly wantsToolCall: boolean;
}

/** What the expectations are about. */
export interface Subject {
  readonly prompt: string;
  readonly system?: string;
  readonly format: WireFormat;
  /** Names of the tools that the model is offered; absent where there cannot be any. */
  readonly tools?: ReadonlySet<string>;
  /** Where the expectations stand in the options. */
  readonly path: readonly (string | number)[];
}

/** Compiles the expectations, reporting those that are wrong or can never hold. */
export function compileJudge(expect: ExpectOptions, subject: Subject, context: CompileContext): Judge {
  const complain: Complain = (name, got, want) => context.problem([...subject.path, name], got, want);
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
function reportForeign(expect: ExpectOptions, { format, tools }: Subject, complain: Complain): void {
  const { api, abilities } = format;
  const vector = abilities.answer === "vector";
  for (const name of Object.keys(expect) as Expected[]) {
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
function reportUnknownValues(expect: ExpectOptions, { prompt, system }: Subject, complain: Complain): void {
  const told = placeholdersIn(`${prompt}\n${system ?? ""}`);
  for (const name of Object.keys(expect) as Expected[]) {
    for (const wanted of placeholdersIn(JSON.stringify(expect[name]))) {
      const missing = TOLD_BY[wanted].filter((each) => !told.has(each)).map(placeholder);
      if (missing.length > 0)
        complain(name, placeholder(wanted), `${missing.join(" and ")} in the prompt too`);
    }
  }
}
