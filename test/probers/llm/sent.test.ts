import { describe, expect, test } from "vitest";
import { type Api, wireFormat } from "../../../src/probers/llm/wire/index.ts";
import { ask, compile, type Options, serve } from "./support.ts";

interface Sent {
  readonly url: string;
  readonly headers: Record<string, unknown>;
  readonly body: unknown;
}

/** Returns the request of a probe of `base`. The server answers with an empty body. */
async function sent(options: Options, base = "", model = "the model/1"): Promise<Sent> {
  const seen: Sent[] = [];
  const address = await serve((response, body, request) => {
    seen.push({ url: request.url ?? "", headers: { ...request.headers }, body: JSON.parse(body) });
    response.end();
  });
  await ask(`${address}${base}`, { options: { prompt: "Well?", ...options }, target: { model } });
  return seen[0] ?? expect.fail("nothing was sent");
}

const bearer = { authorization: "Bearer k-1" };

const rows: readonly {
  readonly api: Api;
  readonly options?: Options;
  readonly stream: boolean;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}[] = [
  {
    api: "openai_responses",
    stream: true,
    url: "/v1/responses",
    headers: bearer,
    body: {
      model: "the model/1",
      instructions: "Be brief.",
      input: [{ role: "user", content: "Well?" }],
      max_output_tokens: 64,
      stream: true,
      store: false,
    },
  },
  {
    api: "anthropic",
    stream: true,
    url: "/v1/messages",
    headers: { "x-api-key": "k-1", "anthropic-version": "2023-06-01" },
    body: {
      model: "the model/1",
      system: "Be brief.",
      messages: [{ role: "user", content: "Well?" }],
      max_tokens: 64,
      stream: true,
    },
  },
  {
    api: "ollama",
    stream: false,
    url: "/api/chat",
    headers: bearer,
    body: {
      model: "the model/1",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Well?" },
      ],
      options: { num_predict: 64 },
      stream: false,
    },
  },
  {
    api: "ollama",
    options: { ollama_route: "generate" },
    stream: true,
    url: "/api/generate",
    headers: bearer,
    body: {
      model: "the model/1",
      system: "Be brief.",
      prompt: "Well?",
      options: { num_predict: 64 },
      stream: true,
    },
  },
  {
    api: "azure_openai",
    stream: true,
    url: "/openai/deployments/the%20model%2F1/chat/completions?api-version=2024-10-21",
    headers: { "api-key": "k-1" },
    body: {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Well?" },
      ],
      max_completion_tokens: 64,
      stream: true,
      stream_options: { include_usage: true },
    },
  },
  {
    api: "gemini",
    stream: true,
    url: "/v1beta/models/the%20model%2F1:streamGenerateContent?alt=sse",
    headers: { "x-goog-api-key": "k-1" },
    body: {
      contents: [{ role: "user", parts: [{ text: "Well?" }] }],
      systemInstruction: { parts: [{ text: "Be brief." }] },
      generationConfig: { maxOutputTokens: 64 },
    },
  },
  {
    api: "gemini",
    stream: false,
    url: "/v1beta/models/the%20model%2F1:generateContent",
    headers: { "x-goog-api-key": "k-1" },
    body: {
      contents: [{ role: "user", parts: [{ text: "Well?" }] }],
      systemInstruction: { parts: [{ text: "Be brief." }] },
      generationConfig: { maxOutputTokens: 64 },
    },
  },
  {
    api: "cohere",
    stream: true,
    url: "/v2/chat",
    headers: bearer,
    body: {
      model: "the model/1",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Well?" },
      ],
      max_tokens: 64,
      stream: true,
    },
  },
  {
    api: "bedrock",
    stream: true,
    url: "/model/the%20model%2F1/converse",
    headers: bearer,
    body: {
      messages: [{ role: "user", content: [{ text: "Well?" }] }],
      system: [{ text: "Be brief." }],
      inferenceConfig: { maxTokens: 64 },
    },
  },
  {
    api: "tgi",
    stream: true,
    url: "/generate_stream",
    headers: bearer,
    body: { inputs: "Well?", parameters: { max_new_tokens: 64, details: true } },
  },
  {
    api: "tgi",
    stream: false,
    url: "/generate",
    headers: bearer,
    body: { inputs: "Well?", parameters: { max_new_tokens: 64, details: true } },
  },
  {
    api: "openai_embeddings",
    stream: true,
    url: "/v1/embeddings",
    headers: bearer,
    body: { model: "the model/1", input: "Well?", encoding_format: "float" },
  },
];

test.each(rows)(
  "$api with stream $stream sends a request to $url",
  async ({ api, options, stream, url, headers, body }) => {
    const system = wireFormat(api).abilities.system ? { system: "Be brief." } : {};
    const request = await sent({ api, api_key: "k-1", stream, max_tokens: 64, ...system, ...options });
    expect(request.url).toBe(url);
    expect(request.headers).toMatchObject(headers);
    expect(Object.values(request.headers).filter((value) => String(value).includes("k-1"))).toHaveLength(1);
    expect(request.body).toEqual(body);
  },
);

test.each<{ api: Api; base: string; url: string }>([
  { api: "anthropic", base: "/v1", url: "/v1/messages" },
  { api: "anthropic", base: "/anthropic/", url: "/anthropic/v1/messages" },
  { api: "ollama", base: "/api", url: "/api/chat" },
  {
    api: "azure_openai",
    base: "/openai",
    url: "/openai/deployments/m/chat/completions?api-version=2024-10-21",
  },
  { api: "gemini", base: "/v1beta", url: "/v1beta/models/m:streamGenerateContent?alt=sse" },
  { api: "cohere", base: "/v2", url: "/v2/chat" },
  { api: "openai_responses", base: "/api/v1", url: "/api/v1/responses" },
])("$api at $base sends a request to $url", async ({ api, base, url }) => {
  expect((await sent({ api }, base, "m")).url).toBe(url);
});

test("a Gemini model may have the prefix models/, as in the API's own list", async () => {
  const { url } = await sent({ api: "gemini", stream: false }, "", "models/gemini-2.5-flash");
  expect(url).toBe("/v1beta/models/gemini-2.5-flash:generateContent");
});

test("api_version sets the version, and query takes precedence", async () => {
  const { headers } = await sent({ api: "anthropic", api_version: "2026-10-21" });
  expect(headers["anthropic-version"]).toBe("2026-10-21");
  const azure = await sent({ api: "azure_openai", api_version: "2025-04-01-preview" }, "", "m");
  expect(azure.url).toContain("api-version=2025-04-01-preview");
  const asked = await sent({ api: "azure_openai", query: { "api-version": "x" } }, "", "m");
  expect(asked.url).toMatch(/\?api-version=x$/);
});

test("fields of the user's are merged into objects that are sent anyway", async () => {
  const { body } = await sent({
    api: "gemini",
    extra_body: { generationConfig: { temperature: 0, maxOutputTokens: null }, safetySettings: [] },
  });
  expect(body).toEqual({
    contents: [{ role: "user", parts: [{ text: "Well?" }] }],
    generationConfig: { temperature: 0 },
    safetySettings: [],
  });
});

describe("a feature that an API lacks is refused", () => {
  test.each<{ name: string; options: Options; problems: readonly string[] }>([
    {
      name: "a system message",
      options: { api: "tgi", system: "Be brief." },
      problems: ["system: got a system message with tgi, want none, or an api with system messages"],
    },
    {
      name: "tools",
      options: { api: "tgi", tools: [{ name: "report" }] },
      problems: ["tools: got tools with tgi, want an api (and for ollama a route) with tools"],
    },
    {
      name: "tools of another route",
      options: { api: "ollama", ollama_route: "generate", tools: [{ name: "report" }] },
      problems: ["tools: got tools with ollama, want an api (and for ollama a route) with tools"],
    },
    {
      name: "options of other APIs",
      options: { api: "gemini", api_version: "1", ollama_route: "chat", max_tokens_field: "max_tokens" },
      problems: [
        "max_tokens_field: got max_tokens with gemini, want an api with this option",
        "api_version: got 1 with gemini, want an api with this option",
        "ollama_route: got chat with gemini, want an api with this option",
      ],
    },
    {
      name: "extra_body fields that belong to options",
      options: { api: "anthropic", extra_body: { system: "x", temperature: 1, stream: null } },
      problems: ["extra_body.system: got a field that belongs to system, want the option system"],
    },
  ])("$name", ({ options, problems }) => {
    expect(compile({ prompt: "?", ...options }).problems).toEqual(problems);
  });

  test("fewer max_tokens than an API accepts are a warning", () => {
    expect(compile({ api: "openai_responses", max_tokens: 8 }).warnings).toEqual([
      "max_tokens: openai_responses refuses less than 16, although compatible servers may not",
    ]);
    expect(compile({ api: "openai", max_tokens: 8 }).warnings).toEqual([]);
  });

  test("a stall_timeout for an API without streams is a warning", () => {
    expect(compile({ api: "bedrock", stall_timeout: "1s" }).warnings).toEqual([
      "stall_timeout: has no effect without stream",
    ]);
  });
});
