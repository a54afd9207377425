import { describe, expect, test } from "vitest";
import {
  ask,
  completion,
  delta,
  detailOf,
  events,
  json,
  type Options,
  reasonOf,
  serve,
  streamed,
} from "./support.ts";

interface ChatBody {
  readonly messages: readonly { readonly content: string }[];
}

describe("tools", () => {
  const report = {
    name: "report",
    description: "Reports a status.",
    parameters: { type: "object", properties: { status: { type: "string" } } },
  } as const;
  const wanted = {
    name: "report",
    arguments: { required: ["status"], properties: { status: { const: "ok" } } },
  };

  async function offered(options: Options): Promise<unknown> {
    const bodies: Record<string, unknown>[] = [];
    const address = await serve((response, body) => {
      bodies.push(JSON.parse(body) as Record<string, unknown>);
      response.end();
    });
    await ask(address, { options: { prompt: "Report.", ...options }, target: { model: "m" } });
    const [body] = bodies;
    return body?.["tools"] ?? body?.["toolConfig"];
  }

  const { name, description, parameters } = report;
  const asFunction = { type: "function", function: report };
  test.each<{ api: NonNullable<Options["api"]>; tools: unknown }>([
    { api: "openai", tools: [{ ...asFunction, function: { ...report, parameters: { ...parameters } } }] },
    { api: "azure_openai", tools: [asFunction] },
    { api: "openai_responses", tools: [{ type: "function", name, description, parameters }] },
    { api: "anthropic", tools: [{ name, description, input_schema: parameters }] },
    { api: "ollama", tools: [asFunction] },
    {
      api: "gemini",
      tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }],
    },
    { api: "cohere", tools: [asFunction] },
    {
      api: "bedrock",
      tools: { tools: [{ toolSpec: { name, description, inputSchema: { json: parameters } } }] },
    },
  ])("are offered in the form of $api", async ({ api, tools }) => {
    expect(await offered({ api, tools: [report] })).toEqual(tools);
  });

  test("whose call is expected are offered, unless the module sets tools", async () => {
    const schema = { type: "object", ...wanted.arguments };
    expect(await offered({ expect: { tool_call: wanted } })).toEqual([
      { type: "function", function: { name: "report", parameters: schema } },
    ]);
    expect(await offered({ expect: { tool_call: wanted }, tools: [report] })).toEqual([asFunction]);
    expect(await offered({})).toBeUndefined();
  });

  const calling = (...calls: readonly object[]) =>
    streamed(
      events(
        delta({ role: "assistant", content: null }),
        ...calls.map((call) => delta({ tool_calls: [call] })),
        delta({}, "tool_calls"),
        "[DONE]",
      ),
    );
  const part = (index: number, called: object) => ({ index, function: called });
  test.each<{ name: string; calls: readonly object[]; broken: string; options?: Options }>([
    { name: "the right one", calls: [part(0, { name: "report", arguments: '{"status":"ok"}' })], broken: "" },
    {
      name: "the right one, in parts",
      calls: [
        part(0, { name: "report", arguments: "" }),
        part(0, { arguments: '{"sta' }),
        part(0, { arguments: 'tus":"ok"}' }),
      ],
      broken: "",
    },
    {
      name: "the right one among others",
      calls: [
        part(0, { name: "report", arguments: '{"status":"bad"}' }),
        part(1, { name: "look", arguments: "{}" }),
        part(2, { name: "report", arguments: '{"status":"ok"}' }),
      ],
      broken: "",
    },
    {
      name: "wrong arguments",
      calls: [part(0, { name: "report", arguments: '{"status":"bad"}' })],
      broken: 'call of report: JSON at /status must be equal to constant in: report({"status":"bad"})',
    },
    {
      name: "no arguments",
      calls: [part(0, { name: "report" })],
      broken: "call of report: JSON at / must have required property 'status' in: report()",
    },
    {
      name: "arguments that are cut off",
      calls: [part(0, { name: "report", arguments: '{"status":"o' })],
      broken: 'call of report: arguments that are not JSON in: report({"status":"o)',
    },
    {
      name: "another tool",
      calls: [part(0, { name: "look", arguments: "{}" })],
      broken: "the tool report was not called in: look({})",
    },
    {
      name: "very many calls",
      calls: Array.from({ length: 50 }, (_, i) => part(i, { name: "look", arguments: '"'.repeat(100) })),
      broken: `the tool report was not called in: ${Array.from({ length: 3 }, () => `look(${'"'.repeat(100)})`).join(" ")}`,
    },
  ])("are judged by their calls: $name", async ({ calls, broken }) => {
    const options: Options = {
      prompt: "Report.",
      tools: [report, { name: "look" }],
      max_tokens: 1000,
      expect: { tool_call: wanted },
    };
    const result = await ask(await serve(calling(...calls)), { options });
    expect(detailOf(result)).toBe(broken);
    expect(reasonOf(result)).toBe(broken === "" ? "ok" : "content_mismatch");
    expect(result.answered).toBe(true);
  });

  test("that the answer only mentions are not called", async () => {
    const options: Options = { prompt: "Report.", expect: { tool_call: { name: "report" } } };
    const result = await ask(await serve(json(completion("I would call report."))), { options });
    expect(reasonOf(result)).toBe("content_mismatch");
    expect(detailOf(result)).toBe("the tool report was not called in: I would call report.");
    const silent = await ask(await serve(json(completion(""))), { options });
    expect(reasonOf(silent)).toBe("empty");
  });

  test("whose arguments are cut off at the token limit fail with truncated", async () => {
    const options: Options = { prompt: "Report.", expect: { tool_call: { name: "report" } } };
    const cut = events(
      delta({ tool_calls: [part(0, { name: "report", arguments: '{"a' })] }),
      delta({}, "length"),
      "[DONE]",
    );
    expect(reasonOf(await ask(await serve(streamed(cut)), { options }))).toBe("truncated");
  });

  test("can be expected to get a random value in their arguments", async () => {
    const options: Options = {
      prompt: "Report {{nonce}}.",
      tools: [report],
      expect: {
        tool_call: { name: "report", arguments: { properties: { status: { const: "id {{nonce}}" } } } },
      },
    };
    const repeating = (change: string) =>
      serve((response, body, request) => {
        const { messages } = JSON.parse(body) as ChatBody;
        const nonce = /\d+/.exec(messages[0]?.content ?? "")?.[0];
        const call = part(0, {
          name: "report",
          arguments: JSON.stringify({ status: `id ${nonce}${change}` }),
        });
        calling(call)(response, body, request);
      });
    expect(detailOf(await ask(await repeating(""), { options }))).toBe("");
    expect(reasonOf(await ask(await repeating("1"), { options }))).toBe("content_mismatch");
  });
});
