import type { Answer } from "../../../../src/probers/llm/answer/answer.ts";
import type { Api } from "../../../../src/probers/llm/wire/index.ts";

/** An answer as an API sends it, its bytes shaped as its reference and recordings show them. */
export interface Recording {
  readonly name: string;
  readonly api: Api;
  readonly stream: boolean;
  readonly body: string;
  /** What it says. */
  readonly says: Partial<Omit<Answer, "times">>;
}

/** Events that are named after the type in their data, as Anthropic and OpenAI do. */
export const named = (
  ...data: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[]
): string => data.map((each) => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`).join("");

/** Lines of JSON. */
export const lines = (...data: readonly object[]): string =>
  data.map((each) => `${JSON.stringify(each)}\n`).join("");

/** An answer in one piece. */
export const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** What most of them say. */
export const healthy = { output: "HEALTHY", finish: "stop" } as const;
/** The same, after some thought. */
export const reasoned = { ...healthy, signs: new Set(["reasoning"] as const) } as const;
