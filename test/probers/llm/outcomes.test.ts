import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalogue } from "../../../src/catalogue/index.ts";
import { ask, detailOf, maskedExposition, type Options, reasonOf, valueOf } from "./support.ts";

const KEY = "sk-test-0123456789";

/** Sends the pieces of an answer one by one, so that the time between them can be measured. */
const PACE = { streamingProfile: { ttft: 30, tps: 50 }, chunkSize: 3 } as const;

type Response = Parameters<LLMock["onMessage"]>[1];
type Behaviour = Parameters<LLMock["onMessage"]>[2];

interface Row {
  readonly name: string;
  readonly response: Response;
  readonly behaviour?: Behaviour;
  readonly reason: string;
  readonly answered: boolean;
  readonly retryAfter?: number;
  readonly only?: "streamed" | "whole";
  readonly timeout?: number;
}

const error = (status: number, type: string, code?: string, more: object = {}): Response => ({
  error: { message: `simulated ${status}`, type, ...(code === undefined ? {} : { code }) },
  status,
  ...more,
});

const rows: readonly Row[] = [
  { name: "healthy", response: { content: "HEALTHY" }, reason: "ok", answered: true },
  {
    name: "healthy after reasoning",
    response: { content: "HEALTHY", reasoning: "The user wants one word." },
    reason: "ok",
    answered: true,
  },
  { name: "unhealthy", response: { content: "UNHEALTHY" }, reason: "content_mismatch", answered: true },
  {
    name: "too long",
    response: { content: "I would say that", finishReason: "length" },
    reason: "truncated",
    answered: true,
  },
  {
    name: "reasoning only",
    response: { content: "", reasoning: "Let me think about it", finishReason: "length" },
    reason: "truncated",
    answered: true,
  },
  { name: "empty", response: { content: "" }, reason: "empty", answered: false },
  {
    name: "filtered",
    response: { content: "HEAL", finishReason: "content_filter" },
    reason: "refused",
    answered: true,
  },
  {
    name: "401",
    response: error(401, "invalid_request_error", "invalid_api_key"),
    reason: "auth",
    answered: false,
  },
  { name: "403", response: error(403, "invalid_request_error"), reason: "auth", answered: false },
  { name: "402", response: error(402, "payment_required"), reason: "billing", answered: false },
  {
    name: "404",
    response: error(404, "invalid_request_error", "model_not_found"),
    reason: "model_not_found",
    answered: false,
  },
  { name: "400", response: error(400, "invalid_request_error"), reason: "bad_request", answered: false },
  {
    name: "429",
    response: error(429, "requests", "rate_limit_exceeded", { retryAfter: 7 }),
    reason: "rate_limited",
    answered: false,
    retryAfter: 7,
  },
  {
    name: "429 without quota",
    response: error(429, "insufficient_quota", "insufficient_quota", { retryAfter: 7 }),
    reason: "billing",
    answered: false,
    retryAfter: 7,
  },
  { name: "500", response: error(500, "server_error"), reason: "server_error", answered: false },
  { name: "502", response: error(502, "bad_gateway"), reason: "server_error", answered: false },
  { name: "503", response: error(503, "service_unavailable"), reason: "overloaded", answered: false },
  { name: "503 loading", response: error(503, "unavailable_error"), reason: "loading", answered: false },
  { name: "529", response: error(529, "overloaded_error"), reason: "overloaded", answered: false },
  {
    name: "malformed",
    response: { content: "HEALTHY" },
    behaviour: { chaos: { malformedRate: 1 } },
    reason: "malformed",
    answered: false,
  },
  {
    name: "disconnected",
    response: { content: "HEALTHY" },
    behaviour: { chaos: { disconnectRate: 1 } },
    reason: "network",
    answered: false,
  },
  {
    name: "cut stream",
    response: { content: "HEALTHY" },
    behaviour: { ...PACE, truncateAfterChunks: 3 },
    reason: "stream_error",
    answered: false,
    only: "streamed",
  },
  {
    name: "slow first token",
    response: { content: "HEALTHY" },
    behaviour: { streamingProfile: { ttft: 5000, tps: 50 } },
    reason: "timeout_first_token",
    answered: false,
    only: "streamed",
    timeout: 300,
  },
  {
    name: "slow answer",
    response: { content: "HEALTHY" },
    behaviour: { chaos: { latencyMs: 3000 } },
    reason: "timeout",
    answered: false,
    only: "whole",
    timeout: 300,
  },
];

const mock = new LLMock({ port: 0, logLevel: "silent" });

beforeAll(async () => {
  for (const { name, response, behaviour } of rows) {
    mock.onMessage(`case <${name}>`, response, behaviour ?? PACE);
  }
  await mock.start();
});
afterAll(() => mock.stop());

describe.each([
  { mode: "streamed", stream: true },
  { mode: "whole", stream: false },
] as const)("a $mode answer", ({ mode, stream }) => {
  const cases = rows.filter(({ only }) => only === undefined || only === mode);

  test.each(cases)("$name: $reason", async ({ name, reason, answered, retryAfter, timeout }) => {
    const options: Options = {
      prompt: `case <${name}>`,
      expect: { word: "HEALTHY" },
      api_key: KEY,
      stream,
    };
    const result = await ask(`${mock.url}/v1`, { options, ...(timeout === undefined ? {} : { timeout }) });

    expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
    expect(result.answered).toBe(answered);
    expect(result.retryAfter).toBe(retryAfter);
    expect(detailOf(result)).not.toContain(KEY);
    await expect(maskedExposition(result)).toMatchFileSnapshot(
      `../../golden/llm/${name.replaceAll(" ", "-")}-${mode}.prom`,
    );
  });
});

test("the request conforms to OpenAI's reference", async () => {
  mock.clearRequests();
  const options: Options = {
    prompt: "case <healthy>",
    system: "Be brief.",
    api_key: KEY,
    max_tokens: 32,
  };
  const result = await ask(`${mock.url}/v1/`, { options: { ...options, extra_body: { seed: 7 } } });

  expect(valueOf(result, catalogue.llmTokens, { type: "output" })).toBeGreaterThan(0);
  const [request] = mock.getRequests();
  expect(request?.path).toBe("/v1/chat/completions");
  // The mock redacts keys, but shows that there was one.
  expect(request?.headers["authorization"]).toBeDefined();
  expect(request?.headers["connection"]).toBe("close");
  expect(request?.body).toMatchObject({
    model: "gpt-4o-mini",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "case <healthy>" },
    ],
    max_completion_tokens: 32,
    stream: true,
    stream_options: { include_usage: true },
    seed: 7,
  });
  expect(request?.body).not.toHaveProperty("temperature");
});
