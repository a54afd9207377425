import { describe, expect, it } from "vitest";
import { llmProber } from "../../../src/probers/llm/prober.ts";
import type { Api } from "../../../src/probers/llm/wire/index.ts";
import { compile, type Options } from "./support.ts";

const target = (address: string) => ({ address, configured: true });

describe("objection", () => {
  it.each(["http://127.0.0.1:8080/v1", "https://api.example.com/v1/", "http://[::1]:8080"])(
    "accepts %s",
    (address) => {
      expect(llmProber.objection(target(address), compile().module)).toBeUndefined();
    },
  );

  it.each([
    "ftp://example.com",
    "localhost:8080",
    "llm.example.com/v1",
    "http://",
    "http://exa mple",
    "::::",
    "file:///etc/passwd",
  ])("refuses %s", (address) => {
    expect(llmProber.objection(target(address), compile().module)).toEqual({
      part: "target",
      want: "an http or https URL such as http://127.0.0.1:8080/v1",
    });
  });

  it.each<{ api: Api; address: string; route: string | undefined }>([
    { api: "openai", address: "https://llm.example.com/v1/chat/completions", route: "/chat/completions" },
    { api: "openai", address: "https://llm.example.com/chat/completions/", route: "/chat/completions" },
    { api: "openai", address: "https://llm.example.com/api/chat", route: undefined },
    { api: "openai_embeddings", address: "https://llm.example.com/embeddings", route: undefined },
    { api: "anthropic", address: "https://llm.example.com/v1/messages", route: "/v1/messages" },
    { api: "ollama", address: "http://127.0.0.1:11434/api/chat", route: "/api/chat" },
    { api: "ollama", address: "http://127.0.0.1:11434/chat", route: undefined },
    {
      api: "azure_openai",
      address: "https://llm.example.com/openai/deployments/m/chat/completions",
      route: "/deployments/m/chat/completions",
    },
  ])("for $api refuses $address with the route $route", ({ api, address, route }) => {
    const objection = llmProber.objection({ ...target(address), model: "m" }, compile({ api }).module);
    const want = `the base URL of the API, without ${route} (or the option path)`;
    expect(objection).toEqual(route === undefined ? undefined : { part: "target", want });
    const own = compile({ api, path: "/x" }).module;
    expect(llmProber.objection({ ...target(address), model: "m" }, own)).toBeUndefined();
  });

  it("refuses an address with user and password", () => {
    expect(llmProber.objection(target("https://user:hunter22@example.com"), compile().module)).toEqual({
      part: "target",
      want: "a URL without user and password (use api_key or headers)",
    });
  });
});

describe("caution", () => {
  const model = "m";
  const warned = "the module's credential is sent in clear text, because the target is not https";
  const key: Options = { api_key: "sk-12345678" };
  it.each([
    { address: "http://llm.example.com/v1", options: key, says: warned },
    { address: "http://llm.example.com/v1", options: { headers: { "X-Key": "sk" } }, says: warned },
    { address: "https://llm.example.com/v1", options: key, says: undefined },
    { address: "http://127.0.0.1:8080/v1", options: key, says: undefined },
    { address: "http://[::1]:8080/v1", options: key, says: undefined },
    { address: "http://localhost:8080/v1", options: key, says: undefined },
    { address: "http://llm.example.com/v1", options: {}, says: undefined },
  ])("for $address with $options is $says", ({ address, options, says }) => {
    expect(llmProber.caution(target(address), compile(options).module)).toBe(says);
  });

  it.each<{ api: Api; address: string; options?: Options; says: string | undefined }>([
    {
      api: "openai",
      address: "https://api.openai.com/v1",
      says: "api.openai.com refuses requests without a key",
    },
    { api: "openai", address: "https://api.openai.com/v1", options: key, says: undefined },
    {
      api: "openai",
      address: "https://api.openai.com/v1",
      options: { query: { key: "x" } },
      says: undefined,
    },
    { api: "openai", address: "https://llm.example.com/v1", says: undefined },
    { api: "ollama", address: "http://127.0.0.1:11434/v1", says: "requests go to /v1/api/chat" },
    { api: "ollama", address: "http://127.0.0.1:11434/v1/", says: "must not end in /v1" },
    { api: "ollama", address: "http://127.0.0.1:11434/v1", options: { path: "/chat" }, says: undefined },
    { api: "ollama", address: "http://127.0.0.1:11434/api", says: undefined },
    {
      api: "gemini",
      address: "https://llm.example.com/v1beta/openai",
      says: "requests go to /v1beta/openai/v1beta",
    },
    { api: "gemini", address: "https://llm.example.com/v1beta", says: undefined },
    {
      api: "azure_openai",
      address: "https://x.example.com/openai/v1",
      says: "requests go to /openai/v1/openai",
    },
    { api: "azure_openai", address: "https://x.example.com/openai", says: undefined },
    { api: "anthropic", address: "https://llm.example.com/v1", says: undefined },
    { api: "cohere", address: "https://llm.example.com/v1", says: "requests go to /v1/v2/chat" },
  ])("for $api at $address with $options is $says", ({ api, address, options, says }) => {
    const warning = llmProber.caution({ ...target(address), model }, compile({ api, ...options }).module);
    if (says === undefined) expect(warning).toBeUndefined();
    else expect(warning).toContain(says);
  });
});
