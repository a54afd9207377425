import { afterEach, expect, test } from "vitest";
import { DEFAULT_RESPONSE_MEMORY, responseMemory } from "../../../src/probers/response-memory.ts";
import { ask, completion, detailOf, json, type Options, reasonOf, serve } from "./support.ts";

const MIB = 2 ** 20;

afterEach(() => {
  const { held, waiting } = responseMemory.counts();
  if (held + waiting > 0) throw new Error(`${held} bytes are held, and ${waiting} answers wait`);
  responseMemory.setTotal(DEFAULT_RESPONSE_MEMORY);
});

const answerOf = (content: string) => json(completion(content));

const whole: Options = { stream: false, expect: { word: "HEALTHY" } };

test("an answer that would take long to judge fails, and one as long as max_tokens allows is judged", async () => {
  const url = await serve(answerOf(`${"yes ".repeat(275_000)}HEALTHY`));
  const long = await ask(url, { options: whole });
  expect([reasonOf(long), detailOf(long)]).toEqual([
    "too_large",
    "an answer of 1100007 characters, want at most 1048576",
  ]);
  expect(reasonOf(await ask(url, { options: { ...whole, max_tokens: 140_000 } }))).toBe("ok");
});

test("JSON that takes far more memory than text is not parsed", async () => {
  const url = await serve(json(`{"choices":[${"[],".repeat(300_000)}1]}`));
  expect(reasonOf(await ask(url, { options: whole }))).toBe("malformed");
});

test("an answer that finds no room in the memory for answers is the exporter's fault", async () => {
  responseMemory.setTotal(MIB);
  const url = await serve(answerOf(" ".repeat(MIB)));
  const other = responseMemory.open(MIB);
  void other.grow(MIB);
  const result = await ask(url, { options: whole, signal: AbortSignal.timeout(1000) });
  expect([reasonOf(result), detailOf(result)]).toEqual([
    "queue_timeout",
    "other answers took up limits.response_memory until the deadline, so that this one could not be read",
  ]);
  other.release();
  expect(reasonOf(await ask(url, { options: whole }))).toBe("empty");
});
