import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runMain } from "../helpers/exporter.ts";
import { PROBER_KINDS } from "../helpers/prober-kinds.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const GOLDEN = join(import.meta.dirname, "../golden/estimate");

const YAML = `
prices: { gpt-4o-mini: { input: 0.15, output: 0.6 }, "claude-*": { input: 3, output: 15 } }
modules:
  chat: { prober: llm, llm: { api: openai } }
  shared: { prober: llm, budget: { dollars: 0.5, per: hour }, llm: { api: anthropic, model: claude-sonnet-4 } }
  rotating: { prober: llm, llm: { api: ollama, model: llama3.2, prompts: [{ prompt: "12345678" }, { prompt: "1234" }] } }
  all: { prober: llm, llm: { api: openai, model: gpt-4o-mini, prompts_mode: all, max_tokens: 10, prompts: [{ prompt: "12345678" }, { prompt: "1234" }] } }
  vectors: { prober: llm, llm: { api: openai_embeddings, model: gpt-4o-mini, prompt: "1234" } }
  page: { prober: http }
targets:
  - { name: gpt, module: chat, target: "http://localhost", model: gpt-4o-mini, failover: {}, budget: { tokens: 40000, per: day } }
  - { name: often, module: shared, target: "http://localhost", interval: 15s }
  - { name: seldom, module: shared, target: "http://localhost", interval: 1m }
  - { name: rotating, module: rotating, target: "http://localhost" }
  - { name: all, module: all, target: "http://localhost", interval: 1h, min_interval: 0s }
  - { name: vectors, module: vectors, target: "http://localhost", interval: 1h }
  - { name: page, module: page, target: "http://localhost" }
`;

async function estimate(yaml: string, ...args: readonly string[]) {
  await using folder = await temporaryFolder();
  await using run = runMain([
    "estimate",
    `--config.file=${await folder.write("exporter.yml", yaml)}`,
    ...args,
  ]);
  const { code } = await run.exited;
  return { code, stdout: run.stdout(), stderr: run.stderr().replaceAll(`${folder.path}/`, "") };
}

describe("heartbeat-exporter estimate", () => {
  test.each([
    ["a table with estimated tokens", "estimated.txt", []],
    ["a table with measured tokens", "measured.txt", ["--tokens.input=14", "--tokens.output=6"]],
    ["JSON", "measured.json", ["--tokens.input=14", "--tokens.output=6", "--json"]],
  ])("prints %s", async (_title, golden, args) => {
    const { code, stdout, stderr } = await estimate(YAML, ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, golden));
  });

  test("rejects an invalid configuration", async () => {
    const { code, stderr } = await estimate("modules: { a: { prober: smtp } }");
    expect(code).toBe(2);
    expect(stderr).toContain(`exporter.yml:1:25: modules.a.prober: got "smtp", want ${PROBER_KINDS}`);
  });

  test("says that no target has costs", async () => {
    const yaml =
      "modules: { page: { prober: http } }\ntargets: [{ name: a, module: page, target: 'http://x' }]";
    expect((await estimate(yaml)).stdout).toBe("no target has costs\n");
  });

  test("accepts flags before its name and rejects wrong ones", async () => {
    await using folder = await temporaryFolder();
    const file = `--config.file=${await folder.write("exporter.yml", YAML)}`;
    await using before = runMain([file, "estimate", "--json"]);
    expect((await before.exited).code).toBe(0);
    expect(JSON.parse(before.stdout())).toMatchObject({ total: { day: { prompts: expect.any(Number) } } });
    await using wrong = runMain(["estimate", file, "--tokens.input=many"]);
    expect((await wrong.exited).code).toBe(2);
    expect(wrong.stderr()).toContain('got "many", want a number of tokens');
  });

  test("explains itself with --help and is listed in the help of the exporter", async () => {
    await using own = runMain(["estimate", "--help"]);
    await own.exited;
    expect(own.stdout()).toContain("heartbeat_llm_tokens_total");
    await using all = runMain(["--help"]);
    await all.exited;
    expect(all.stdout()).toContain("estimate");
  });
});
