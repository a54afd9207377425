import { expect, test } from "vitest";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import {
  ask,
  completion,
  delta,
  events,
  json,
  type Options,
  serve,
  streamed,
  usage,
  valueOf,
} from "./support.ts";

test("facts say what the samples of a streamed answer say", async () => {
  const counts = usage({ prompt_tokens: 14, completion_tokens: 3 });
  const url = await serve(
    streamed(events(delta({ content: "HEAL" }), delta({ content: "THY" }, "stop"), counts, "[DONE]")),
  );
  const result = await ask(url);
  expect(result.facts).toMatchObject({
    answer: "HEALTHY",
    model: "gpt-4o-mini-2024-07-18",
    tokens: { input: 14, output: 3 },
  });
  expect(result.facts?.firstToken).toBeGreaterThan(0);
  expect(valueOf(result, llmMetrics.firstToken)).toBe(result.facts?.firstToken);
  expect(valueOf(result, llmMetrics.interToken)).toBe(result.facts?.interToken);
  expect(valueOf(result, llmMetrics.tokens, { type: "input" })).toBe(14);
});

test("what is not known is no fact", async () => {
  const whole = await ask(await serve(json(completion("HEALTHY"))), { options: { stream: false } });
  expect(whole.facts).not.toHaveProperty("firstToken");
  expect(whole.facts).not.toHaveProperty("interToken");
  const refused = await ask(await serve(json({ error: { message: "no" } }, 500)));
  expect(refused.facts).toEqual({});
});

test("facts add up the tokens of all prompts, and have the answer to the last", async () => {
  const url = await serve((response, body, request) =>
    json(completion(body.includes("first") ? "one" : "two"))(response, body, request),
  );
  const prompts: NonNullable<Options["prompts"]> = [
    { prompt: "first", expect: { word: "one" } },
    { prompt: "second", expect: { word: "two" } },
  ];
  const result = await ask(url, { options: { stream: false, prompts, prompts_mode: "all" } });
  expect(result.facts).toMatchObject({ answer: "two", tokens: { input: 28, output: 6 } });
});
