import { expect, test } from "vitest";
import type { LlmModule } from "../../../src/probers/llm/options.ts";
import type { PromptRequest } from "../../../src/probers/llm/wire/types.ts";
import { ask, compile, completion, json, type Options, reasonOf, serve } from "./support.ts";

/** A module that records what its format is asked to build. */
function recorded(options: Options): {
  readonly module: LlmModule;
  readonly prompts: string[];
  readonly endpoints: () => number;
} {
  const { module } = compile(options);
  const prompts: string[] = [];
  let endpoints = 0;
  const format = {
    ...module.format,
    endpoint: (settings: Parameters<typeof module.format.endpoint>[0]) => {
      endpoints++;
      return module.format.endpoint(settings);
    },
    request: (request: PromptRequest) => {
      prompts.push(request.prompt);
      return module.format.request(request);
    },
  };
  return { module: { ...module, format }, prompts, endpoints: () => endpoints };
}

const three: NonNullable<Options["prompts"]> = [
  { prompt: "{{nonce}}?" },
  { prompt: "{{a}} + {{b}}?" },
  { prompt: "Well?" },
];

test.each<{ name: string; options: Options; requests: number }>([
  { name: "one question", options: { prompt: "{{nonce}}?" }, requests: 1 },
  { name: "one of several questions", options: { prompts: three }, requests: 1 },
  { name: "all questions", options: { prompts: three, prompts_mode: "all" }, requests: 3 },
])("a probe of $name resolves its endpoint once and builds one request per question", async (row) => {
  const sent: string[] = [];
  const address = await serve((response, body, request) => {
    sent.push(JSON.parse(body).messages[0].content);
    json(completion("Well."))(response, body, request);
  });
  const { module, prompts, endpoints } = recorded(row.options);

  expect(reasonOf(await ask(address, { module }))).toBe("ok");
  expect(prompts).toHaveLength(row.requests);
  expect(prompts).toEqual(sent);
  expect(endpoints()).toBe(1);
});

test("a probe that is refused builds no request", async () => {
  const { module, prompts } = recorded({});
  expect(reasonOf(await ask("ftp://example.com", { module }))).toBe("bad_request");
  expect(prompts).toEqual([]);
});
