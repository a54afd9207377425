import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, test } from "vitest";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import {
  ask,
  compile,
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
  valueOf,
} from "./support.ts";

const ID = "5eb6c9b9d0a51b6b9f1e2fd1b1b7e6b6f6a5c1f0e8d7c6b5a4938271605f4e3d";

/** Answers as LiteLLM's proxy does: `model` is the alias, and only the headers say which deployment answered. */
const litellm = (headers: Record<string, string>, stream = false): Reply => {
  const all = {
    "x-litellm-call-id": "b980db26-9512-45cc-b1da-c511a363b83f",
    "x-litellm-version": "1.74.0",
    "x-litellm-response-cost": "2.85e-05",
    "x-litellm-key-spend": "0.0",
    ...headers,
  };
  if (!stream) return json(completion("HEALTHY"), 200, all);
  const body = events(delta({ role: "assistant", content: "HEALTHY" }), delta({}, "stop"), "[DONE]");
  return (response) => response.writeHead(200, { "content-type": "text/event-stream", ...all }).end(body);
};

/** A chunk of OpenRouter's stream. */
const routed = (provider: unknown, fields: object, finish: string | null = null): object => ({
  id: "gen-1752158400-abc",
  provider,
  model: "openai/gpt-4o-mini",
  object: "chat.completion.chunk",
  created: 1_752_158_400,
  choices: [
    {
      index: 0,
      delta: { role: "assistant", ...fields },
      finish_reason: finish,
      native_finish_reason: finish,
    },
  ],
});

const openrouter =
  (provider: unknown): Reply =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": OPENROUTER PROCESSING\n\n");
    response.end(
      events(routed(provider, { content: "HEAL" }), routed(provider, { content: "THY" }, "stop"), "[DONE]"),
    );
  };

const ngrok: Reply = json(completion("HEALTHY"), 200, { "Ngrok-AIG-Model": "gpt-4o-mini" });

interface Row {
  readonly name: string;
  readonly reply: Reply;
  readonly options: Options;
  readonly servedBy: string | undefined;
}

const whole = { stream: false };
const bySomething = (body: object): Reply => json({ ...completion("HEALTHY"), ...body });

const rows: readonly Row[] = [
  { name: "LiteLLM", reply: litellm({ "x-litellm-model-id": ID }), options: whole, servedBy: ID },
  {
    name: "LiteLLM, streamed",
    reply: litellm({ "x-litellm-model-id": ID }, true),
    options: {},
    servedBy: ID,
  },
  {
    name: "another header of LiteLLM, in any case",
    reply: litellm({ "x-litellm-model-id": ID, "x-litellm-model-name": "azure/gpt-4o" }),
    options: { ...whole, served_by: { header: "X-LiteLLM-Model-Name" } },
    servedBy: "azure/gpt-4o",
  },
  { name: "ngrok", reply: ngrok, options: whole, servedBy: "gpt-4o-mini" },
  { name: "OpenRouter, streamed", reply: openrouter("Azure"), options: {}, servedBy: "Azure" },
  { name: "OpenRouter, whole", reply: bySomething({ provider: "Azure" }), options: whole, servedBy: "Azure" },
  { name: "OpenRouter without a provider", reply: openrouter(null), options: {}, servedBy: undefined },
  {
    name: "a provider that is an object",
    reply: bySomething({ provider: { name: "x" } }),
    options: whole,
    servedBy: undefined,
  },
  { name: "no gateway", reply: bySomething({}), options: whole, servedBy: undefined },
  {
    name: "a configured header, and nothing else",
    reply: json({ ...completion("HEALTHY"), provider: "Azure" }, 200, { "x-litellm-model-id": ID }),
    options: { ...whole, served_by: { header: "x-served-by" } },
    servedBy: undefined,
  },
  {
    name: "a nested field, a position and a number",
    reply: bySomething({ route: { hops: [{ id: 1 }, { id: 17 }] } }),
    options: { ...whole, served_by: { field: "route.hops.1.id" } },
    servedBy: "17",
  },
  {
    name: "a field that every object inherits",
    reply: bySomething({}),
    options: { ...whole, served_by: { field: "constructor.name" } },
    servedBy: undefined,
  },
  {
    name: "a field of a stream that comes with the last chunk",
    reply: (response) =>
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(
          events(delta({ content: "HEALTHY" }), { ...delta({}, "stop"), meta: { backend: "b" } }, "[DONE]"),
        ),
    options: { served_by: { field: "meta.backend" } },
    servedBy: "b",
  },
  {
    name: "a field of a line of Ollama",
    reply: json({ message: { content: "HEALTHY" }, done: true, backend: "gpu-2" }),
    options: { api: "ollama", served_by: { field: "backend" } },
    servedBy: "gpu-2",
  },
  {
    name: "an event of Anthropic",
    reply: (response) =>
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(
          [
            { type: "message_start", message: { model: "claude", provider: "Bedrock", usage: {} } },
            { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "HEALTHY" } },
            { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 3 } },
            { type: "message_stop" },
          ]
            .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
            .join(""),
        ),
    options: { api: "anthropic", served_by: { field: "message.provider" } },
    servedBy: "Bedrock",
  },
];

test.each(rows)("$name: $servedBy", async ({ reply, options, servedBy }) => {
  const result = await ask(await serve(reply), { options });
  expect([reasonOf(result), detailOf(result)]).toEqual(["ok", ""]);
  expect(result.facts?.servedBy).toBe(servedBy);
  const labels = result.samples.filter(({ metric }) => metric === llmMetrics.servedByInfo);
  expect(labels.map(({ labels, value }) => [labels?.["served_by"], value])).toEqual(
    servedBy === undefined ? [] : [[servedBy, 1]],
  );
});

describe("allowed_served_by", () => {
  const only = (...patterns: string[]): Options => ({ ...whole, allowed_served_by: patterns });
  const cases: readonly { name: string; reply: Reply; options: Options; reason: string; detail: RegExp }[] = [
    { name: "an allowed one", reply: ngrok, options: only("gpt-4o.*"), reason: "ok", detail: /^$/ },
    {
      name: "the second of several",
      reply: ngrok,
      options: only("a", "gpt-4o-mini"),
      reason: "ok",
      detail: /^$/,
    },
    {
      name: "only a part of the name",
      reply: ngrok,
      options: only("gpt-4o"),
      reason: "model_mismatch",
      detail: /served by gpt-4o-mini, which allowed_served_by does not match/,
    },
    {
      name: "another deployment",
      reply: litellm({ "x-litellm-model-id": "backup", "x-litellm-attempted-fallbacks": "1" }),
      options: only(ID),
      reason: "model_mismatch",
      detail: /served by backup,/,
    },
    {
      name: "another provider in a stream",
      reply: openrouter("Azure"),
      options: { allowed_served_by: ["OpenAI"] },
      reason: "model_mismatch",
      detail: /served by Azure,/,
    },
    {
      name: "no name",
      reply: bySomething({}),
      options: only(".*"),
      reason: "model_mismatch",
      detail: /served by unknown,/,
    },
    {
      name: "a line break in the name",
      reply: bySomething({ provider: "OpenAI\nAzure" }),
      options: only("OpenAI"),
      reason: "model_mismatch",
      detail: /served by OpenAI\\nAzure,/,
    },
    {
      name: "a wrong answer of an allowed one",
      reply: json({ ...completion("UNHEALTHY"), provider: "OpenAI" }),
      options: only("OpenAI"),
      reason: "content_mismatch",
      detail: /UNHEALTHY/,
    },
    {
      name: "an error of another one, which keeps its own reason",
      reply: json({ error: { message: "no", code: 429 }, provider: "Azure" }, 429),
      options: only("OpenAI"),
      reason: "rate_limited",
      detail: /429/,
    },
  ];
  test.each(cases)("$name: $reason", async ({ reply, options, reason, detail }) => {
    const result = await ask(await serve(reply), { options });
    expect(reasonOf(result)).toBe(reason);
    expect(detailOf(result)).toMatch(detail);
  });

  test("alive and correct are independent of it", async () => {
    const result = await ask(await serve(ngrok), { options: only("other") });
    expect(result.answered).toBe(true);
    expect(valueOf(result, llmMetrics.answerCorrect)).toBe(1);
  });
});

describe("attempts of a gateway", () => {
  test.each<[string, IncomingHttpHeaders, number | undefined, number | undefined]>([
    ["none", { "x-litellm-attempted-fallbacks": "0", "x-litellm-attempted-retries": "0" }, 0, 0],
    ["a fallback", { "x-litellm-attempted-fallbacks": "1", "x-litellm-attempted-retries": "2" }, 1, 2],
    ["Cloudflare's second step", { "cf-aig-step": "1" }, 1, undefined],
    ["no gateway", {}, undefined, undefined],
    ["no number", { "x-litellm-attempted-fallbacks": "None" }, undefined, undefined],
    ["an endless number", { "x-litellm-attempted-fallbacks": "9".repeat(400) }, undefined, undefined],
  ])("%s", async (_name, headers, fallbacks, retries) => {
    const result = await ask(await serve(litellm(headers as Record<string, string>)), { options: whole });
    expect(valueOf(result, llmMetrics.gatewayFallbacks)).toBe(fallbacks);
    expect(valueOf(result, llmMetrics.gatewayRetries)).toBe(retries);
  });
});

test("who failed is known, from the headers of an error and from its body", async () => {
  const failing = (body: object, headers = {}): Reply =>
    json({ error: { message: "x" }, ...body }, 500, headers);
  const byHeader = await ask(await serve(failing({}, { "x-litellm-model-id": "a" })));
  expect([reasonOf(byHeader), byHeader.facts?.servedBy]).toEqual(["server_error", "a"]);
  const byBody = await ask(await serve(failing({ provider: "B" })));
  expect([reasonOf(byBody), byBody.facts?.servedBy]).toEqual(["server_error", "B"]);
});

test("the label is bounded, on one line, and without secrets", async () => {
  const secret = "sk-live-0123456789";
  const provider = `a\n${secret} ${"x".repeat(5000)}`;
  const result = await ask(await serve(bySomething({ provider })), {
    options: { ...whole, api_key: secret },
  });
  const label = result.samples.find(({ metric }) => metric === llmMetrics.servedByInfo)?.labels?.[
    "served_by"
  ];
  expect(label).toMatch(/^a\\n<secret> x+\.\.\.$/);
  expect(label?.length).toBeLessThan(120);
});

test.each([
  ["both", { header: "x-a", field: "b" }, "served_by: got header and field, want one of them"],
  ["neither", {}, "served_by: got neither header nor field, want one of them"],
  [
    "a name with a space",
    { header: "x a" },
    "served_by.header: got a name that HTTP does not allow, want the name of a header",
  ],
])("%s is refused", (_name, served_by, problem) => {
  expect(compile({ served_by }).problems).toEqual([problem]);
});

test.each([
  ["litellm-fallback", litellm({ "x-litellm-model-id": ID, "x-litellm-attempted-fallbacks": "1" })],
  ["openrouter-provider", bySomething({ provider: "Azure" })],
] as const)("golden exposition %s", async (name, reply) => {
  const options = { ...whole, allowed_served_by: ["primary"] };
  const result = await ask(await serve(reply), { options });
  await expect(maskedExposition(result)).toMatchFileSnapshot(`../../golden/llm/${name}.prom`);
});
