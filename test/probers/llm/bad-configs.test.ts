import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allMetrics } from "../../../src/catalogue/index.ts";
import type { ConfigDeps } from "../../../src/config/config.ts";
import { ConfigError } from "../../../src/config/document/problems.ts";
import { loadConfigEnv, loadConfigText } from "../../../src/config/load.ts";
import { probers } from "../../../src/probers/index.ts";
import { compileRegexp } from "../../../src/probers/regexp.ts";

const FOLDER = join(import.meta.dirname, "../../bad-configs/llm");
const deps: ConfigDeps = {
  probers,
  metrics: allMetrics(probers),
  formats: {
    regexp: (text) => {
      try {
        return compileRegexp(text).source === text;
      } catch {
        return false;
      }
    },
  },
};

test.each(["options", "targets", "gateways", "tier-model"])(
  "%s that cannot work are reported with their places",
  async (name) => {
    const file = join(FOLDER, `${name}.yml`);
    let message = "it loads";
    try {
      loadConfigText(readFileSync(file, "utf8"), `${name}.yml`, {}, deps);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      ({ message } = error);
    }
    const places = message.replaceAll(/^.*\/(?=\w+\.yml)/gm, "");
    await expect(`${places}\n`).toMatchFileSnapshot(join(FOLDER, `${name}.txt`));
  },
);

test("a missing model is reported by its variable", () => {
  const env = { HEARTBEAT_LLM_URL: "https://api.openai.com/v1" };
  expect(() => loadConfigEnv(env, deps)).toThrow(
    "HEARTBEAT_LLM_MODEL: got nothing, want the name of a model, which api.openai.com needs",
  );
});

describe("a target without a model loads", () => {
  test.each([
    { name: "at a server of one's own", target: "http://127.0.0.1:8080/v1", options: "" },
    { name: "at an unknown host", target: "https://llm.example.com/v1", options: "" },
    {
      name: "at a host that only looks like an API",
      target: "https://notapi.openai.com.example.com",
      options: "",
    },
    {
      name: "with a list of models",
      target: "https://openrouter.ai/api/v1",
      options: ", extra_body: { models: [a] }",
    },
    {
      name: "with a deployment in the path",
      target: "https://x.openai.azure.com/openai/deployments/gpt",
      options: "",
    },
  ])("$name", ({ target, options }) => {
    const text = `modules: { chat: { prober: llm, llm: { api: openai${options} } } }
targets: [{ name: a, module: chat, target: "${target}" }]`;
    expect(loadConfigText(text, "a.yml", {}, deps).targets).toHaveLength(1);
  });
});
