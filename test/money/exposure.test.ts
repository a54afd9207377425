import { describe, expect, test } from "vitest";
import { exposureText } from "../../src/cli/exposure.ts";
import { configDeps } from "../../src/cli/load-config.ts";
import { loadConfigText } from "../../src/config/load.ts";
import { runMain } from "../helpers/exporter.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

/** A prompt of 40 characters, so 10 tokens, and answers of at most 90: 100 tokens a probe. */
const LLM = `api: openai, prompt: "${"x".repeat(40)}", max_tokens: 90, expect: { word: x }`;
const PRICES = "prices: { m: { input: 1, output: 2 }, dear: { input: 10, output: 20 } }\n";

const module = (options: string, more = ""): string =>
  `modules: { page: { prober: http }, chat: { prober: llm, ${more} llm: { ${LLM}, ${options} } } }\n`;
const target = (more = ""): string =>
  `targets: [{ name: t, module: chat, target: "http://127.0.0.1:1/v1", interval: 1m ${more} }]\n`;

const textOf = (yaml: string, probesAny = true): string =>
  exposureText(loadConfigText(yaml, "exporter.yml", {}, configDeps), probesAny)
    .split("\n")[1]
    ?.trim() ?? "";

const KEY = "api_key: sk-test";
const OPEN = "allowed_targets: [api.example.com]";

describe("what a client of /probe can spend per day", () => {
  test.each([
    ["nothing with modules that cost nothing", "modules: { page: { prober: http } }", ""],
    [
      "nothing with a key that only goes to configured targets, of which there are none",
      module(`model: m, ${KEY}`),
      "",
    ],
    [
      "anything with allowed addresses and no budget",
      module(`model: m, ${KEY}, ${OPEN}`),
      "chat: no limit with any allowed address, 100 tokens a probe: set its budget, or web.enable_probe_any: false",
    ],
    [
      "anything without a key",
      module("model: m"),
      "chat: no limit with any allowed address, 100 tokens a probe: set its budget, or web.enable_probe_any: false",
    ],
    [
      "a budget per hour, at the dearest model that may be named",
      PRICES + module(`api_key: sk-of-the-test, model: m, ${OPEN}`, "budget: { tokens: 1000, per: hour },"),
      "chat: at most 24000 tokens, 0.05 dollars with any allowed address",
    ],
    [
      "every model with a price may be named without a key",
      PRICES + module(`model: m, ${OPEN}`, "budget: { tokens: 1000, per: hour },"),
      "chat: at most 24000 tokens, 0.48 dollars with any allowed address",
    ],
    [
      "models that allowed_models match count as well",
      PRICES + module(`model: m, allowed_models: [m, dear], ${OPEN}`, "budget: { tokens: 1000, per: hour },"),
      "chat: at most 24000 tokens, 0.48 dollars with any allowed address",
    ],
    [
      "a budget in dollars",
      PRICES + module(`model: m, ${OPEN}`, "budget: { dollars: 3, per: day },"),
      "chat: at most 3.00 dollars with any allowed address",
    ],
    [
      "tokens without a price",
      module(`model: m, ${OPEN}`, "budget: { tokens: 1000, per: day },"),
      "chat: at most 1000 tokens with any allowed address, whose price is not configured",
    ],
    [
      "configured targets, once per min_interval (54s of a minute)",
      PRICES + module(`model: m, ${KEY}`) + target(),
      "chat: at most 160000 tokens, 0.30 dollars with its configured targets",
    ],
    [
      "the budget of a target, if nothing else can be asked for",
      PRICES + module(`model: m, ${KEY}`) + target(", budget: { tokens: 500, per: day }"),
      "chat: at most 500 tokens, 0.00 dollars with its configured targets",
    ],
    [
      "not the budget of a target, if other addresses can",
      PRICES + module(`model: m, ${KEY}, ${OPEN}`) + target(", budget: { tokens: 500, per: day }"),
      "chat: no limit with any allowed address, 100 tokens a probe: set its budget, or web.enable_probe_any: false",
    ],
    [
      "targets that are probed for each request",
      module(`model: m, ${KEY}`) + target(", min_interval: 0s"),
      "chat: no limit with its configured targets, 100 tokens a probe: set its budget, or a min_interval above 0",
    ],
  ])("%s", (_title, yaml, line) => {
    expect(textOf(yaml)).toBe(line);
  });

  test("is that of the targets with web.enable_probe_any: false, or the flag", () => {
    const yaml = PRICES + module(`model: m, ${KEY}, ${OPEN}`) + target();
    const line = "chat: at most 160000 tokens, 0.30 dollars with its configured targets";
    expect(textOf(yaml, false)).toBe(line);
    expect(textOf(`${yaml}web: { enable_probe_any: false }\n`)).toBe(line);
  });
});

test("config check and --config.check print it after their verdict", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("exporter.yml", PRICES + module(`model: m, ${KEY}, ${OPEN}`) + target());
  const answer = async (...args: readonly string[]): Promise<string> => {
    await using command = runMain([...args, `--config.file=${file}`]);
    expect((await command.exited).code).toBe(0);
    return command.output();
  };
  const head = "the configuration is good: 2 modules, 1 target, 2 prices\na client that reaches /probe";
  for (const args of [["config", "check"], ["--config.check"]]) {
    const text = await answer(...args);
    expect(text).toContain(head);
    expect(text).toMatch(/\n {2}chat: no limit with any allowed address, .*\n$/);
  }
  expect(await answer("--config.check", "--web.enable-probe-any=false")).toMatch(
    /\n {2}chat: at most 160000 tokens, 0\.30 dollars with its configured targets\n$/,
  );
});
