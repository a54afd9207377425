import fc from "fast-check";
import { expect, test } from "vitest";
import { readModelList } from "../../../src/probers/llm/model-list.ts";

const openai = (...ids: string[]) => ({ object: "list", data: ids.map((id) => ({ id, object: "model" })) });
const ollama = (...names: string[]) => ({ models: names.map((name) => ({ name, model: name, size: 1 })) });

test.each<[string, unknown, string, boolean]>([
  ["OpenAI, listed", openai("gpt-4o", "gpt-4o-mini"), "gpt-4o", true],
  ["OpenAI, only a longer name", openai("gpt-4o-mini"), "gpt-4o", false],
  ["OpenAI, another case", openai("GPT-4o"), "gpt-4o", false],
  ["vLLM, a path of a repository", openai("meta-llama/Llama-3.1-8B"), "meta-llama/Llama-3.1-8B", true],
  ["Together, an array", [{ id: "a/b" }], "a/b", true],
  ["names alone", { models: ["a", "b"] }, "b", true],
  ["Ollama, the tag that is assumed", ollama("llama3:latest"), "llama3", true],
  ["Ollama, the same tag written", ollama("llama3:latest"), "llama3:latest", true],
  ["Ollama, another tag", ollama("llama3:8b"), "llama3", false],
  ["Ollama, another tag of the same model", ollama("llama3:8b"), "llama3:70b", false],
  ["Ollama, nothing loaded", { models: [] }, "llama3", false],
  ["Ollama, nothing loaded, as null", { models: null }, "llama3", false],
  ["Gemini, its prefix", { models: [{ name: "models/gemini-2.5-flash" }] }, "gemini-2.5-flash", true],
  ["Gemini, the prefix in the request too", { models: [{ name: "models/g" }] }, "models/g", true],
  ["Cohere", { models: [{ name: "command-r", endpoints: ["chat"] }] }, "command-r", true],
  [
    "llama.cpp, both lists",
    { models: [{ name: "a.gguf", model: "a.gguf" }], object: "list", data: [{ id: "tiny" }] },
    "tiny",
    true,
  ],
  ["Mistral, an alias", { data: [{ id: "m-2411", aliases: ["m-latest"] }] }, "m-latest", true],
  ["Groq, no longer active", { data: [{ id: "gemma", active: false }] }, "gemma", false],
  ["Groq, active", { data: [{ id: "gemma", active: true }] }, "gemma", true],
  ["elements of other types", { data: [null, 1, {}, { id: 2 }, { id: "" }, { id: "a" }] }, "a", true],
])("%s", (_name, body, model, listed) => {
  expect(readModelList(body)?.has(model)).toBe(listed);
});

test.each<[string, unknown]>([
  ["an object", {}],
  ["an error", { error: { message: "no" } }],
  ["data that is not a list", { data: { id: "gpt-4o" } }],
  ["a text", "gpt-4o"],
  ["null", null],
])("%s is not a list of models", (_name, body) => {
  expect(readModelList(body)).toBeUndefined();
});

test.each<[string, object, boolean]>([
  ["Anthropic", { data: [], has_more: true, last_id: "x" }, true],
  ["Anthropic, the last page", { data: [], has_more: false }, false],
  ["Gemini", { models: [], nextPageToken: "x" }, true],
  ["Cohere", { models: [], next_page_token: "x" }, true],
  ["Cohere, the last page", { models: [], next_page_token: "" }, false],
])("%s: further pages %s", (_name, body, more) => {
  expect(readModelList(body)?.hasMore).toBe(more);
});

test("reads any JSON without failing, and finds each name that it lists", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      const list = readModelList(body);
      expect(list?.names.every((name) => list.has(name)) ?? true).toBe(true);
    }),
  );
});
