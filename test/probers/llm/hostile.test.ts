import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { createMemory } from "../../../src/core/memory.ts";
import { receive } from "../../../src/probers/llm/receive.ts";
import { type Api, WIRE_FORMATS, wireFormat } from "../../../src/probers/llm/wire/index.ts";
import { countCpuTime } from "../../helpers/cpu-time.ts";
import { read } from "./read-answer.ts";
import { lines, named } from "./recordings/recording.ts";
import { ask, compile, delta, detailOf, events, json, type Options, reasonOf, serve } from "./support.ts";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Bytes of a body that are read, and the most that the buffers of two sockets may hold besides. */
const READ = 8 * MiB;
const IN_BUFFERS = 12 * MiB;

/** Serves `piece` repeatedly, up to `total` bytes, as fast as the client reads, and counts the bytes. */
async function flood(
  piece: string,
  total: number,
  head: (response: ServerResponse) => void,
): Promise<{ readonly address: string; readonly sent: () => number }> {
  const block = Buffer.from(piece.repeat(Math.ceil(2 ** 16 / piece.length)));
  let sent = 0;
  const address = await serve((response) => {
    head(response);
    const more = (): void => {
      while (!response.destroyed && sent < total) {
        sent += block.length;
        if (!response.write(block)) return;
      }
      response.end();
    };
    response.on("drain", more);
    more();
  });
  return { address, sent: () => sent };
}

describe("reading stops early in a body of 1 GiB", () => {
  const ok = (response: ServerResponse): void => void response.writeHead(200);
  const whole = (response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"choices":[{"message":{"content":"');
  };
  const rows: readonly {
    readonly name: string;
    readonly piece: string;
    readonly options?: Options;
    readonly head?: (response: ServerResponse) => void;
    readonly reason: string;
    readonly read?: number;
  }[] = [
    { name: "of events", piece: events(delta({ content: "HEALTHY " })), reason: "limit_ignored", read: 0 },
    { name: "of comments", piece: ": keep-alive\n\n", reason: "too_large" },
    {
      name: "of tool calls",
      piece: events(delta({ tool_calls: [{ function: { name: "f", arguments: "{}" } }] })),
      reason: "limit_ignored",
      read: 0,
    },
    {
      name: "of lines",
      piece: lines({ message: { content: "HEALTHY " }, done: false }),
      options: { api: "ollama" },
      reason: "limit_ignored",
      read: 0,
    },
    {
      name: "of lines that are read whole",
      piece: lines({ message: { content: "HEALTHY " }, done: false }),
      options: { api: "ollama", stream: false },
      reason: "too_large",
    },
    { name: "of one text", piece: "HEALTHY ", head: whole, reason: "too_large" },
    {
      name: "of one text from an API without streams",
      piece: "HEALTHY ",
      head: whole,
      options: { api: "bedrock" },
      reason: "too_large",
    },
    { name: "of white space", piece: " \n", reason: "too_large" },
    { name: "of binary", piece: "\u0000\u0001", options: { api: "gemini" }, reason: "too_large" },
    {
      name: "of an error",
      piece: "no ",
      head: (response) => void response.writeHead(500),
      reason: "server_error",
      read: 2 ** 16,
    },
  ];
  test.each(rows)("$name: $reason", async ({ piece, options, head, reason, read }) => {
    const { address, sent } = await flood(piece, GiB, head ?? ok);
    const before = process.memoryUsage();
    const used = countCpuTime();
    const result = await ask(address, {
      options: { prompt: "?", ...options },
      target: { model: "m" },
    });
    const took = used();
    const after = process.memoryUsage();

    expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
    expect(detailOf(result).length).toBeLessThan(700);
    expect(sent()).toBeGreaterThan(Math.min(read ?? READ, READ));
    expect(sent()).toBeLessThan((read ?? READ) + IN_BUFFERS);
    // Memory for the bytes that were read, their text and the pieces: far less than what was sent.
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    expect(grown).toBeLessThan(160 * MiB);
    expect(took).toBeLessThan(5);
  });
});

test("reading an error body stops after 64 KiB", () => {
  const context = {
    signal: AbortSignal.timeout(1000),
    clock: systemClock,
    log: () => undefined,
    memory: createMemory().namespace("test"),
  };
  const { receiver } = receive(compile().module, context);
  receiver.head(500, {});
  const piece = new Uint8Array(2 ** 15);
  const at = systemClock.arrival();
  expect([1, 2, 3].map(() => receiver.data(piece, at))).toEqual([false, false, true]);
});

describe("a line of 10 MiB is too large", () => {
  const long = "x".repeat(10 * MiB);
  test.each<{ name: string; body: string; options?: Options }>([
    { name: "in an event", body: `data: {"choices":[{"delta":{"content":"${long}"}}]}\n\n` },
    { name: "in an event without an end", body: `data: ${long}` },
    { name: "in a comment", body: `: ${long}` },
    { name: "in the name of an event", body: `event: ${long}` },
    { name: "in an unknown field", body: `${long}: x\n` },
    { name: "as many lines of one event", body: `data: ${"x".repeat(1000)}\n`.repeat(10_000) },
    { name: "in a line of JSON", body: `{"message":{"content":"${long}"}}\n`, options: { api: "ollama" } },
    { name: "in a line of JSON without an end", body: `{"message":"${long}`, options: { api: "ollama" } },
  ])("$name", async ({ body, options }) => {
    const address = await serve((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(body);
    });
    const result = await ask(address, { options: { prompt: "?", ...options }, target: { model: "m" } });
    expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(/^too_large /);
    expect(detailOf(result).length).toBeLessThan(100);
  });
});

/** Returns an answer in the form of each API. `text` is JSON, so that escapes are sent unchanged. */
const answers: Readonly<Record<Exclude<Api, "openai_embeddings">, (text: string) => string>> = {
  openai: (text) => `{"choices":[{"message":{"content":${text}},"finish_reason":"stop"}]}`,
  azure_openai: (text) => `{"choices":[{"message":{"content":${text}},"finish_reason":"stop"}]}`,
  openai_responses: (text) =>
    `{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":${text}}]}]}`,
  anthropic: (text) => `{"content":[{"type":"text","text":${text}}],"stop_reason":"end_turn"}`,
  ollama: (text) => `{"message":{"content":${text}},"done":true}`,
  gemini: (text) => `{"candidates":[{"content":{"parts":[{"text":${text}}]},"finishReason":"STOP"}]}`,
  cohere: (text) => `{"message":{"content":[{"type":"text","text":${text}}]},"finish_reason":"COMPLETE"}`,
  bedrock: (text) => `{"output":{"message":{"content":[{"text":${text}}]}},"stopReason":"end_turn"}`,
  tgi: (text) => `{"generated_text":${text}}`,
};

describe.each(Object.entries(answers) as [Api, (text: string) => string][])("%s", (api, bodyOf) => {
  const answer = async (body: string | Uint8Array): Promise<ReturnType<typeof ask>> => {
    const address = await serve((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(body);
    });
    const options: Options = { api, stream: false, prompt: "?", expect: { equals: "no" } };
    return ask(address, { options, target: { model: "m" } });
  };
  test.each([
    { name: "lone surrogates and control characters", text: '"\\ud800HEAL\\u0000THY\\u202e\\udfff\\n"' },
    { name: "half a million characters", text: `"${"\u{1f98a}".repeat(250_000)}"` },
    { name: "secrets", text: '"sk-not-a-secret \\u001b[31m"' },
  ])("with $name: content_mismatch", async ({ text }) => {
    const result = await answer(bodyOf(text));
    expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(/^content_mismatch /);
    expect(result.answered).toBe(true);
    expect(detailOf(result).isWellFormed()).toBe(true);
    expect(detailOf(result)).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]{1,700}$/u);
  });

  test("with binary", async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 251);
    const result = await answer(bytes);
    expect(reasonOf(result)).toMatch(/^(malformed|stream_error|network)$/);
    expect(detailOf(result)).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u);
  });

  test("with JSON nested too deeply for the stack", async () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const result = await answer(bodyOf(deep));
    expect(reasonOf(result)).toMatch(/^(empty|malformed|stream_error|network)$/);
  });
});

test("every API that answers with text is tested here", () => {
  const apis = WIRE_FORMATS.filter(({ abilities }) => abilities.answer === "text").map(({ api }) => api);
  expect(Object.keys(answers).toSorted()).toEqual(apis.toSorted());
});

test("keys of a JSON answer are redacted and escaped like the rest", async () => {
  const answer = { ["sk-very-secret\n\u202e".repeat(10_000)]: 1 };
  const options: Options = {
    prompt: "?",
    api_key: "sk-very-secret",
    expect: { json_schema: { additionalProperties: { type: "string" } } },
  };
  const content = { choices: [{ message: { content: JSON.stringify(answer) }, finish_reason: "stop" }] };
  const result = await ask(await serve(json(content)), { options });
  expect(detailOf(result)).toMatch(/^JSON at \/<secret>[^\p{Cc}\p{Cf}]{500,}$/u);
  expect(detailOf(result)).not.toContain("sk-very");
  expect(detailOf(result).length).toBeLessThan(3000);
});

test("tool arguments nested too deeply for the stack are judged and shown", async () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const body = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":${deep}}}}]},"finishReason":"STOP"}]}`;
  const schema = { type: "object", properties: { a: { type: "array", items: { $ref: "#/properties/a" } } } };
  const options: Options = {
    api: "gemini",
    stream: false,
    prompt: "?",
    expect: { tool_call: { name: "f", arguments: schema } },
  };
  const result = await ask(await serve(json(body)), { options, target: { model: "m" } });
  expect(detailOf(result)).toBe("call of f: nested too deeply to be validated in: f(...)");
});

test("reading an answer byte by byte takes linear time", () => {
  const text = "x".repeat(200_000);
  const bodies: readonly [Api, string][] = [
    ["openai", events(delta({ content: text }), delta({}, "stop"))],
    [
      "anthropic",
      named({ type: "content_block_delta", delta: { type: "text_delta", text } }, { type: "message_stop" }),
    ],
    ["ollama", lines({ message: { content: text }, done: false }, { done: true })],
  ];
  for (const [api, body] of bodies) {
    const bytes = new TextEncoder().encode(body);
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const used = countCpuTime();
    const facts = read(chunks, wireFormat(api));
    expect({ api, length: facts.output.length }).toEqual({ api, length: text.length });
    expect(used()).toBeLessThan(2);
  }
});
