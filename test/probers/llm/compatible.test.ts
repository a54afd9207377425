import { expect, test } from "vitest";
import { catalogue } from "../../../src/catalogue/index.ts";
import {
  ask,
  delta,
  detailOf,
  events,
  json,
  type Options,
  type Reply,
  reasonOf,
  serve,
  streamed,
  valueOf,
} from "./support.ts";

/** A reply of a server that is compatible with OpenAI, and the result of a probe. */
interface Row {
  readonly name: string;
  readonly reply: Reply;
  readonly reason: string;
  readonly answered?: boolean;
  readonly options?: Options;
  /** Input, output and reasoning tokens. */
  readonly tokens?: readonly (number | undefined)[];
}

const DONE = "[DONE]";
const counts = { prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 };
const chunk = (fields: object, finish: string | null, more: object = {}): object => ({
  ...delta(fields, finish),
  ...more,
});

const rows: readonly Row[] = [
  {
    name: "Groq: usage in x_groq",
    reply: streamed(
      events(
        chunk({ role: "assistant", content: "" }, null, { x_groq: { id: "req_1" } }),
        delta({ content: "HEALTHY" }),
        chunk({}, "stop", { x_groq: { id: "req_1", usage: counts } }),
        DONE,
      ),
    ),
    reason: "ok",
    tokens: [11, 4, undefined],
  },
  {
    name: "Together: usage beside the last choice, whose finish reason is eos",
    reply: streamed(
      events(delta({ content: "HEALTHY" }), chunk({ content: "" }, "eos", { usage: counts }), DONE),
    ),
    reason: "ok",
    tokens: [11, 4, undefined],
  },
  {
    name: "Mistral: usage beside the last choice",
    reply: streamed(
      events(
        delta({ role: "assistant", content: "" }),
        chunk({ content: "HEALTHY" }, "stop", { usage: counts }),
        DONE,
      ),
    ),
    reason: "ok",
    tokens: [11, 4, undefined],
  },
  {
    name: "Mistral: an error in its own form",
    reply: json({ object: "error", message: "Invalid model: x", type: "invalid_model", code: "1500" }, 400),
    reason: "model_not_found",
    answered: false,
  },
  {
    name: "Mistral: unauthorized without a code",
    reply: json({ message: "Unauthorized", request_id: "1" }, 401),
    reason: "auth",
    answered: false,
  },
  {
    name: "DeepSeek: usage with cache hits and reasoning, keep-alives before it",
    reply: streamed(
      `: keep-alive\n\n: keep-alive\n\n${events(
        delta({ content: null, reasoning_content: "Hm." }),
        delta({ content: "HEALTHY", reasoning_content: null }),
        chunk({ content: "" }, "stop", {
          usage: {
            ...counts,
            prompt_cache_hit_tokens: 0,
            completion_tokens_details: { reasoning_tokens: 2 },
          },
        }),
        DONE,
      )}`,
    ),
    reason: "ok",
    tokens: [11, 4, 2],
  },
  {
    name: "DeepSeek: out of resources in the middle of an answer",
    reply: streamed(events(delta({ content: "HEAL" }), delta({}, "insufficient_system_resource"), DONE)),
    reason: "overloaded",
    answered: false,
  },
  {
    name: "DeepSeek: no balance",
    reply: json(
      { error: { message: "Insufficient Balance", type: "unknown_error", code: "invalid_request_error" } },
      402,
    ),
    reason: "billing",
    answered: false,
  },
  {
    name: "vLLM: usage in a chunk of its own",
    reply: streamed(
      events(
        delta({ role: "assistant", content: "", reasoning: null }),
        delta({ content: "HEALTHY" }),
        chunk({ content: "" }, "stop", { usage: null }),
        { ...chunk({}, null), choices: [], usage: { ...counts, prompt_tokens_details: null } },
        DONE,
      ),
    ),
    reason: "ok",
    tokens: [11, 4, undefined],
  },
  {
    name: "vLLM: an error inside a stream, then its end",
    reply: streamed(
      events({ error: { message: "boom", type: "InternalServerError", param: null, code: 500 } }, DONE),
    ),
    reason: "server_error",
    answered: false,
  },
  {
    name: "llama.cpp: timings in every chunk",
    reply: streamed(
      events(
        delta({ role: "assistant", content: null }),
        delta({ content: "HEALTHY" }),
        chunk({}, "stop", { timings: { prompt_n: 1, predicted_per_second: 10.5 } }),
        { ...chunk({}, null), choices: [], usage: counts, timings: {} },
        DONE,
      ),
    ),
    reason: "ok",
    tokens: [11, 4, undefined],
  },
  {
    name: "LM Studio: an error event whose text is the error",
    reply: streamed('event: error\ndata: {"error":"Model is unloaded."}\n\n'),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "LM Studio: usage in the answer, statistics beside it",
    reply: json({
      model: "qwen2.5-7b",
      choices: [
        {
          index: 0,
          logprobs: null,
          finish_reason: "stop",
          message: { role: "assistant", content: "HEALTHY" },
        },
      ],
      usage: counts,
      stats: { tokens_per_second: 51.4 },
      system_fingerprint: "qwen",
    }),
    options: { stream: false },
    reason: "ok",
    tokens: [11, 4, undefined],
  },
  {
    name: "OpenRouter: no credits",
    reply: json({ error: { message: "Insufficient credits", code: 402 } }, 402),
    reason: "billing",
    answered: false,
  },
  {
    name: "OpenRouter: usage and cost, a native finish reason, reasoning twice",
    reply: streamed(
      `: OPENROUTER PROCESSING\n\n${events(
        delta({ content: "", reasoning: "Hm.", reasoning_details: [{ text: "Hm." }] }),
        chunk({ content: "HEALTHY" }, null),
        { ...chunk({}, null), choices: [{ delta: {}, finish_reason: "stop", native_finish_reason: "STOP" }] },
        {
          ...chunk({}, null),
          choices: [],
          usage: { ...counts, cost: 0.0001, completion_tokens_details: { reasoning_tokens: 1 } },
        },
        DONE,
      )}`,
    ),
    reason: "ok",
    tokens: [11, 4, 1],
  },
  {
    name: "Ollama and others: a whole tool call without an index, arguments parsed",
    reply: streamed(
      events(
        delta({ tool_calls: [{ function: { name: "report", arguments: { status: "ok" } } }] }, "tool_calls"),
        DONE,
      ),
    ),
    options: { expect: { tool_call: { name: "report", arguments: { required: ["status"] } } } },
    reason: "ok",
  },
];

test.each(rows)("$name: $reason", async ({ reply, reason, answered, options, tokens }) => {
  const result = await ask(await serve(reply), { options: options ?? {} });
  expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
  expect(result.answered).toBe(answered ?? true);
  if (reason === "ok") {
    const finish = options?.expect?.tool_call === undefined ? "stop" : "tool_calls";
    expect(valueOf(result, catalogue.llmFinishReason, { reason: finish })).toBe(1);
  }
  if (tokens !== undefined) {
    const counted = ["input", "output", "reasoning"].map((type) =>
      valueOf(result, catalogue.llmTokens, { type }),
    );
    expect(counted).toEqual(tokens);
  }
});
