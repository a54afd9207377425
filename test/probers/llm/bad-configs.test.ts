import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allMetrics } from "../../../src/catalogue/index.ts";
import { ConfigError } from "../../../src/config/document/problems.ts";
import { loadConfigText } from "../../../src/config/load.ts";
import { probers } from "../../../src/probers/index.ts";
import { compileRegexp } from "../../../src/probers/regexp.ts";

const FOLDER = join(import.meta.dirname, "../../bad-configs/llm");

const deps = {
  probers,
  metrics: allMetrics(probers),
  formats: {
    regexp: (text: string): boolean => {
      try {
        return compileRegexp(text).source === text;
      } catch {
        return false;
      }
    },
  },
};

test.each(["gateways", "tier-model"])("%s.yml: reports every problem with its place", async (name) => {
  const path = join(FOLDER, `${name}.yml`);
  const load = () => loadConfigText(readFileSync(path, "utf8"), path, {}, deps);
  let message = "";
  try {
    load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    message = error.message;
  }
  await expect(`${message.replaceAll(`${FOLDER}/`, "")}\n`).toMatchFileSnapshot(join(FOLDER, `${name}.txt`));
});
