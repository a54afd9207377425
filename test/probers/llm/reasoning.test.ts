import { describe, expect, test } from "vitest";
import { wireFormat } from "../../../src/probers/llm/wire/index.ts";
import { ask, completion, json, reasonOf, serve } from "./support.ts";

const openai = wireFormat("openai");

/** Returns the reasoning that is read from a delta, piece by piece. */
const reasoningIn = (message: object): readonly string[] =>
  openai
    .readFrame({ data: { choices: [{ delta: message }] } })
    .flatMap((piece) => (piece.kind === "text" && piece.part === "reasoning" ? [piece.text] : []));

const summary = { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] };

const rows: readonly { name: string; message: object; texts: readonly string[] }[] = [
  { name: "vLLM", message: { reasoning: "Hm." }, texts: ["Hm."] },
  { name: "DeepSeek", message: { reasoning_content: "Hm." }, texts: ["Hm."] },
  {
    name: "OpenRouter, details alone",
    message: {
      content: "",
      reasoning_details: [{ type: "reasoning.text", text: "Hm.", format: "x", index: 0 }],
    },
    texts: ["Hm."],
  },
  {
    name: "OpenRouter, a summary",
    message: { reasoning: null, reasoning_details: [{ type: "reasoning.summary", summary: "Hm." }] },
    texts: ["Hm."],
  },
  {
    name: "OpenRouter, encrypted",
    message: { reasoning_details: [{ type: "reasoning.encrypted", data: "AAAA" }] },
    texts: [""],
  },
  {
    name: "OpenRouter, details beside the same text",
    message: { reasoning: "Hm.", reasoning_details: [{ type: "reasoning.text", text: "Hm." }] },
    texts: ["Hm."],
  },
  {
    name: "OpenRouter, several details",
    message: {
      reasoning_details: [
        { type: "reasoning.text", text: "H" },
        { type: "reasoning.text", text: "m." },
      ],
    },
    texts: ["Hm."],
  },
  { name: "OpenRouter, a signature only", message: { reasoning_details: [{ signature: "x" }] }, texts: [] },
  { name: "no details", message: { content: "x", reasoning_details: [] }, texts: [] },
  { name: "Databricks", message: { content: [summary] }, texts: ["Hm."] },
  {
    name: "Databricks, an empty summary",
    message: { content: [{ type: "reasoning", summary: [] }] },
    texts: [],
  },
  {
    name: "Mistral",
    message: { content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] },
    texts: ["Hm."],
  },
];

test.each(rows)("reasoning of $name", ({ message, texts }) => {
  expect(reasoningIn(message)).toEqual(texts);
});

describe.each([
  { name: "reasoning_details", fields: { reasoning_details: [{ type: "reasoning.text", text: "Hm." }] } },
  {
    name: "reasoning_details beside reasoning",
    fields: { reasoning: "Hm.", reasoning_details: [{ type: "reasoning.text", text: "Hm." }] },
  },
  { name: "parts of the content", fields: { content: [summary] } },
])("$name", ({ fields }) => {
  test("is no answer but a sign of life in a whole answer", async () => {
    const whole = completion(null, "length", fields);
    const result = await ask(await serve(json(whole)), { options: { stream: false } });
    expect(reasonOf(result)).toBe("truncated");
    expect(result.answered).toBe(true);
  });
});
