import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { USER_AGENT } from "../../../src/core/user-agent.ts";
import { llmSchema } from "../../../src/probers/llm/schema.ts";
import { ask, compile, completion, detailOf, json, type Options, reasonOf, serve } from "./support.ts";

describe("compile reports", () => {
  const rows: readonly { name: string; options: Options; problems: readonly string[] }[] = [
    { name: "nothing for defaults", options: {}, problems: [] },
    {
      name: "a key and a key file",
      options: { api_key: "a", api_key_file: "b" },
      problems: ["api_key_file: got api_key and api_key_file, want at most one of them"],
    },
    {
      name: "a key with a line feed",
      options: { api_key: "sk-secret\n" },
      problems: [
        "api_key: got a key with white space, control or non-ASCII characters, want one line of visible ASCII characters",
      ],
    },
    {
      name: "two words as word",
      options: { expect: { word: "all good" } },
      problems: ['expect.word: got "all good", want one word, of letters and digits (see contains for text)'],
    },
    {
      name: "an empty word",
      options: { expect: { word: "" } },
      problems: ['expect.word: got "", want one word, of letters and digits (see contains for text)'],
    },
    {
      name: "a blank text as equals",
      options: { expect: { equals: " " } },
      problems: ['expect.equals: got " ", want some text, as an empty answer always fails'],
    },
    {
      name: "an empty text as contains",
      options: { expect: { contains: "" } },
      problems: ['expect.contains: got "", want some text'],
    },
    {
      name: "contradictory expectations",
      options: { expect: { equals: "fine", word: "good", not_matches: "f" } },
      problems: [
        "expect.word: got the word good is missing, want an expectation that the text of equals meets",
        "expect.not_matches: got matches f, want an expectation that the text of equals meets",
      ],
    },
    {
      name: "a random value that is not in the prompt",
      options: { expect: { word: "{{nonce}}" } },
      problems: ["expect.word: got {{nonce}}, want {{nonce}} in the prompt too"],
    },
    {
      name: "an invalid JSON Schema",
      options: { expect: { json_schema: { type: "text" } } },
      problems: [
        "expect.json_schema: got schema is invalid: data/type must be equal to one of the allowed values, data/type must be array, data/type must match a schema in anyOf, want a JSON Schema",
      ],
    },
    {
      name: "invalid headers",
      options: { headers: { "a b": "c", "x-a": "b\r\nc: d", "Content-Length": "3", "X-B": "1", "x-b": "2" } },
      problems: [
        "headers.a b: got a name that HTTP does not allow, want the name of a header",
        "headers.x-a: got a value with characters that HTTP does not allow, want one line of text",
        "headers.Content-Length: got a header that the exporter sets itself, want any other header",
        "headers.x-b: got the same header twice, want each header once",
      ],
    },
    {
      name: "extra_body fields that belong to options",
      options: { extra_body: { stream: true, model: "x", temperature: 0, max_tokens: null } },
      problems: [
        "extra_body.stream: got a field that belongs to stream, want the option stream",
        "extra_body.model: got a field that belongs to model, want the option model",
      ],
    },
    {
      name: "a stall_timeout of 0",
      options: { stall_timeout: "0" },
      problems: ["stall_timeout: got 0, want more than 0"],
    },
    {
      name: "an invalid allowed target",
      options: { allowed_targets: ["api.example.com", "https://a/b"] },
      problems: [
        "allowed_targets.1: got https://a/b, want a host name, *.example.com, an IP address or a CIDR range, optionally with :port",
      ],
    },
    {
      name: "a client certificate without its key",
      options: { tls_config: { cert_file: "a.pem" } },
      problems: ["tls_config: got a client certificate without its key, want both or none"],
    },
  ];
  test.each(rows)("$name", ({ options, problems }) => {
    expect(compile(options).problems).toEqual(problems);
  });

  test("a stall_timeout without stream is a warning", () => {
    expect(compile({ stall_timeout: "1s", stream: false }).warnings).toEqual([
      "stall_timeout: has no effect without stream",
    ]);
  });
});

describe("the schema", () => {
  const ajv = new Ajv2020({ allErrors: true });
  ajv.addFormat("duration", true);
  ajv.addFormat("regexp", true);
  const validate = ajv.compile(llmSchema);

  test.each<{ name: string; options: unknown; valid: boolean }>([
    { name: "the minimum", options: { api: "openai" }, valid: true },
    { name: "no api", options: {}, valid: false },
    { name: "an unknown api", options: { api: "telepathy" }, valid: false },
    { name: "an unknown option", options: { api: "openai", temperature: 0 }, valid: false },
    { name: "an unknown expectation", options: { api: "openai", expect: { sounds: "good" } }, valid: false },
    { name: "max_tokens of 0", options: { api: "openai", max_tokens: 0 }, valid: false },
    { name: "an empty list of prompts", options: { api: "openai", prompts: [] }, valid: false },
    {
      name: "an empty prompt",
      options: { api: "openai", prompts: [{ prompt: "" }] },
      valid: false,
    },
    {
      name: "an unknown expectation of a prompt",
      options: { api: "openai", prompts: [{ prompt: "?", expect: { sounds: "good" } }] },
      valid: false,
    },
    { name: "max_length of 0", options: { api: "openai", expect: { max_length: 0 } }, valid: false },
    { name: "dimensions of 0", options: { api: "openai", expect: { dimensions: 0 } }, valid: false },
    {
      name: "a negative tolerance",
      options: { api: "openai", expect: { number: { value: 1, tolerance: -1 } } },
      valid: false,
    },
    { name: "a number without a value", options: { api: "openai", expect: { number: {} } }, valid: false },
    { name: "a tool with an empty name", options: { api: "openai", tools: [{ name: "" }] }, valid: false },
    {
      name: "an api_version that would break a header",
      options: { api: "anthropic", api_version: "1\r\nx: y" },
      valid: false,
    },
    {
      name: "many options at once",
      options: {
        api: "ollama",
        ollama_route: "chat",
        prompts_mode: "all",
        prompts: [
          {
            prompt: "{{a}} + {{b}}?",
            expect: { number: { value: "{{sum}}", tolerance: 0.5 }, max_length: 9 },
          },
        ],
        tools: [{ name: "report", description: "Reports.", parameters: { type: "object" } }],
      },
      valid: true,
    },
    { name: "a relative path", options: { api: "openai", path: "chat" }, valid: false },
    {
      name: "null in extra_body",
      options: { api: "openai", extra_body: { stream_options: null } },
      valid: true,
    },
  ])("$name", ({ options, valid }) => {
    expect(validate(options)).toBe(valid);
  });

  test("describes every option and marks secrets", () => {
    const bare = (properties: object): unknown[] =>
      Object.values(properties).filter((each: { description?: string }) => (each.description ?? "") === "");
    expect(bare(llmSchema.properties)).toEqual([]);
    expect(bare(llmSchema.properties.expect.properties)).toEqual([]);
    expect(llmSchema.properties.api_key.writeOnly).toBe(true);
    expect(llmSchema.properties.headers.additionalProperties.writeOnly).toBe(true);
  });
});

describe("the URL of a request", () => {
  test.each<{ base: string; options?: Options; path: string }>([
    { base: "", path: "/v1/chat/completions" },
    { base: "/", path: "/v1/chat/completions" },
    { base: "/v1", path: "/v1/chat/completions" },
    { base: "/api/v1/", path: "/api/v1/chat/completions" },
    { base: "/v1?tenant=a#b", options: { query: { v: "2 3" } }, path: "/v1/chat/completions?tenant=a&v=2+3" },
    { base: "/gateway", options: { path: "/ask" }, path: "/gateway/ask" },
    { base: "", options: { path: "/ask" }, path: "/ask" },
  ])("for $base with $options is $path", async ({ base, options, path }) => {
    let requested: string | undefined;
    const address = await serve((response, body, request) => {
      requested = request.url;
      json(completion("HEALTHY"))(response, body, request);
    });
    expect(detailOf(await ask(`${address}${base}`, { options: options ?? {} }))).toBe("");
    expect(requested).toBe(path);
  });

  test.each(["ftp://127.0.0.1/", "http://", "http://user:pw@127.0.0.1/v1", "file:///etc/passwd"])(
    "%s is refused",
    async (address) => {
      const result = await ask(address);
      expect(reasonOf(result)).toBe("bad_request");
      expect(detailOf(result)).not.toContain("pw");
    },
  );
});

describe("a request contains", () => {
  interface Sent {
    readonly headers: Record<string, unknown>;
    readonly body: Record<string, unknown>;
  }
  async function sent(options: Options, files: Record<string, string> = {}): Promise<Sent> {
    const seen: Sent[] = [];
    const address = await serve((response, body, request) => {
      seen.push({ headers: { ...request.headers }, body: JSON.parse(body) as Record<string, unknown> });
      json(completion("HEALTHY"))(response, body, request);
    });
    expect(detailOf(await ask(address, { options, files }))).toBe("");
    return seen[0] ?? expect.fail("nothing was sent");
  }

  test("the key, from the options or from a file", async () => {
    expect((await sent({ api_key: "sk-1" })).headers["authorization"]).toBe("Bearer sk-1");
    expect((await sent({ api_key_file: "key" }, { key: "sk-2" })).headers["authorization"]).toBe(
      "Bearer sk-2",
    );
    expect((await sent({})).headers).not.toHaveProperty("authorization");
  });
  test("configured headers, which take precedence", async () => {
    const { headers } = await sent({ api_key: "sk-1", headers: { Authorization: "Basic x", "X-Team": "a" } });
    expect(headers).toMatchObject({
      authorization: "Basic x",
      "user-agent": USER_AGENT,
      "x-team": "a",
    });
  });
  test("the fields of extra_body, without those set to null", async () => {
    const { body } = await sent({
      max_tokens_field: "max_tokens",
      extra_body: { temperature: 0, stream_options: null, messages: null },
    });
    expect(body).toEqual({ model: "gpt-4o-mini", max_tokens: 256, stream: true, temperature: 0 });
  });
});

describe("a key file that", () => {
  test.each([
    { name: "is missing", files: {}, detail: /^the key cannot be read: cannot read key$/ },
    {
      name: "has two lines",
      files: { key: "sk-1\nsk-2" },
      detail: /^the key is a key with white space/,
    },
  ])("$name fails with auth before anything is sent", async ({ files, detail }) => {
    const address = await serve(() => expect.fail("something was sent"));
    const result = await ask(address, { options: { api_key_file: "key" }, files });
    expect(reasonOf(result)).toBe("auth");
    expect(detailOf(result)).toMatch(detail);
    expect(detailOf(result)).not.toContain("sk-");
  });
});

test("a probe with an unusable CA file fails with tls", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llm-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "ca.pem");
  await writeFile(file, "nothing");
  const result = await ask("https://127.0.0.1:1/v1", { options: { tls_config: { ca_file: file } } });
  expect(reasonOf(result)).toBe("tls");
});
