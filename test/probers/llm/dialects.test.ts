import { expect, test } from "vitest";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import { countCpuTime } from "../../helpers/cpu-time.ts";
import {
  ask,
  completion,
  delta,
  detailOf,
  events,
  json,
  maskedExposition,
  type Options,
  type Reply,
  reasonOf,
  serve,
  streamed,
  usage,
  valueOf,
} from "./support.ts";

/** A reply that servers send and no mock produces, byte by byte, and the result of a probe. */
interface Row {
  readonly name: string;
  readonly reply: Reply;
  readonly reason: string;
  readonly answered?: boolean | "not judged";
  readonly options?: Options;
  readonly timeout?: number;
  /** Compares the exposition with a golden file, for outcomes that the mock does not cover. */
  readonly golden?: true;
}

const DONE = "[DONE]";
const HEALTHY = [delta({ content: "HEAL" }), delta({ content: "THY" }), delta({}, "stop")];

const rows: readonly Row[] = [
  {
    name: "null content in the first chunk",
    reply: streamed(events(delta({ role: "assistant", content: null }), ...HEALTHY, DONE)),
    reason: "ok",
  },
  {
    name: "usage in a last chunk without choices",
    golden: true,
    reply: streamed(events(...HEALTHY, usage({ prompt_tokens: 9, completion_tokens: 3 }), DONE)),
    reason: "ok",
  },
  {
    name: "a first chunk without choices and with an empty model, as from Azure",
    reply: streamed(events({ model: "", choices: [], prompt_filter_results: [{}] }, ...HEALTHY, DONE)),
    reason: "ok",
  },
  {
    name: "reasoning in vLLM's form",
    reply: streamed(events(delta({ reasoning: "Hm." }), ...HEALTHY, DONE)),
    reason: "ok",
  },
  {
    name: "reasoning in DeepSeek's form",
    reply: streamed(events(delta({ content: null, reasoning_content: "Hm." }), ...HEALTHY, DONE)),
    reason: "ok",
  },
  {
    name: "content in parts, as from Mistral",
    reply: streamed(
      events(
        delta({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }),
        delta({ content: [{ type: "text", text: "HEALTHY" }] }, "stop"),
        DONE,
      ),
    ),
    reason: "ok",
  },
  {
    name: "comments between events",
    reply: streamed(
      `: OPENROUTER PROCESSING\n\n: keep-alive\n\n${events(...HEALTHY)}: bye\n\n${events(DONE)}`,
    ),
    reason: "ok",
  },
  {
    name: "lines that end with CRLF",
    reply: streamed(events(...HEALTHY, DONE).replaceAll("\n", "\r\n")),
    reason: "ok",
  },
  { name: "a finish reason without [DONE]", reply: streamed(events(...HEALTHY)), reason: "ok" },
  {
    name: "a connection that stays open after [DONE]",
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events(...HEALTHY, DONE));
    },
    reason: "ok",
    timeout: 2000,
  },
  { name: "plain JSON instead of a stream", reply: json(completion("HEALTHY")), reason: "ok" },
  {
    name: "a stream instead of plain JSON",
    reply: streamed(events(...HEALTHY, DONE)),
    options: { stream: false },
    reason: "ok",
  },
  {
    name: "a stream with the content type of JSON",
    reply: (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(events(...HEALTHY, DONE));
    },
    reason: "ok",
  },
  {
    name: "cut after half of the answer",
    golden: true,
    reply: streamed(events(delta({ content: "HEALTHY" }))),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "a reset after half of the answer",
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events(delta({ content: "HEALTHY" })), () => response.socket?.resetAndDestroy());
    },
    reason: "stream_error",
    answered: false,
  },
  {
    name: "no event",
    reply: streamed(": keep-alive\n\n"),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "stalled in the middle",
    golden: true,
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events(delta({ content: "HEAL" })));
      const alive = setInterval(() => response.write(": keep-alive\n\n"), 20);
      response.on("close", () => clearInterval(alive));
    },
    options: { stall_timeout: "150ms" },
    reason: "stalled",
    answered: false,
  },
  {
    name: "out of time in the middle",
    golden: true,
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events(delta({ content: "HEAL" })));
    },
    timeout: 200,
    reason: "timeout",
    answered: false,
  },
  {
    name: "keep-alive comments without a token",
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": keep-alive\n\n");
    },
    timeout: 200,
    reason: "timeout_first_token",
    answered: false,
  },
  {
    name: "an error inside the stream",
    reply: streamed(events(delta({ content: "HEAL" }), { error: { message: "boom", type: "whatever" } })),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "an error event with a status, as OpenRouter",
    golden: true,
    reply: streamed(
      events({
        id: "gen-1",
        error: { code: 429, message: "slow down" },
        choices: [{ delta: { content: "" }, finish_reason: "error" }],
      }),
    ),
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "a named error event",
    reply: streamed(`event: error\ndata: {"message":"no capacity","type":"overloaded_error"}\n\n`),
    reason: "overloaded",
    answered: false,
  },
  {
    name: "a flat error in HTTP 200, as from vLLM",
    reply: json({ object: "error", message: "no such model", type: "NotFoundError", code: 404 }),
    reason: "model_not_found",
    answered: false,
  },
  {
    name: "an error text in HTTP 200",
    reply: json({ error: "model crashed" }),
    options: { stream: false },
    reason: "server_error",
    answered: false,
  },
  {
    name: "an error that is null",
    reply: json({ ...completion("HEALTHY"), error: null }),
    options: { stream: false },
    reason: "ok",
  },
  {
    name: "a refusal",
    golden: true,
    reply: streamed(events(delta({ refusal: "I can't " }), delta({ refusal: "say." }, "stop"), DONE)),
    reason: "refused",
    answered: true,
  },
  {
    name: "a tool call instead of an answer",
    reply: streamed(
      events(delta({ tool_calls: [{ index: 0, function: { name: "f" } }] }, "tool_calls"), DONE),
    ),
    reason: "empty",
    answered: true,
  },
  {
    name: "hidden reasoning that used up all tokens",
    reply: json(completion("", "length")),
    options: { stream: false },
    reason: "truncated",
    answered: true,
  },
  {
    name: "Azure's content filter",
    reply: json({ error: { message: "filtered", code: "content_filter", status: 400 } }, 400),
    reason: "refused",
    answered: "not judged",
  },
  {
    name: "llama.cpp while it loads",
    golden: true,
    reply: json({ error: { code: 503, message: "Loading model", type: "unavailable_error" } }, 503),
    reason: "loading",
    answered: false,
  },
  {
    name: "a 503 of a proxy",
    reply: json("<html>no backend</html>", 503),
    reason: "server_error",
    answered: false,
  },
  {
    name: "a 429 whose wording suggests billing",
    reply: json(
      [
        {
          error: { code: 429, message: "check your plan and billing details", status: "RESOURCE_EXHAUSTED" },
        },
      ],
      429,
    ),
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "a redirect, not followed",
    golden: true,
    reply: json("", 302, { location: "http://127.0.0.1:1/elsewhere" }),
    reason: "redirect",
    answered: false,
  },
  {
    name: "an error whose body never ends",
    reply: (response) => {
      response.writeHead(429, { "content-type": "application/json" });
      response.write('{"error":');
    },
    timeout: 200,
    reason: "rate_limited",
    answered: false,
  },
  { name: "HTML", reply: json("<html>welcome</html>"), reason: "malformed", answered: false },
  { name: "JSON of another service", reply: json({ status: "ok" }), reason: "malformed", answered: false },
  { name: "JSON that is cut off", reply: json('{"choices":[{"mess'), reason: "malformed", answered: false },
  {
    name: "a frame that is not JSON",
    reply: streamed(events(delta({ content: "HEALTHY" }), "{oops")),
    reason: "malformed",
    answered: false,
  },
  {
    name: "deeply nested JSON",
    reply: json(
      `{"choices":${"[".repeat(500_000)}${"]".repeat(500_000)},"error":${"[".repeat(500_000)}${"]".repeat(500_000)}}`,
    ),
    reason: "malformed",
    answered: false,
  },
  {
    name: "lone surrogates and control characters",
    reply: json(completion("\ud800HEALTHY\u0000\u202e\n")),
    options: { expect: { equals: "no" } },
    reason: "content_mismatch",
    answered: true,
  },
  {
    name: "an endless line",
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${"x".repeat(2 ** 20 + 10)}`);
    },
    reason: "too_large",
    answered: false,
  },
  {
    name: "a body without end",
    golden: true,
    reply: (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = (): void => {
        while (!response.destroyed && response.write(`{${" ".repeat(2 ** 16)}`));
      };
      response.on("drain", more);
      more();
    },
    reason: "too_large",
    answered: false,
  },
  {
    name: "no answer but a closed connection",
    golden: true,
    reply: (response) => response.socket?.destroy(),
    reason: "network",
    answered: false,
  },
];

test.each(rows)("$name: $reason", async ({ name, reply, reason, answered, options, timeout, golden }) => {
  const address = await serve(reply);
  const question = { options: options ?? {}, ...(timeout === undefined ? {} : { timeout }) };
  const used = countCpuTime();
  const result = await ask(address, question);

  expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
  expect(result.answered ?? "not judged").toBe(answered ?? true);
  expect(detailOf(result).length).toBeLessThan(700);
  expect(detailOf(result)).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u);
  expect(used()).toBeLessThan(1.5);
  if (golden) {
    const file = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    await expect(maskedExposition(result)).toMatchFileSnapshot(`../../golden/llm/${file}.prom`);
  }
});

test("token counts are exposed by type", async () => {
  const counts = {
    prompt_tokens: 40,
    completion_tokens: 30,
    completion_tokens_details: { reasoning_tokens: 20 },
    prompt_tokens_details: { cached_tokens: 32 },
  };
  const result = await ask(await serve(streamed(events(...HEALTHY, usage(counts), DONE))));
  const tokens = ["input", "output", "reasoning", "cached_input"].map((type) =>
    valueOf(result, llmMetrics.tokens, { type }),
  );
  expect(tokens).toEqual([40, 30, 20, 32]);
});

test("invalid token counts are not exposed", async () => {
  const counts = { prompt_tokens: -1, completion_tokens: "many", completion_tokens_details: null };
  const result = await ask(await serve(streamed(events(...HEALTHY, usage(counts), DONE))));
  expect(valueOf(result, llmMetrics.tokens)).toBeUndefined();
});
