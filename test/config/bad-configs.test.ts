import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/document/problems.ts";
import { loadConfigText } from "../../src/config/load.ts";
import { deps } from "./stand-ins.ts";

const FOLDER = join(import.meta.dirname, "../bad-configs");
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".yml"));

/** Returns the error of loading a file. */
function errorOf(name: string): ConfigError {
  const path = join(FOLDER, name);
  try {
    loadConfigText(readFileSync(path, "utf8"), path, { SET_SECRET: "very-secret" }, deps);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`${name} loads`);
}

describe("an invalid configuration", () => {
  test.each(FILES)("reports every problem with its place: %s", async (name) => {
    const message = errorOf(name).message.replaceAll(`${FOLDER}/`, "");
    await expect(`${message}\n`).toMatchFileSnapshot(join(FOLDER, `${basename(name, ".yml")}.txt`));
  });

  test.each(FILES)("quotes no secret: %s", (name) => {
    expect(errorOf(name).message).not.toContain("very-secret");
  });

  test("lists its problems in the error", () => {
    const [first] = errorOf("duplicate-key.yml").problems;
    expect(first).toEqual({
      place: join(FOLDER, "duplicate-key.yml:5:5"),
      path: "modules.a.timeout",
      got: "a duplicate key",
      want: "each key once",
    });
  });
});
