import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import { ask, delta, events, type Options, reasonOf, serve, usage, valueOf } from "./support.ts";

/** A part of a stream, or a pause in milliseconds. */
type Step = string | number;

const text = events(delta({ content: "HEALTHY" }));
const finish = events(delta({}, "stop"));
const gemini = (part: string): string =>
  events({ candidates: [{ content: { parts: [{ text: part }] }, finishReason: "STOP" }] });

/** Serves the steps of a stream whose connection stays open. */
const serveSteps = (steps: readonly Step[]): Promise<string> =>
  serve(async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const step of steps) {
      if (typeof step === "number") await pause(step);
      else if (!response.destroyed) response.write(step);
    }
  });

async function probe(steps: readonly Step[], timeout = 20_000, options: Options = {}) {
  const address = await serveSteps(steps);
  const begin = performance.now();
  const result = await ask(address, { options: { expect: { word: "HEALTHY" }, ...options }, timeout });
  return { result, took: performance.now() - begin };
}

describe("a stream with a finish reason that does not end", () => {
  const streams: readonly [string, readonly Step[]][] = [
    ["after the finish reason", [text, finish]],
    ["after a finish reason with the last text", [events(delta({ content: "HEALTHY" }, "stop"))]],
    ["after its usage", [text, finish, events(usage({ prompt_tokens: 9, completion_tokens: 1 }))]],
  ];
  test.each(streams)("is judged soon, and not at the deadline: %s", async (_, steps) => {
    const { result, took } = await probe(steps);
    expect(reasonOf(result)).toBe("ok");
    expect(took).toBeLessThan(10_000);
    // The wait for the rest is not the model's time.
    expect(took / 1000 - (result.duration ?? 0)).toBeGreaterThan(0.9);
    expect(valueOf(result, llmMetrics.maxStall) ?? 0).toBeLessThan(1);
  });

  test("is judged by what it says", async () => {
    const { result } = await probe([events(delta({ content: "no" })), finish]);
    expect(reasonOf(result)).toBe("content_mismatch");
  });

  test("is read until its usage, which comes a little later", async () => {
    const counts = events(usage({ prompt_tokens: 9, completion_tokens: 4 }));
    const { result } = await probe([text, finish, 300, counts]);
    expect(reasonOf(result)).toBe("ok");
    expect(valueOf(result, llmMetrics.tokens, { type: "output" })).toBe(4);
  });

  test("is complete at the deadline too, while comments keep it open", async () => {
    const comments = Array.from({ length: 20 }, (): readonly Step[] => [200, ": ping\n\n"]).flat();
    const { result } = await probe([text, finish, ...comments], 2000);
    expect(reasonOf(result)).toBe("ok");
  });

  test("does not stall", async () => {
    const { result } = await probe([text, finish], 20_000, { stall_timeout: "300ms" });
    expect(reasonOf(result)).toBe("ok");
  });
});

test("a stream without a finish reason still runs into the deadline", async () => {
  const { result } = await probe([text], 1500);
  expect(reasonOf(result)).toBe("timeout");
});

describe("a finish reason with every piece says nothing", () => {
  test("the answer is read to its end", async () => {
    const steps = [gemini("The answer is "), gemini("surely "), 1500, gemini("HEALTHY")];
    const { result } = await probe(steps, 4000, { api: "gemini" });
    // The rest never comes, so the deadline ends it.
    expect(reasonOf(result)).toBe("timeout");
    const ended = await serve(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const step of steps) {
        if (typeof step === "number") await pause(step);
        else response.write(step);
        await pause(50);
      }
      response.end();
    });
    expect(reasonOf(await ask(ended, { options: { api: "gemini", expect: { word: "HEALTHY" } } }))).toBe(
      "ok",
    );
  });
});
