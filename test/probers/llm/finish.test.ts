import { describe, expect, test } from "vitest";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import type { Api } from "../../../src/probers/llm/wire/index.ts";
import { lines, named } from "./recordings/recording.ts";
import { ask, completion, delta, detailOf, events, reasonOf, serve, streamed, valueOf } from "./support.ts";

type Finish = string | null;

/** Writes an answer with the text HEALTHY that ends with a finish reason, as each API does. */
const ANSWERS: Readonly<
  Record<
    Exclude<Api, "azure_openai" | "openai_embeddings" | "openai_responses">,
    { readonly whole: (finish: Finish) => object; readonly stream?: (finish: Finish) => string }
  >
> = {
  openai: {
    whole: (finish) => completion("HEALTHY", finish as string),
    stream: (finish) => events(delta({ content: "HEALTHY" }), delta({}, finish), "[DONE]"),
  },
  anthropic: {
    whole: (finish) => ({
      type: "message",
      content: [{ type: "text", text: "HEALTHY" }],
      stop_reason: finish,
    }),
    stream: (finish) =>
      named(
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "HEALTHY" } },
        { type: "message_delta", delta: { stop_reason: finish } },
        { type: "message_stop" },
      ),
  },
  gemini: {
    whole: (finish) => ({
      candidates: [{ content: { parts: [{ text: "HEALTHY" }] }, finishReason: finish }],
    }),
    // The API sent STOP with every part for some time.
    stream: (finish) =>
      events(
        { candidates: [{ content: { parts: [{ text: "HEALTHY" }] }, finishReason: "STOP" }] },
        { candidates: [{ finishReason: finish }] },
      ),
  },
  cohere: {
    whole: (finish) => ({ message: { content: [{ type: "text", text: "HEALTHY" }] }, finish_reason: finish }),
    stream: (finish) =>
      named(
        { type: "content-delta", delta: { message: { content: { text: "HEALTHY" } } } },
        { type: "message-end", delta: { finish_reason: finish } },
      ),
  },
  ollama: {
    whole: (finish) => ({ message: { content: "HEALTHY" }, done: true, done_reason: finish }),
    stream: (finish) =>
      lines(
        { message: { content: "HEALTHY" }, done: false },
        { message: {}, done: true, done_reason: finish },
      ),
  },
  tgi: {
    whole: (finish) => ({ generated_text: "HEALTHY", details: { finish_reason: finish } }),
    stream: (finish) =>
      events(
        { token: { text: "HEALTHY" } },
        { token: {}, generated_text: "HEALTHY", details: { finish_reason: finish } },
      ),
  },
  bedrock: {
    whole: (finish) => ({ output: { message: { content: [{ text: "HEALTHY" }] } }, stopReason: finish }),
  },
};

const FINISHES: Readonly<
  Record<
    keyof typeof ANSWERS,
    { readonly complete: Finish[]; readonly filtered: Finish[]; readonly not: Finish[] }
  >
> = {
  openai: {
    complete: ["stop", "eos", "STOP", "end_turn", "tool_calls", "function_call", "length"],
    filtered: ["content_filter"],
    not: ["abort", "cancelled", "unknown", "error", "network_error", "Stop!", "__proto__", "toString"],
  },
  anthropic: {
    complete: [
      "end_turn",
      "stop_sequence",
      "tool_use",
      "max_tokens",
      "model_context_window_exceeded",
      "stop",
    ],
    filtered: ["refusal"],
    not: ["pause_turn", "compaction", "abort"],
  },
  gemini: {
    complete: ["STOP", "MAX_TOKENS"],
    filtered: ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"],
    not: ["OTHER", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "stop?"],
  },
  cohere: {
    complete: ["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR_LIMIT"],
    filtered: ["ERROR_TOXIC"],
    not: ["ERROR", "TIMEOUT", "USER_CANCEL"],
  },
  ollama: { complete: ["stop", "length", null], filtered: [], not: ["load", "unload", "abort"] },
  tgi: { complete: ["eos_token", "stop_sequence", "length"], filtered: [], not: ["abort", "cancelled"] },
  bedrock: {
    complete: ["end_turn", "stop_sequence", "max_tokens", "tool_use", "model_context_window_exceeded"],
    filtered: ["guardrail_intervened", "content_filtered"],
    not: ["malformed_model_output", "malformed_tool_use", "abort"],
  },
};

const rows = Object.entries(FINISHES).flatMap(([api, { complete, filtered, not }]) =>
  [
    { finishes: complete, outcome: "ok" },
    { finishes: filtered, outcome: "refused" },
    { finishes: not, outcome: "not complete" },
  ].flatMap(({ finishes, outcome }) =>
    finishes.map((finish) => ({ api: api as keyof typeof ANSWERS, finish, outcome })),
  ),
);

async function probe(api: Api, body: string, stream: boolean): ReturnType<typeof ask> {
  const options = { api, stream, expect: { word: "HEALTHY" } };
  return ask(await serve(streamed(body)), { options, target: { model: "m" } });
}

test.each(rows)(
  "$api: an answer with the finish reason $finish is $outcome",
  async ({ api, finish, outcome }) => {
    const { whole, stream } = ANSWERS[api];
    const wanted = outcome === "not complete" ? "server_error" : outcome;
    expect(reasonOf(await probe(api, JSON.stringify(whole(finish)), false))).toBe(wanted);
    if (stream === undefined) return;
    const result = await probe(api, stream(finish), true);
    expect(reasonOf(result)).toBe(outcome === "not complete" ? "stream_error" : wanted);
    if (outcome !== "not complete") return;
    expect(result.answered).toBe(false);
    expect(valueOf(result, llmMetrics.answerCorrect)).toBeUndefined();
    expect(detailOf(result)).toContain(String(finish));
  },
);

test.each<{ api: "openai" | "anthropic" | "cohere"; finish: Finish }>([
  { api: "openai", finish: "" },
  { api: "openai", finish: null },
  { api: "anthropic", finish: null },
  { api: "cohere", finish: null },
])("$api: a stream that ends with the finish reason $finish is not complete", async ({ api, finish }) => {
  const { whole, stream } = ANSWERS[api];
  expect(reasonOf(await probe(api, stream?.(finish) ?? "", true))).toBe("stream_error");
  expect(reasonOf(await probe(api, JSON.stringify(whole(finish)), false))).toBe("ok");
});

test("tgi: the whole text in the last event stands for a finish reason", async () => {
  const body = events({ token: { text: "HEALTHY" }, generated_text: "HEALTHY", details: null });
  expect(reasonOf(await probe("tgi", body, true))).toBe("ok");
});

describe("openai_responses: the status decides", () => {
  const output = [{ type: "message", content: [{ type: "output_text", text: "HEALTHY" }] }];
  const incomplete = (reason: string): object => ({ status: "incomplete", incomplete_details: { reason } });
  test.each<{ name: string; response: object; event?: string; reason: string; streamed?: string }>([
    { name: "completed", response: { status: "completed" }, reason: "ok" },
    { name: "none", response: {}, reason: "ok" },
    { name: "none in response.incomplete", response: {}, event: "response.incomplete", reason: "ok" },
    {
      name: "none in response.cancelled",
      response: {},
      event: "response.cancelled",
      reason: "ok",
      streamed: "stream_error",
    },
    { name: "at the limit", response: incomplete("max_output_tokens"), reason: "ok" },
    { name: "filtered", response: incomplete("content_filter"), reason: "refused" },
    {
      name: "incomplete otherwise",
      response: incomplete("abort"),
      reason: "server_error",
      streamed: "stream_error",
    },
    {
      name: "cancelled",
      response: { status: "cancelled" },
      reason: "server_error",
      streamed: "stream_error",
    },
    { name: "queued", response: { status: "queued" }, reason: "server_error", streamed: "stream_error" },
    {
      name: "in progress",
      response: { status: "in_progress" },
      reason: "server_error",
      streamed: "stream_error",
    },
  ])(
    "$name: $reason",
    async ({ response, event = "response.completed", reason, streamed: inStream = reason }) => {
      expect(reasonOf(await probe("openai_responses", JSON.stringify({ ...response, output }), false))).toBe(
        reason,
      );
      const text = { type: "response.output_text.delta", delta: "HEALTHY" };
      const body = named(text, { type: event, response: { ...response, output } });
      expect(reasonOf(await probe("openai_responses", body, true))).toBe(inStream);
    },
  );
});

test("the worst finish reason counts", async () => {
  for (const finishes of [
    ["stop", "abort"],
    ["abort", "stop"],
  ]) {
    const body = events(
      delta({ content: "HEALTHY" }),
      ...finishes.map((finish) => delta({}, finish)),
      "[DONE]",
    );
    expect(reasonOf(await probe("openai", body, true))).toBe("stream_error");
  }
});
