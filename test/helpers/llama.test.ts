import { join } from "node:path";
import { expect, test } from "vitest";

import { startLlama } from "./llama.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { HEALTHY_PIECES, writeTinyModel } from "./tiny-model.ts";

const ask = async (url: string, patience = 5000): Promise<unknown> => {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ messages: [{ role: "user", content: "Are you there?" }] }),
    signal: AbortSignal.timeout(patience),
  });
  const body = (await response.json()) as { choices: { message: { content: string } }[] };
  return body.choices[0]?.message.content;
};

test("a real llama-server answers, counts prompts, hangs, vanishes and comes back", async () => {
  await using folder = await temporaryFolder();
  const model = join(folder.path, "healthy.gguf");
  await writeTinyModel(model, { answer: HEALTHY_PIECES });

  await using llama = await startLlama({ model });
  expect(await llama.prompts()).toBe(0);
  expect(await Promise.all([ask(llama.url), ask(llama.url)])).toStrictEqual(["HEALTHY", "HEALTHY"]);
  expect(await llama.prompts()).toBe(2);
  expect(await ask(llama.url)).toBe("HEALTHY");
  expect(await llama.prompts()).toBe(3);

  llama.process.kill("SIGSTOP");
  await expect(ask(llama.url, 300)).rejects.toThrow("timeout");
  llama.process.kill("SIGCONT");
  expect(await ask(llama.url)).toBe("HEALTHY");

  llama.process.kill("SIGKILL");
  expect(await llama.process.exited).toStrictEqual({ code: null, signal: "SIGKILL" });
  await expect(ask(llama.url)).rejects.toThrow("fetch failed");
  await using back = await startLlama({ model, port: llama.port });
  expect(back.url).toBe(llama.url);
  expect(await ask(back.url)).toBe("HEALTHY");
});
