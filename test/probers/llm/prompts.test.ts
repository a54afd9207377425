import { describe, expect, test } from "vitest";
import { seconds } from "../../../src/core/units.ts";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import { llmProber } from "../../../src/probers/llm/prober.ts";
import { manualClock } from "../../helpers/clock.ts";
import {
  ask,
  compile,
  completion,
  delta,
  detailOf,
  events,
  json,
  type Options,
  reasonOf,
  serve,
  streamed,
  usage,
  valueOf,
} from "./support.ts";

interface ChatBody {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools?: readonly unknown[];
}

/** Starts a server that answers each prompt by `answers` and records the prompts. */
async function answering(
  answers: (prompt: string) => string,
): Promise<{ address: string; prompts: string[] }> {
  const prompts: string[] = [];
  const address = await serve((response, body, request) => {
    const { messages } = JSON.parse(body) as ChatBody;
    const prompt = messages.map(({ content }) => content).join(" / ");
    prompts.push(prompt);
    json(completion(answers(prompt)))(response, body, request);
  });
  return { address, prompts };
}

/** Adds the two numbers in the prompt, as a model would. */
const adding = (prompt: string): string => {
  const [, a, b] = /(\d+) \+ (\d+)/.exec(prompt) ?? [];
  return `${a} + ${b} = ${Number(a) + Number(b)}`;
};

test("a random sum is different in each probe, so that a cached answer is wrong", async () => {
  const { address, prompts } = await answering(adding);
  const options: Options = { prompt: "What is {{a}} + {{b}}?", expect: { number: { value: "{{sum}}" } } };
  const { module } = compile(options);
  for (let i = 0; i < 3; i++) expect(detailOf(await ask(address, { module }))).toBe("");
  expect(new Set(prompts).size).toBe(3);

  const cache = await answering(() => "27 + 15 = 42");
  const cached = await ask(cache.address, { module });
  expect(reasonOf(cached)).toBe("content_mismatch");
  expect(detailOf(cached)).toMatch(/^the number 42 is not \d+ in: 27 \+ 15 = 42$/);
});

describe("a set of prompts", () => {
  const prompts: NonNullable<Options["prompts"]> = [
    { prompt: "Capital of France?", expect: { word: "Paris" } },
    { prompt: "{{a}} + {{b}}?", expect: { number: { value: "{{sum}}" } }, system: "Calculate." },
    { prompt: "Anything?" },
  ];
  const right = (prompt: string): string => (prompt.includes("+") ? adding(prompt) : "It is Paris.");

  test("rotates separately for each target", async () => {
    const { address, prompts: asked } = await answering(right);
    const { module, problems } = compile({ prompts, system: "Be brief." });
    expect(problems).toEqual([]);
    for (const model of ["a", "a", "b", "a", "a", "b"]) {
      expect(detailOf(await ask(address, { module, target: { model } }))).toBe("");
    }
    expect(asked.map((prompt) => prompt.replaceAll(/\d+/g, "n"))).toEqual([
      "Be brief. / Capital of France?",
      "Calculate. / n + n?",
      "Be brief. / Capital of France?",
      "Be brief. / Anything?",
      "Be brief. / Capital of France?",
      "Calculate. / n + n?",
    ]);
  });

  test("is asked completely in mode all: tokens are summed, times are those of the first", async () => {
    const clock = manualClock();
    let asked = 0;
    const address = await serve((response, body, request) => {
      const { messages } = JSON.parse(body) as ChatBody;
      if (asked++ > 0) clock.advance(seconds(0.3));
      const text = right(messages.at(-1)?.content ?? "");
      const counts = usage({ prompt_tokens: 10, completion_tokens: 5 });
      const answer = streamed(events(delta({ content: text }), delta({}, "stop"), counts, "[DONE]"));
      answer(response, body, request);
    });
    const result = await ask(address, { options: { prompts, prompts_mode: "all" }, clock });
    expect(detailOf(result)).toBe("");
    expect(asked).toBe(3);
    expect(valueOf(result, llmMetrics.tokens, { type: "input" })).toBe(30);
    expect(valueOf(result, llmMetrics.tokens, { type: "output" })).toBe(15);
    expect(valueOf(result, llmMetrics.firstToken)).toBeLessThan(0.25);
    expect(valueOf(result, llmMetrics.answerCorrect)).toBe(1);
    const names = result.samples.map(({ metric, labels }) => `${metric.name}${JSON.stringify(labels)}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test("stops at the first prompt that fails", async () => {
    const { address, prompts: asked } = await answering((prompt) => (prompt.includes("+") ? "7" : "Paris"));
    const result = await ask(address, { options: { prompts, prompts_mode: "all" } });
    expect(reasonOf(result)).toBe("content_mismatch");
    expect(detailOf(result)).toMatch(/^prompt 2 of 3: the number 7 is not \d+ in: 7$/);
    expect(result.answered).toBe(true);
    expect(valueOf(result, llmMetrics.answerCorrect)).toBe(0);
    expect(valueOf(result, llmMetrics.tokens, { type: "output" })).toBe(6);
    expect(asked).toHaveLength(2);
  });

  test("ends if the deadline passes between two prompts", async () => {
    const { address, prompts: asked } = await answering(right);
    const deadline = new AbortController();
    const result = await ask(address, {
      options: { prompts, prompts_mode: "all" },
      signal: deadline.signal,
      log: (message) => (message === "answered" ? deadline.abort() : undefined),
    });
    expect(reasonOf(result)).toBe("timeout");
    expect(detailOf(result)).toBe("no time was left for prompt 2 of 3");
    expect(result.answered).toBe(true);
    expect(asked).toHaveLength(1);
  });

  test("starts again for a target that was evicted", () => {
    const { module } = compile({ prompts });
    const nextPrompt = (address: string): string =>
      module.nextQuestions({ address, configured: false }).first.prompt;
    expect(nextPrompt("a")).toBe("Capital of France?");
    for (let i = 0; i < 9999; i++) nextPrompt(String(i));
    expect(nextPrompt("a")).toBe("{{a}} + {{b}}?");
    for (let i = 0; i < 10_000; i++) nextPrompt(`other ${i}`);
    expect(nextPrompt("a")).toBe("Capital of France?");
  });

  test("has one deadline for all prompts", async () => {
    const deadline = new AbortController();
    let asked = 0;
    const address = await serve((response, body, request) => {
      if (asked++ === 0) json(completion("Paris"))(response, body, request);
      else deadline.abort();
    });
    const result = await ask(address, {
      options: { prompts, prompts_mode: "all", stream: false },
      signal: deadline.signal,
    });
    expect(reasonOf(result)).toBe("timeout");
    expect(detailOf(result)).toMatch(/^prompt 2 of 3: /);
    expect(result.answered).toBe(false);
    expect(asked).toBe(2);
  });
});

test("an API that needs a model refuses a target without one", async () => {
  const address = await serve(() => expect.fail("something was sent"));
  for (const api of ["gemini", "azure_openai", "bedrock", "ollama", "cohere"] as const) {
    const { module } = compile({ api });
    const want = `the name of a model, which ${api} needs`;

    expect(llmProber.objection({ address, configured: true }, module)).toEqual({ part: "model", want });
    expect(llmProber.objection({ address, configured: true, model: "m" }, module)).toBeUndefined();
    expect(
      llmProber.objection({ address, configured: true }, compile({ api, model: "m" }).module),
    ).toBeUndefined();
  }
});
