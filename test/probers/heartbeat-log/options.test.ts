import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/document/problems.ts";
import { loadConfigText } from "../../../src/config/load.ts";
import { probers } from "../../../src/probers/index.ts";
import { compileRegexp } from "../../../src/probers/regexp.ts";
import { compile } from "./support.ts";

const deps = {
  probers,
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

test("invalid options are reported with their places", async () => {
  const file = join(import.meta.dirname, "../../bad-configs/heartbeat-log/options.yml");
  let message = "it loads";
  try {
    loadConfigText(readFileSync(file, "utf8"), "options.yml", {}, deps);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    ({ message } = error);
  }
  await expect(`${message.replaceAll(/^.*\/options\.yml/gm, "options.yml")}\n`).toMatchFileSnapshot(
    file.replace(".yml", ".txt"),
  );
});

describe("the interval", () => {
  test.each([
    ["30", [], 30],
    [" 45.5 ", [], 45.5],
    ["", [], 60],
    ["soon", ["interval: got HEARTBEAT_INTERVAL_SECONDS=soon, want a number of seconds from 1 to 86400"], 60],
    ["-1", ["interval: got HEARTBEAT_INTERVAL_SECONDS=-1, want a number of seconds from 1 to 86400"], 60],
  ])("is taken from HEARTBEAT_INTERVAL_SECONDS=%s", (value, problems, interval) => {
    const compiled = compile({ paths: [] }, { HEARTBEAT_INTERVAL_SECONDS: value });
    expect(compiled.problems).toEqual(problems);
    expect(compiled.module.interval).toBe(interval);
  });

  test("is taken from the option first", () => {
    const compiled = compile({ paths: [], interval: "10s" }, { HEARTBEAT_INTERVAL_SECONDS: "soon" });
    expect(compiled).toMatchObject({ problems: [], module: { interval: 10 } });
  });
});
