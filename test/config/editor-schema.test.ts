import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runMain } from "../helpers/exporter.ts";
import { type LanguageServer, startLanguageServer } from "./language-server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modeline = "# yaml-language-server: $schema=../schema/exporter.schema.json";

let server: LanguageServer;
beforeAll(async () => {
  server = await startLanguageServer();
});
afterAll(() => server[Symbol.asyncDispose]());

let files = 0;
/** Opens a configuration beside the examples and returns what an editor would underline. */
async function problemsOf(yaml: string): Promise<readonly string[]> {
  files += 1;
  const found = await server.check(
    pathToFileURL(`${root}examples/test-${files}.yml`).href,
    `${modeline}\n${yaml}`,
  );
  return found.map(({ message, range }) => `${range.start.line}: ${message}`);
}

describe("the schema in an editor", () => {
  test("accepts every example", async () => {
    const found: Record<string, unknown> = {};
    for await (const file of glob("examples/**/*.yml", { cwd: root })) {
      const text = readFileSync(`${root}${file}`, "utf8");
      if (!text.startsWith("# yaml-language-server:")) continue;
      found[file] = await server.check(pathToFileURL(`${root}${file}`).href, text);
    }
    expect(Object.keys(found).length).toBeGreaterThan(12);
    expect(Object.values(found).flat()).toEqual([]);
  });

  test.each([
    [
      "a text that looks like a number",
      "modules: { a: { prober: http, http: { headers: { version: 1.10 } } } }",
    ],
    ["a word for a boolean", "modules: { a: { prober: http, http: { follow_redirects: no } } }"],
    [
      "a variable instead of a number",
      'modules: { a: { prober: llm, llm: { api: openai, model: x, max_tokens: "${TOKENS}" } } }',
    ],
    [
      "a variable instead of a word of a list",
      'modules: { a: { prober: http, http: { preferred_ip_protocol: "${IP}" } } }',
    ],
    [
      "options that are left empty",
      "modules:\n  a:\n    prober: http\n    http:\n      method:\n      headers: ~\n",
    ],
    ["a prober of a plugin", "plugins: [./tls.ts]\nmodules: { a: { prober: mine, mine: { anything: 1 } } }"],
    ["a duration of 0", "modules: { a: { prober: http, min_interval: 0 } }"],
  ])("accepts %s", async (_, yaml) => {
    expect(await problemsOf(yaml)).toEqual([]);
  });

  test.each([
    ["an unknown section", "module: {}", /^1: Property module is not allowed/],
    [
      "an unknown option of a module",
      "modules: { a: { prober: http, http: { methd: GET } } }",
      /methd is not allowed/,
    ],
    ["options of another prober", "modules: { a: { prober: http, llm: {} } }", /llm is not allowed/],
    ["a target without a module", "targets: [{ name: a, target: x }]", /Missing property "module"/],
    ["a list instead of a map", "modules: [a]", /Expected one of object/],
    [
      "a word that is not in the list",
      "modules: { a: { prober: http, http: { tls_config: { min_version: TLS9 } } } }",
      /TLS12/,
    ],
    ["a number out of range", "limits: { max_concurrent_probes: 0 }", /minimum of 1/],
  ])("underlines %s", async (_, yaml, message) => {
    expect((await problemsOf(yaml)).join("\n")).toMatch(message);
  });

  test("completes the options of the module's prober", async () => {
    const yaml = `${modeline}\nmodules:\n  a:\n    prober: http\n    http:\n      fail_\n`;
    const uri = pathToFileURL(`${root}examples/completed.yml`).href;
    await server.check(uri, yaml);
    const offered = await server.complete(uri, 5, 11);
    expect(offered).toContain("fail_if_ssl");
    expect(offered).not.toContain("prompt");
  });
});

test("config schema prints the file in schema/", async () => {
  await using command = runMain(["config", "schema"]);
  expect(await command.exited).toEqual({ code: 0, signal: null });
  expect(command.output()).toBe(readFileSync(`${root}schema/exporter.schema.json`, "utf8"));
});
