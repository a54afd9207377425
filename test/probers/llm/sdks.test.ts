import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { recordings } from "./recordings/index.ts";
import { named } from "./recordings/recording.ts";
import { ask, completion, delta, detailOf, events, reasonOf, serve, usage } from "./support.ts";

type Api = "openai" | "openai_responses" | "anthropic" | "gemini";
type Read = (address: string) => Promise<string>;

const PROMPT = [{ role: "user" as const, content: "?" }];
const openaiClient = (address: string): OpenAI =>
  new OpenAI({ apiKey: "k", baseURL: `${address}/v1`, maxRetries: 0 });
const anthropicClient = (address: string): Anthropic =>
  new Anthropic({ apiKey: "k", baseURL: address, maxRetries: 0 });
const geminiClient = (address: string): GoogleGenAI =>
  new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: address, retryOptions: { attempts: 1 } } });

const textOf = (message: Anthropic.Message): string =>
  message.content.map((block) => (block.type === "text" ? block.text : "")).join("");

/** Reads a full answer by the official client of each API. Rejects if the client throws. */
const SDKS: Readonly<Record<Api, { readonly streamed: Read; readonly whole: Read }>> = {
  openai: {
    async streamed(address) {
      const runner = openaiClient(address).chat.completions.stream({ model: "m", messages: PROMPT });
      return (await runner.finalContent()) ?? "";
    },
    async whole(address) {
      const { choices } = await openaiClient(address).chat.completions.create({
        model: "m",
        messages: PROMPT,
      });
      return choices[0]?.message.content ?? "";
    },
  },
  openai_responses: {
    async streamed(address) {
      let text = "";
      for await (const event of await openaiClient(address).responses.create({
        model: "m",
        input: "?",
        stream: true,
      }))
        if (event.type === "response.output_text.delta") text += event.delta;
      return text;
    },
    async whole(address) {
      return (await openaiClient(address).responses.create({ model: "m", input: "?" })).output_text;
    },
  },
  anthropic: {
    async streamed(address) {
      const stream = anthropicClient(address).messages.stream({
        model: "m",
        max_tokens: 9,
        messages: PROMPT,
      });
      return textOf(await stream.finalMessage());
    },
    async whole(address) {
      return textOf(
        await anthropicClient(address).messages.create({ model: "m", max_tokens: 9, messages: PROMPT }),
      );
    },
  },
  gemini: {
    async streamed(address) {
      let text = "";
      for await (const { text: part } of await geminiClient(address).models.generateContentStream({
        model: "m",
        contents: "?",
      }))
        text += part ?? "";
      return text;
    },
    async whole(address) {
      return (await geminiClient(address).models.generateContent({ model: "m", contents: "?" })).text ?? "";
    },
  },
};

interface Answer {
  readonly name: string;
  readonly api: Api;
  readonly stream: boolean;
  readonly body: string;
}

/** The prober reads this event: the text before it is full, and these clients' helpers only miss its finish reason. */
const LAST_EVENT = "a last event without its blank line";

const HEALTHY = [delta({ role: "assistant", content: "HEAL" }), delta({ content: "THY" }), delta({}, "stop")];
const openaiStreams: Readonly<Record<string, string>> = {
  "the usual form": events(
    ...HEALTHY,
    usage({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }),
    "[DONE]",
  ),
  "CRLF and comments": `: hi\r\n\r\n${events(...HEALTHY, "[DONE]").replaceAll("\n", "\r\n")}`,
  "no [DONE]": events(...HEALTHY),
  [LAST_EVENT]: events(...HEALTHY).trimEnd(),
  "an error behind [DONE]": events(...HEALTHY, "[DONE]", { error: { message: "x" } }),
  "no JSON behind [DONE]": `${events(...HEALTHY, "[DONE]")}data: {oops\n\n`,
  "an error in the middle": events(delta({ content: "HEAL" }), { error: { message: "x" } }),
  "no JSON in the middle": `${events(delta({ content: "HEALTHY" }))}data: {oops\n\n`,
  "no finish reason": events(delta({ content: "HEALTHY" })),
  "no finish reason but [DONE]": events(delta({ content: "HEALTHY" }), "[DONE]"),
  "an empty finish reason": events(delta({ content: "HEALTHY" }, ""), "[DONE]"),
  "no byte": "",
  HTML: "<html>hello</html>",
};

const anthropicStart = {
  type: "message_start",
  message: {
    id: "1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [],
    usage: { input_tokens: 1, output_tokens: 1 },
  },
};
const anthropicText = [
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "HEALTHY" } },
  { type: "content_block_stop", index: 0 },
];
const anthropicEnd = [
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
  { type: "message_stop" },
];
const anthropicStreams: Readonly<Record<string, string>> = {
  "a ping in the middle": named(anthropicStart, { type: "ping" }, ...anthropicText, ...anthropicEnd),
  CRLF: named(anthropicStart, ...anthropicText, ...anthropicEnd).replaceAll("\n", "\r\n"),
  [LAST_EVENT]: named(anthropicStart, ...anthropicText, ...anthropicEnd).trimEnd(),
  "no end": named(anthropicStart, ...anthropicText),
  "an error in the middle": named(anthropicStart, ...anthropicText, {
    type: "error",
    error: { type: "overloaded_error", message: "x" },
  }),
  "no byte": "",
};

const geminiCandidate = (text: string, more: object = {}): object => ({
  candidates: [{ content: { role: "model", parts: [{ text }] }, ...more }],
});
const geminiStreams: Readonly<Record<string, string>> = {
  "the usual form": events(geminiCandidate("HEAL"), geminiCandidate("THY", { finishReason: "STOP" })),
  CRLF: events(geminiCandidate("HEALTHY", { finishReason: "STOP" })).replaceAll("\n", "\r\n"),
  "an error in the middle": events(geminiCandidate("HEAL"), {
    error: { code: 503, status: "UNAVAILABLE", message: "x" },
  }),
};

const streams = (api: Api, bodies: Readonly<Record<string, string>>): readonly Answer[] =>
  Object.entries(bodies).map(([name, body]) => ({ name, api, stream: true, body }));

const answers: readonly Answer[] = [
  ...streams("openai", openaiStreams),
  { name: "a whole answer", api: "openai", stream: false, body: JSON.stringify(completion("HEALTHY")) },
  ...streams("anthropic", anthropicStreams),
  ...streams("gemini", geminiStreams),
  ...recordings.flatMap(({ name, api, stream, body, says }) =>
    // The clients read no array of chunks, content in parts or details of reasoning, and no text in a tool call.
    api in SDKS && says.toolCalls === undefined && !/array|parts|details/.test(name)
      ? [{ name, api: api as Api, stream, body }]
      : [],
  ),
];

describe("an official client and the prober agree on the same bytes", () => {
  test.each(answers)("$api, stream $stream, $name", async ({ name, api, stream, body }) => {
    const address = await serve((response) => {
      response.writeHead(200, { "content-type": stream ? "text/event-stream" : "application/json" });
      response.end(body);
    });
    const sdk = SDKS[api];
    const full = await (stream ? sdk.streamed : sdk.whole)(address).catch(() => undefined);
    const expected = full === undefined || full === "" ? {} : { expect: { equals: full } };
    const result = await ask(address, { options: { api, stream, ...expected }, target: { model: "m" } });
    const outcome = `${reasonOf(result)} ${detailOf(result)}`;
    const accepted = name === LAST_EVENT || (full !== undefined && full !== "");
    if (accepted) expect(outcome).toBe("ok ");
    else expect(outcome).not.toBe("ok ");
  });
});
