import type { Answer } from "../../../../src/probers/llm/answer/answer.ts";
import type { Api } from "../../../../src/probers/llm/wire/index.ts";

/** An answer as an API sends it, with bytes taken from its reference and from recordings. */
export interface Recording {
  readonly name: string;
  readonly api: Api;
  readonly stream: boolean;
  readonly body: string;
  /** The answer that is read from it. */
  readonly says: Partial<Omit<Answer, "times">>;
}

/** Returns events named by the type in their data, as Anthropic and OpenAI send them. */
export const named = (
  ...data: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[]
): string => data.map((each) => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`).join("");

/** Returns lines of JSON. */
export const lines = (...data: readonly object[]): string =>
  data.map((each) => `${JSON.stringify(each)}\n`).join("");

/** Returns a whole answer. */
export const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** The answer of most recordings. */
export const healthy = { output: "HEALTHY", finish: "stop" } as const;
/** The same answer, after reasoning. */
export const reasoned = { ...healthy, signs: new Set(["reasoning"] as const) } as const;
