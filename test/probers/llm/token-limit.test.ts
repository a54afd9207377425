import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { lines } from "./recordings/recording.ts";
import {
  ask,
  compile,
  completion,
  delta,
  detailOf,
  events,
  type Options,
  reasonOf,
  serve,
  streamed,
  usage,
} from "./support.ts";

/** Sends `piece` until the client leaves. Returns the bytes that were sent when the client left. */
async function endless(piece: string): Promise<{ readonly address: string; readonly left: Promise<number> }> {
  const started = Promise.withResolvers<ServerResponse>();
  let sent = 0;
  const address = await serve((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    started.resolve(response);
    const more = (): void => {
      if (response.destroyed) return;
      sent += piece.length;
      response.write(piece, () => setImmediate(more));
    };
    more();
  });
  const left = started.promise.then(async (response) => {
    await once(response, "close");
    return sent;
  });
  return { address, left };
}

describe("a server that ignores the token limit is left", () => {
  test.each<{ name: string; piece: string; options?: Options }>([
    { name: "in the answer", piece: events(delta({ content: "HEALTHY " })) },
    { name: "in reasoning", piece: events(delta({ reasoning: "well, " })) },
    { name: "in a block of thinking", piece: events(delta({ content: "<think>well, " })) },
    {
      name: "in the arguments of a tool call",
      piece: events(delta({ tool_calls: [{ index: 0, function: { arguments: '"a":1,' } }] })),
    },
    { name: "in Chinese", piece: events(delta({ content: "健康" })) },
    { name: "letter by letter", piece: events(delta({ content: "x" })) },
    {
      name: "by its own count",
      piece: events({ ...delta({ content: "" }), usage: { completion_tokens: 65 } }),
    },
    {
      name: "in lines",
      piece: lines({ message: { content: "HEALTHY " }, done: false }),
      options: { api: "ollama" },
    },
  ])("$name", async ({ piece, options }) => {
    const { address, left } = await endless(piece);
    const result = await ask(address, { options: { max_tokens: 16, ...options } });
    expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(
      /^limit_ignored about \d+ tokens came for a limit/,
    );
    expect(result.answered).toBe(true);
    expect(result.spent?.tokens.output).toBeGreaterThan(64);
    // 64 tokens are 256 letters at most; the rest is in the buffers of two sockets.
    expect(await left).toBeLessThan(256 * piece.length + 2 ** 23);
  });
});

describe("an answer that came to its end is judged, one that should have ended is left", () => {
  const words = (count: number): string => Array.from({ length: count }, () => "HEALTHY").join(" ");
  const text = (count: number): object => delta({ content: words(count) });
  const counted = (tokens: number): object => ({ ...delta({}), usage: { completion_tokens: tokens } });
  const end = events(delta({}, "stop"), usage({ completion_tokens: 1000 }), "[DONE]");
  test.each<{ name: string; body: string; options?: Options; reason: string }>([
    { name: "a high count after the end", body: events(text(1)) + end, reason: "ok" },
    { name: "64 tokens of four letters", body: events(text(32)) + end, reason: "ok" },
    { name: "a longer text", body: events(text(33)) + end, reason: "limit_ignored" },
    { name: "a longer text in one frame", body: events(delta({ content: words(33) }, "stop")), reason: "ok" },
    { name: "a longer text, whole", body: JSON.stringify(completion(words(33))), reason: "ok" },
    { name: "four times the limit", body: events(text(1), counted(64)) + end, reason: "ok" },
    { name: "one token more", body: events(text(1), counted(65)) + end, reason: "limit_ignored" },
    {
      name: "64 for a limit of 1",
      body: events(text(1), counted(64)) + end,
      options: { max_tokens: 1 },
      reason: "ok",
    },
    {
      name: "another limit in extra_body",
      body: events(text(100), counted(1000)) + end,
      options: { extra_body: { max_completion_tokens: null, n_predict: 2000 } },
      reason: "ok",
    },
  ])("$name: $reason", async ({ body, options, reason }) => {
    const address = await serve(streamed(body));
    expect(reasonOf(await ask(address, { options: { max_tokens: 16, ...options } }))).toBe(reason);
  });
});

test.each<{ name: string; options: Options; limit: number | undefined }>([
  { name: "the default", options: {}, limit: 1024 },
  { name: "a vector", options: { api: "openai_embeddings", expect: { dimensions: 3 } }, limit: undefined },
  {
    name: "a replaced limit",
    options: { api: "gemini", extra_body: { generationConfig: { maxOutputTokens: 9 } } },
    limit: undefined,
  },
  {
    name: "more beside the limit",
    options: { api: "gemini", extra_body: { generationConfig: { seed: 9 } } },
    limit: 1024,
  },
])("reading is limited by what requests say: $name", ({ options, limit }) => {
  const { module, problems } = compile(options);
  expect(problems).toEqual([]);
  expect(module.readLimit).toBe(limit);
});
