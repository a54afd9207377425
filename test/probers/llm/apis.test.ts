import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Api } from "../../../src/probers/llm/wire/index.ts";
import { ask, detailOf, type Options, reasonOf } from "./support.ts";

const KEY = "sk-test-0123456789";

/** Sends the pieces of an answer one by one. */
const PACE = { streamingProfile: { ttft: 10, tps: 200 }, chunkSize: 3 } as const;

type Response = Parameters<LLMock["onMessage"]>[1];
type Behaviour = Parameters<LLMock["onMessage"]>[2];
type Mode = "streamed" | "whole";

/** An API of the mock. */
interface MockedApi {
  readonly name: string;
  readonly api: Api;
  readonly options?: Options;
  readonly modes: readonly Mode[];
  /** Error types of the API by the name of the row. The mock's default is `server_error`. */
  readonly errors: Readonly<Record<string, string>>;
  /** Rows that the mock does not support for this API; formats.test.ts covers them. */
  readonly unsupported: readonly string[];
}

const BOTH: readonly Mode[] = ["streamed", "whole"];

const OPENAI_ERRORS = {
  "401": "invalid_api_key",
  "404": "model_not_found",
  "429": "rate_limit_exceeded",
  "500": "server_error",
  "503 loading": "unavailable_error",
};

const mockedApis: readonly MockedApi[] = [
  { name: "openai", api: "openai", modes: BOTH, errors: OPENAI_ERRORS, unsupported: [] },
  {
    name: "openai_responses",
    api: "openai_responses",
    modes: BOTH,
    errors: OPENAI_ERRORS,
    unsupported: ["filtered"],
  },
  { name: "azure_openai", api: "azure_openai", modes: BOTH, errors: OPENAI_ERRORS, unsupported: [] },
  {
    name: "anthropic",
    api: "anthropic",
    modes: BOTH,
    errors: {
      "401": "authentication_error",
      "402": "billing_error",
      "404": "not_found_error",
      "429": "rate_limit_error",
      "500": "api_error",
      "503 loading": "unavailable_error",
      "529": "overloaded_error",
    },
    unsupported: ["filtered"],
  },
  // The mock sends no finish reason, and names the reasoning differently.
  {
    name: "ollama chat",
    api: "ollama",
    modes: BOTH,
    errors: {},
    unsupported: ["too long", "reasoning only", "filtered"],
  },
  {
    name: "ollama generate",
    api: "ollama",
    options: { ollama_route: "generate" },
    modes: BOTH,
    errors: {},
    unsupported: ["too long", "reasoning only", "filtered", "a tool call"],
  },
  {
    name: "gemini",
    api: "gemini",
    modes: BOTH,
    errors: {
      "401": "UNAUTHENTICATED",
      "404": "NOT_FOUND",
      "429": "RESOURCE_EXHAUSTED",
      "500": "INTERNAL",
      "503 loading": "UNAVAILABLE",
    },
    unsupported: [],
  },
  // The mock streams reasoning as text.
  { name: "cohere", api: "cohere", modes: BOTH, errors: {}, unsupported: ["reasoning only", "filtered"] },
  {
    name: "bedrock",
    api: "bedrock",
    modes: ["whole"],
    errors: {
      "401": "UnrecognizedClientException",
      "404": "ResourceNotFoundException",
      "429": "ThrottlingException",
      "500": "InternalServerException",
      "503 loading": "ModelNotReadyException",
    },
    unsupported: ["filtered"],
  },
];

/** APIs with an error code for a model that is being loaded. */
const HAS_LOADING_CODE: ReadonlySet<Api> = new Set([
  "openai",
  "openai_responses",
  "azure_openai",
  "anthropic",
  "bedrock",
]);

interface Row {
  readonly name: string;
  readonly response: Response | ErrorResponse;
  readonly behaviour?: Behaviour;
  readonly options?: Options;
  readonly reason: string;
  readonly answered: boolean;
  readonly retryAfter?: number;
  readonly only?: Mode;
  readonly timeout?: number;
}

/** An error response, with an error type that depends on the API. */
interface ErrorResponse {
  readonly errorStatus: number;
  readonly retryAfter?: number;
}

const error = (errorStatus: number, more: Partial<ErrorResponse> = {}): ErrorResponse => ({
  errorStatus,
  ...more,
});

function responseOf(response: Response | ErrorResponse, type: string | undefined): Response {
  if (!("errorStatus" in response)) return response;
  const { errorStatus: status, ...more } = response;
  const named = type === undefined ? {} : { type };
  return { error: { message: `simulated ${status}`, ...named }, status, ...more };
}

const content = "HEALTHY";
const rows: readonly Row[] = [
  { name: "healthy", response: { content }, reason: "ok", answered: true },
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
    name: "a tool call",
    response: { toolCalls: [{ name: "report", arguments: '{"status":"ok"}' }] },
    options: {
      expect: { tool_call: { name: "report", arguments: { properties: { status: { const: "ok" } } } } },
    },
    reason: "ok",
    answered: true,
  },
  { name: "401", response: error(401), reason: "auth", answered: false },
  { name: "402", response: error(402), reason: "billing", answered: false },
  { name: "404", response: error(404), reason: "model_not_found", answered: false },
  {
    name: "429",
    response: error(429, { retryAfter: 7 }),
    reason: "rate_limited",
    answered: false,
    retryAfter: 7,
  },
  { name: "500", response: error(500), reason: "server_error", answered: false },
  { name: "503 loading", response: error(503), reason: "loading", answered: false },
  { name: "529", response: error(529), reason: "overloaded", answered: false },
  {
    name: "malformed",
    response: { content },
    behaviour: { chaos: { malformedRate: 1 } },
    reason: "malformed",
    answered: false,
  },
  {
    name: "disconnected",
    response: { content },
    behaviour: { chaos: { disconnectRate: 1 } },
    reason: "network",
    answered: false,
  },
  {
    name: "cut stream",
    response: { content },
    behaviour: { ...PACE, truncateAfterChunks: 2 },
    reason: "stream_error",
    answered: false,
    only: "streamed",
  },
  {
    name: "slow first token",
    response: { content },
    behaviour: { streamingProfile: { ttft: 5000, tps: 50 } },
    reason: "timeout_first_token",
    answered: false,
    only: "streamed",
    timeout: 250,
  },
  {
    name: "slow answer",
    response: { content },
    behaviour: { chaos: { latencyMs: 3000 } },
    reason: "timeout",
    answered: false,
    only: "whole",
    timeout: 250,
  },
  {
    name: "stall",
    response: { content: "HEALTHY ".repeat(20) },
    behaviour: { streamingProfile: { ttft: 10, tps: 4 }, chunkSize: 3 },
    options: { stall_timeout: "100ms" },
    reason: "stalled",
    answered: false,
    only: "streamed",
  },
];

const mock = new LLMock({ port: 0, logLevel: "silent" });

const cases = mockedApis.flatMap((mocked) =>
  rows
    .filter(({ name }) => !mocked.unsupported.includes(name))
    .map((row) => ({ mocked, row, prompt: `case <${mocked.name}: ${row.name}>` })),
);

beforeAll(async () => {
  for (const { mocked, row, prompt } of cases) {
    const { name, response, behaviour } = row;
    mock.onMessage(prompt, responseOf(response, mocked.errors[name]), behaviour ?? PACE);
  }
  await mock.start();
});
afterAll(() => mock.stop());

/** Returns the row's reason, or that of an API without a code for it. */
function reasonFor({ api }: MockedApi, { name, reason }: Row): string {
  return name === "503 loading" && !HAS_LOADING_CODE.has(api) ? "overloaded" : reason;
}

const table = cases.flatMap(({ mocked, row, prompt }) =>
  mocked.modes
    .filter((mode) => row.only === undefined || row.only === mode)
    .map((mode) => ({ mocked, row, prompt, mode, reason: reasonFor(mocked, row) })),
);

describe.each(mockedApis)("$name", ({ name }) => {
  test.each(table.filter(({ mocked }) => mocked.name === name))(
    "$mode, $row.name: $reason",
    async ({ mocked, row, prompt, mode, reason }) => {
      const result = await ask(
        // The mock serves OpenAI's routes below /v1 only, which the prober adds.
        mock.url,
        {
          options: {
            api: mocked.api,
            prompt,
            expect: { word: "HEALTHY" },
            api_key: KEY,
            stream: mode === "streamed",
            ...mocked.options,
            ...row.options,
          },
          ...(row.timeout === undefined ? {} : { timeout: row.timeout }),
        },
      );
      expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
      expect(result.answered).toBe(row.answered);
      expect(result.retryAfter).toBe(row.retryAfter);
      expect(detailOf(result)).not.toContain(KEY);
    },
  );
});
