import { describe, expect, test } from "vitest";
import type { Api } from "../../../src/probers/llm/wire/index.ts";
import { replies } from "./replies/index.ts";
import { ask, detailOf, json, reasonOf, serve } from "./support.ts";

test.each(replies)("$api, $name: $reason", async ({ api, reply, reason, answered, options }) => {
  const result = await ask(await serve(reply), { options: { api, ...options }, target: { model: "m" } });
  expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
  expect(result.answered).toBe(answered);
  expect(detailOf(result).length).toBeLessThan(700);
});

describe("the error code decides the reason, never the wording", () => {
  const wording =
    "Your credit balance is too low. Check your plan and billing details, your API key is invalid.";
  test.each<{ api: Api; status: number; body: object; headers?: Record<string, string>; reason: string }>([
    {
      api: "gemini",
      status: 400,
      body: { error: { code: 400, status: "INVALID_ARGUMENT", details: [{ reason: "API_KEY_INVALID" }] } },
      reason: "auth",
    },
    {
      api: "gemini",
      status: 400,
      body: { error: { code: 400, status: "INVALID_ARGUMENT" } },
      reason: "bad_request",
    },
    {
      api: "gemini",
      status: 429,
      body: { error: { code: 429, status: "RESOURCE_EXHAUSTED" } },
      reason: "rate_limited",
    },
    {
      api: "gemini",
      status: 403,
      body: { error: { status: "PERMISSION_DENIED", details: [{ reason: "BILLING_DISABLED" }] } },
      reason: "billing",
    },
    {
      api: "anthropic",
      status: 400,
      body: { error: { type: "invalid_request_error" } },
      reason: "bad_request",
    },
    { api: "anthropic", status: 529, body: { error: { type: "overloaded_error" } }, reason: "overloaded" },
    { api: "cohere", status: 429, body: {}, reason: "rate_limited" },
    { api: "ollama", status: 503, body: {}, reason: "overloaded" },
    {
      api: "bedrock",
      status: 429,
      body: {},
      headers: { "x-amzn-errortype": "ThrottlingException:http://x/" },
      reason: "rate_limited",
    },
    {
      api: "bedrock",
      status: 429,
      body: {},
      headers: { "x-amzn-errortype": "ModelNotReadyException:http://x/" },
      reason: "loading",
    },
    { api: "bedrock", status: 424, body: {}, reason: "server_error" },
    { api: "bedrock", status: 408, body: {}, reason: "server_error" },
    {
      api: "bedrock",
      status: 403,
      body: {},
      headers: { "x-amzn-errortype": "AccessDeniedException" },
      reason: "auth",
    },
  ])("$api $status $body $headers: $reason", async ({ api, status, body, headers, reason }) => {
    const filled =
      "error" in body
        ? { error: { message: wording, ...Object(body.error) } }
        : { message: wording, error: wording };
    const address = await serve(json(filled, status, headers ?? {}));
    const result = await ask(address, { options: { api }, target: { model: "m" } });
    expect(reasonOf(result)).toBe(reason);
    expect(detailOf(result)).toContain("credit balance");
  });
});
