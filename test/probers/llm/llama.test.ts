import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalogue } from "../../../src/catalogue/index.ts";
import { type LlamaServer, startLlama } from "../../helpers/llama.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { HEALTHY_PIECES, type TinyModel, writeTinyModel } from "../../helpers/tiny-model.ts";
import { ask, detailOf, type Options, reasonOf, valueOf } from "./support.ts";

/** Models that always answer the same, for a real server. */
// oxlint-disable unicorn/no-thenable -- the field of a tiny model says what follows its answer
const MODELS = {
  healthy: { answer: HEALTHY_PIECES },
  wrong: { answer: ["UN", ...HEALTHY_PIECES] },
  endless: { answer: ["Well", ", ", "let me see "], then: "repeat" },
} as const satisfies Record<string, TinyModel>;
// oxlint-enable unicorn/no-thenable

type Name = keyof typeof MODELS;

const servers = new Map<Name, LlamaServer>();
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const [name, model] of Object.entries(MODELS) as [Name, TinyModel][]) {
    const file = join(folder.path, `${name}.gguf`);
    await writeTinyModel(file, model);
    servers.set(name, await startLlama({ model: file }));
  }
}, 60_000);

afterAll(async () => {
  for (const server of servers.values()) await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const server = (name: Name): LlamaServer => servers.get(name) ?? expect.fail(`no server that is ${name}`);

describe.each(["openai", "openai_responses", "anthropic"] as const)("llama.cpp over %s", (api) => {
  describe.each([
    { mode: "streamed", stream: true },
    { mode: "whole", stream: false },
  ])("$mode", ({ stream }) => {
    const probe = (name: Name, options: Options = {}) =>
      ask(server(name).url, {
        options: { api, stream, max_tokens: 32, ...options },
        target: { model: "tiny" },
      });

    test("a correct answer succeeds", async () => {
      const result = await probe("healthy");
      expect(detailOf(result)).toBe("");
      expect(result.answered).toBe(true);
      expect(valueOf(result, catalogue.llmAnswerCorrect)).toBe(1);
      expect(valueOf(result, catalogue.llmFinishReason, { reason: "stop" })).toBe(1);
      expect(valueOf(result, catalogue.llmTokens, { type: "output" })).toBe(4);
      expect(valueOf(result, catalogue.llmTokens, { type: "input" })).toBeGreaterThan(0);
      const first = valueOf(result, catalogue.llmFirstToken);
      if (stream) expect(first).toBeGreaterThan(0);
      else expect(first).toBeUndefined();
    });

    test("a wrong answer fails, but counts as answered", async () => {
      const result = await probe("wrong");
      expect(reasonOf(result)).toBe("content_mismatch");
      expect(detailOf(result)).toBe("the word HEALTHY is missing in: UNHEALTHY");
      expect(result.answered).toBe(true);
      expect(valueOf(result, catalogue.llmAnswerCorrect)).toBe(0);
    });

    test("an answer that is too long is truncated", async () => {
      const result = await probe("endless");
      // Over openai_responses the server reports it as completed; only the token count tells.
      expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(/^truncated /);
      expect(result.answered).toBe(true);
      expect(valueOf(result, catalogue.llmTokens, { type: "output" })).toBe(32);
    });

    test("a server that hangs times out", async () => {
      server("healthy").process.kill("SIGSTOP");
      try {
        const options: Options = { api, stream };
        const result = await ask(server("healthy").url, { options, timeout: 150 });
        expect(reasonOf(result)).toBe(stream ? "timeout_first_token" : "timeout");
        expect(result.answered).toBe(false);
      } finally {
        server("healthy").process.kill("SIGCONT");
      }
    });
  });
});
