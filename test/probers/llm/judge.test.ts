import { describe, expect, test } from "vitest";
import { isEdition } from "../../../src/core/money.ts";
import type { ExpectOptions } from "../../../src/probers/llm/judge/expect-schema.ts";
import { newValues } from "../../../src/probers/llm/judge/prompt.ts";
import { containsWord, isWord } from "../../../src/probers/llm/judge/words.ts";
import { allowedModels } from "../../../src/probers/llm/options.ts";
import {
  ask,
  compile,
  completion,
  delta,
  detailOf,
  events,
  json,
  judgeText,
  type Options,
  reasonOf,
  serve,
  streamed,
} from "./support.ts";

describe("containsWord and isWord", () => {
  test.each([
    "HEALTHY",
    "healthy",
    "Healthy.",
    "**HEALTHY**",
    "_HEALTHY_",
    "- HEALTHY",
    "-HEALTHY",
    "'HEALTHY'",
    "status: HEALTHY\n",
    "Status—HEALTHY",
    "UNHEALTHY? No: HEALTHY",
    "\u200bHEALTHY",
    "not HEALTHY",
  ])("%j contains HEALTHY", (text) => {
    expect(containsWord(text, "HEALTHY")).toBe(true);
  });
  test.each([
    "",
    "UNHEALTHY",
    "NOT_HEALTHY",
    "not__healthy",
    "non-healthy",
    "non\u2011healthy",
    "un\u00adhealthy",
    "un\u200bhealthy",
    "HEALTHY-ish",
    "HEALTHY_2",
    "HEALTHY2",
    "1HEALTHY",
    "HEALTHYHEALTHY",
    "ÜHEALTHY",
    "HEALTHY\u0301",
    "HE ALTHY",
    "HEALTH",
  ])("%j does not contain HEALTHY", (text) => {
    expect(containsWord(text, "HEALTHY")).toBe(false);
  });
  test.each([
    ["Alles gesu\u0308nd.", "GESÜND"],
    ["состояние: исправно", "ИСПРАВНО"],
    ["code 12345678.", "12345678"],
    ["all-good!", "all-good"],
    ["(状態：正常)", "正常"],
  ])("%j contains %j", (text, word) => {
    expect(containsWord(text, word)).toBe(true);
  });
  test.each(["", " ", "two words", "-", "_x", "x_", "a.b", "[a]", "x\n"])("%j is not a word", (text) => {
    expect(isWord(text)).toBe(false);
  });
});

describe("expectations", () => {
  const schema = { type: "object", required: ["status"], properties: { status: { const: "ok" } } };
  const cases: readonly { expect: ExpectOptions; answer: string; broken: RegExp | undefined }[] = [
    { expect: {}, answer: "whatever", broken: undefined },
    { expect: { word: "ok" }, answer: "OK!", broken: undefined },
    { expect: { word: "ok" }, answer: "okay", broken: /^the word ok is missing$/ },
    { expect: { equals: " 42 " }, answer: "42\n", broken: undefined },
    { expect: { equals: "Yes" }, answer: "yes", broken: /^not equal to "Yes"$/ },
    { expect: { contains: "o w" }, answer: "hello world", broken: undefined },
    { expect: { contains: "O W" }, answer: "hello world", broken: /^does not contain "O W"$/ },
    { expect: { matches: "^a+$" }, answer: "aaa", broken: undefined },
    { expect: { matches: "^a+$" }, answer: "aab", broken: /^does not match \^a\+\$$/ },
    { expect: { not_matches: "(?i)sorry" }, answer: "fine", broken: undefined },
    { expect: { not_matches: "(?i)sorry" }, answer: "Sorry, no", broken: /^matches \(\?i\)sorry$/ },
    { expect: { json_schema: schema }, answer: '{"status":"ok"}', broken: undefined },
    { expect: { json_schema: schema }, answer: '```json\n{"status":"ok"}\n```', broken: undefined },
    {
      expect: { json_schema: schema },
      answer: '{"status":"bad"}',
      broken: /^JSON at \/status must be equal to constant$/,
    },
    { expect: { json_schema: schema }, answer: "ok", broken: /^not JSON$/ },
    {
      expect: { json_schema: schema },
      answer: `${"[".repeat(2e5)}${"]".repeat(2e5)}`,
      broken: /too deeply|must be object/,
    },
    {
      expect: { json_schema: { type: "string", pattern: "^(a+)+$" } },
      answer: `"${"a".repeat(40)}!"`,
      broken: /pattern/,
    },
    {
      expect: { json_schema: { properties: { a: { pattern: "^x" }, b: { pattern: "^y" } } } },
      answer: '{"a":"x","b":"y"}',
      broken: undefined,
    },
    { expect: { word: "ok", not_matches: "no" }, answer: "ok, but no", broken: /^matches no$/ },
    {
      expect: { word: "ok", contains: "fine" },
      answer: "bad",
      broken: /^the word ok is missing,does not contain "fine"$/,
    },
  ];
  test.each(cases)("$expect of $answer", ({ expect: expectations, answer, broken }) => {
    const { module, problems } = compile({ prompt: "?", expect: expectations });
    expect(problems).toEqual([]);
    const result = judgeText(module, answer);
    if (broken === undefined) expect(result).toEqual([]);
    else expect(result.join()).toMatch(broken);
  });

  test("the default is HEALTHY for the default prompt and any answer for other prompts", () => {
    expect(judgeText(compile().module, "unwell")).toHaveLength(1);
    expect(judgeText(compile({ prompt: "Say anything" }).module, "unwell")).toHaveLength(0);
    expect(judgeText(compile({ expect: {} }).module, "unwell")).toHaveLength(0);
  });
});

describe("a random value", () => {
  /** Returns a server that repeats the text after the last colon of the prompt. */
  const repeating = (format: (nonce: string) => string) =>
    serve((response, body, request) => {
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      const nonce = messages.at(-1)?.content.split(": ").at(-1) ?? "";
      json(completion(format(nonce)))(response, body, request);
    });
  const all: ExpectOptions = {
    word: "{{nonce}}",
    equals: '{"value":"{{nonce}}"}',
    contains: '"{{nonce}}"',
    matches: "^.*{{nonce}}.*$",
    json_schema: { properties: { value: { const: "{{nonce}}" } } },
  };
  const options: Options = { prompt: "Repeat: {{nonce}}", expect: all };

  test("is the same in the prompt and in every expectation", async () => {
    const result = await ask(await repeating((nonce) => `{"value":"${nonce}"}`), { options });
    expect(detailOf(result)).toBe("");
  });
  test("of an earlier probe, as from a cache, is wrong", async () => {
    const address = await repeating(() => '{"value":"12345678"}');
    for (const [name, value] of Object.entries(all)) {
      const result = await ask(address, { options: { ...options, expect: { [name]: value } } });
      expect(`${name} ${reasonOf(result)}`).toBe(`${name} content_mismatch`);
    }
  });
  test("is different in each probe", () => {
    expect(new Set(Array.from({ length: 50 }, () => newValues().nonce)).size).toBeGreaterThan(45);
  });
});

describe("the model that answered", () => {
  test.each([
    ["gpt-4o", "gpt-4o"],
    ["gpt-4o", "gpt-4o-2024-08-06"],
    ["gpt-4", "gpt-4-0613"],
    ["openai/gpt-4o", "gpt-4o-2024-08-06"],
    ["gpt-4o", "openai/gpt-4o"],
    ["mistral-large-latest", "mistral-large-2411"],
    ["llama3", "llama3:latest"],
    ["claude-sonnet", "claude-sonnet-20250514"],
    ["Qwen2.5", "qwen2.5"],
    ["gemini-1.5-pro", "gemini-1.5-pro-002"],
  ])("isEdition accepts for %s the answer of %s", (requested, responded) => {
    expect(isEdition(requested, responded)).toBe(true);
  });
  test.each([
    ["gpt-4o", "gpt-4o-mini"],
    ["gpt-4o", "gpt-4o-mini-2024-07-18"],
    ["gpt-4o-mini", "gpt-4o"],
    ["gpt-4", "gpt-4o"],
    ["tiny", "/models/tiny.gguf"],
    ["a", ""],
  ])("isEdition refuses for %s the answer of %s", (requested, responded) => {
    expect(isEdition(requested, responded)).toBe(false);
  });
  test("is allowed if a pattern matches its whole name", () => {
    const accepts = allowedModels(["gpt-4o|gpt-5", "local-.*"]);
    expect(["gpt-4o", "gpt-5", "local-x"].every(accepts)).toBe(true);
    expect(["gpt-4o-mini", "xgpt-5", ""].some(accepts)).toBe(false);
  });

  const answer = events(delta({ content: "HEALTHY" }, "stop"), "[DONE]");
  const named = (model: string): string => answer.replaceAll("gpt-4o-mini-2024-07-18", model);
  test.each<{ responded: string; allowed?: string[]; reason: string; mismatch: number | undefined }>([
    { responded: "gpt-4o-mini-2024-07-18", reason: "ok", mismatch: 0 },
    { responded: "/models/tiny.gguf", reason: "ok", mismatch: 1 },
    { responded: "/models/tiny.gguf", allowed: [".*tiny\\.gguf"], reason: "ok", mismatch: 0 },
    { responded: "gpt-4o-mini-2024-07-18", allowed: ["gpt-5.*"], reason: "model_mismatch", mismatch: 1 },
    { responded: "", reason: "ok", mismatch: undefined },
    { responded: "", allowed: ["gpt-5.*"], reason: "model_mismatch", mismatch: undefined },
  ])("$responded, allowed $allowed: $reason", async ({ responded, allowed, reason, mismatch }) => {
    const options = allowed === undefined ? {} : { allowed_models: allowed };
    const result = await ask(await serve(streamed(named(responded))), { options });
    expect(reasonOf(result)).toBe(reason);
    expect(result.answered).toBe(true);
    expect(result.samples.find(({ metric }) => metric.name === "probe_llm_model_mismatch")?.value).toBe(
      mismatch,
    );
    expect(result.samples.find(({ metric }) => metric.name === "probe_llm_answer_correct")?.value).toBe(1);
  });

  test("cannot be compared with the name of a deployment", async () => {
    const mismatchWith = async (options: Options): Promise<number | undefined> => {
      const result = await ask(await serve(streamed(answer)), {
        options: { api: "azure_openai", ...options },
        target: { model: "chat-of-our-shop" },
      });
      return result.samples.find(({ metric }) => metric.name === "probe_llm_model_mismatch")?.value;
    };
    expect(await mismatchWith({})).toBeUndefined();
    expect(await mismatchWith({ allowed_models: ["gpt-4o-mini.*"] })).toBe(0);
    expect(await mismatchWith({ allowed_models: ["gpt-5.*"] })).toBe(1);
  });

  test("is cut and escaped to fit into a label", async () => {
    const result = await ask(await serve(streamed(named(`\\n${"x".repeat(5000)}`))));
    const labels = result.samples.find(({ metric }) => metric.name === "probe_llm_model_info")?.labels;
    expect(labels?.["response_model"]?.length).toBeLessThan(110);
    expect(labels?.["response_model"]).not.toContain("\n");
  });
});
