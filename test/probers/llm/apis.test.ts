import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Api } from "../../../src/probers/llm/wire/index.ts";
import { ask, detailOf, type Options, reasonOf } from "./support.ts";

const KEY = "sk-test-0123456789";

/** Pieces of the answer come one by one. */
const PACE = { streamingProfile: { ttft: 10, tps: 200 }, chunkSize: 3 } as const;

type Response = Parameters<LLMock["onMessage"]>[1];
type Behaviour = Parameters<LLMock["onMessage"]>[2];
type Mode = "streamed" | "whole";

/** An API as the mock speaks it. */
interface Speaker {
  readonly name: string;
  readonly api: Api;
  readonly options?: Options;
  readonly modes: readonly Mode[];
  /** What the API calls the errors of the rows, by their names; without one the mock says `server_error`. */
  readonly errors: Readonly<Record<string, string>>;
  /** Rows that the mock does not speak for this API; the bytes of those are in formats.test.ts. */
  readonly unspoken: readonly string[];
}

const BOTH: readonly Mode[] = ["streamed", "whole"];

const OPENAI_ERRORS = {
  "401": "invalid_api_key",
  "404": "model_not_found",
  "429": "rate_limit_exceeded",
  "500": "server_error",
  "503 loading": "unavailable_error",
};

const speakers: readonly Speaker[] = [
  { name: "openai", api: "openai", modes: BOTH, errors: OPENAI_ERRORS, unspoken: [] },
  {
    name: "openai_responses",
    api: "openai_responses",
    modes: BOTH,
    errors: OPENAI_ERRORS,
    unspoken: ["filtered"],
  },
  { name: "azure_openai", api: "azure_openai", modes: BOTH, errors: OPENAI_ERRORS, unspoken: [] },
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
    unspoken: ["filtered"],
  },
  // The mock has no reason why the model stopped, and another name for its thoughts.
  {
    name: "ollama chat",
    api: "ollama",
    modes: BOTH,
    errors: {},
    unspoken: ["too long", "reasoning only", "filtered"],
  },
  {
    name: "ollama generate",
    api: "ollama",
    options: { ollama_route: "generate" },
    modes: BOTH,
    errors: {},
    unspoken: ["too long", "reasoning only", "filtered", "a call of a tool"],
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
    unspoken: [],
  },
  // The mock streams thoughts as text.
  { name: "cohere", api: "cohere", modes: BOTH, errors: {}, unspoken: ["reasoning only", "filtered"] },
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
    unspoken: ["filtered"],
  },
];

/** Where a 503 says by a code that the model is being loaded. */
const SAYS_LOADING: ReadonlySet<Api> = new Set([
  "openai",
  "openai_responses",
  "azure_openai",
  "anthropic",
  "bedrock",
]);

interface Row {
  readonly name: string;
  readonly response: Response | Failing;
  readonly behaviour?: Behaviour;
  readonly options?: Options;
  readonly reason: string;
  readonly answered: boolean;
  readonly retryAfter?: number;
  readonly only?: Mode;
  readonly timeout?: number;
}

/** An error whose type is the API's own. */
interface Failing {
  readonly fails: number;
  readonly retryAfter?: number;
}

const error = (fails: number, more: Partial<Failing> = {}): Failing => ({ fails, ...more });

function spoken(response: Response | Failing, type: string | undefined): Response {
  if (!("fails" in response)) return response;
  const { fails: status, ...more } = response;
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
    name: "a call of a tool",
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

const cases = speakers.flatMap((speaker) =>
  rows
    .filter(({ name }) => !speaker.unspoken.includes(name))
    .map((row) => ({ speaker, row, prompt: `case <${speaker.name}: ${row.name}>` })),
);

beforeAll(async () => {
  for (const { speaker, row, prompt } of cases) {
    const { name, response, behaviour } = row;
    mock.onMessage(prompt, spoken(response, speaker.errors[name]), behaviour ?? PACE);
  }
  await mock.start();
});
afterAll(() => mock.stop());

/** The table's outcome, or the API's own. */
function reasonFor({ api }: Speaker, { name, reason }: Row): string {
  return name === "503 loading" && !SAYS_LOADING.has(api) ? "overloaded" : reason;
}

const table = cases.flatMap(({ speaker, row, prompt }) =>
  speaker.modes
    .filter((mode) => row.only === undefined || row.only === mode)
    .map((mode) => ({ speaker, row, prompt, mode, reason: reasonFor(speaker, row) })),
);

describe.each(speakers)("$name", ({ name }) => {
  test.each(table.filter(({ speaker }) => speaker.name === name))(
    "$mode, $row.name: $reason",
    async ({ speaker, row, prompt, mode, reason }) => {
      const result = await ask(
        // The mock knows OpenAI's routes below /v1 only, which the prober puts before them itself.
        mock.url,
        {
          options: {
            api: speaker.api,
            prompt,
            expect: { word: "HEALTHY" },
            api_key: KEY,
            stream: mode === "streamed",
            ...speaker.options,
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
