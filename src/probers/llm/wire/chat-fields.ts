import type { PromptRequest } from "./types.ts";

/**
 * Returns the field `messages` of OpenAI's chat completions, a form that other APIs have adopted: the prompt, after the
 * system message if there is one.
 */
export const chatMessages = ({ system, prompt }: PromptRequest): readonly object[] => [
  ...(system === undefined ? [] : [{ role: "system", content: system }]),
  { role: "user", content: prompt },
];

/** Returns the field `tools` in the same form, or nothing without tools. */
export const functionTools = ({ tools }: PromptRequest): { readonly tools?: readonly object[] } =>
  tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: "function", function: tool })) };
