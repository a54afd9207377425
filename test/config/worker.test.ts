import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configDeps } from "../../src/cli/load-config.ts";
import { openConfig } from "../../src/cli/open-config.ts";
import { ConfigError } from "../../src/config/document/problems.ts";
import { loadConfigDocument, loadConfigText } from "../../src/config/load.ts";
import { decodeParts, encodeParts } from "../../src/config/loading/parts.ts";
import { openRemoteDocument, redactRemotely } from "../../src/config/loading/remote-document.ts";
import { systemClock } from "../../src/core/clock.ts";
import { complete } from "../../src/core/steps.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const entry = new URL("../../src/cli/config-worker.ts", import.meta.url);
const FOLDER = join(import.meta.dirname, "../bad-configs");
/** Files with mistakes that each step reports: parsing, conversion, schemas, sections. */
const FILES = [
  "empty",
  "syntax-tab",
  "root-list",
  "substitution",
  "unions",
  "secret-files",
  "plugins",
  "groups",
];
const env = { SET_SECRET: "very-secret" };

/** Loads a text in a worker. */
async function loadRemotely(text: string, name: string) {
  const document = await openRemoteDocument({ text, name, env }, { entry });
  try {
    const origin = { name, env, environmentOnly: false };
    return await loadConfigDocument(document, origin, async () => "", configDeps);
  } finally {
    await document.close();
  }
}

const errorOf = async (load: () => unknown): Promise<ConfigError> => {
  try {
    await load();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("it loads");
};

/** Many targets, of which the first has the given options. */
const targets = (count: number, first = ""): string =>
  `modules: { web: { prober: http, http: { basic_auth: { username: me, password: hunter2 } } } }\ntargets:\n${Array.from(
    { length: count },
    (_, i) =>
      `  - { name: target-${i}, module: web, target: "http://10.0.0.1/${i}"${i === 0 ? first : ""} }\n`,
  ).join("")}`;

describe("a worker", () => {
  test.each(FILES)("reports the same problems as this thread: %s", async (name) => {
    const path = join(FOLDER, `${name}.yml`);
    const text = readFileSync(path, "utf8");
    const [local, remote] = await Promise.all([
      errorOf(() => loadConfigText(text, path, env, configDeps)),
      errorOf(() => loadRemotely(text, path)),
    ]);
    expect(remote.problems).toEqual(local.problems);
    expect(remote.hints).toEqual(local.hints);
  });

  test("loads the same configuration as this thread", async () => {
    const yaml = `${targets(1000, ", failover: , interval: 1m, labels: { a: b }")}heartbeats:\n${Array.from(
      { length: 300 },
      (_, i) => `  - { name: beat-${i}, timeout: 5m }\n`,
    ).join("")}`;
    const local = loadConfigText(yaml, "exporter.yml", env, configDeps);
    const remote = await loadRemotely(yaml, "exporter.yml");
    const plain = (config: typeof local) => ({
      ...config,
      redacted: "",
      modules: Array.from(config.modules, ([name, { source }]) => [name, source]),
      targets: config.targets.map(({ module, ...target }) => ({ ...target, module: module.name })),
    });
    expect(plain(remote)).toEqual(plain(local));
    expect(remote.warnings).toEqual([
      expect.stringMatching(
        /^exporter\.yml:3:\d+: targets\[0\]\.failover: is empty, so there is no failover/,
      ),
      expect.stringMatching(/^exporter\.yml:1:\d+: modules\.web\.http: sends its credentials/),
    ]);
    const redacted = await redactRemotely({ text: yaml, name: "exporter.yml", env }, configDeps.probers, {
      entry,
    });
    expect(redacted).toBe(await local.redacted());
    expect(redacted).not.toContain("hunter2");
  });

  test("that needs too much memory fails, and the process goes on", async () => {
    const text = targets(20_000);
    const opened = openRemoteDocument({ text, name: "large.yml", env }, { entry, memory: 16 });
    await expect(opened).rejects.toThrow(
      "large.yml: got more than fits into memory, want a smaller file, or more memory",
    );
  });

  test("that ends during a call fails the call", async () => {
    const config = { text: targets(5000), name: "exporter.yml", env };
    const document = await openRemoteDocument(config, { entry });
    const checked = document.check(configDeps.probers);
    const outcome = Promise.resolve(checked).catch(String);
    await document.close();
    expect(await outcome).toContain("got an end of the thread that reads it");
    await expect(document.check(configDeps.probers)).rejects.toThrow("got an end of the thread");
  });

  test("that cannot be started fails the reload", async () => {
    const settings = { entry: new URL("./no-such-worker.ts", import.meta.url) };
    const opened = openRemoteDocument({ text: "{}", name: "a.yml", env }, settings);
    await expect(opened).rejects.toThrow("a.yml: got a failure of the thread that reads it: ");
  });
});

describe("a long file with a plugin", () => {
  const PLUGIN = `
export default {
  kind: "own",
  schema: { type: "object", properties: { value: { type: "number" } }, additionalProperties: false },
  costly: false,
  compile: ({ value = 1 }, { problem }) => (value > 5 ? problem(["value"], String(value), "at most 5") : value),
  probe: async () => ({ outcome: { ok: true }, samples: [] }),
};`;
  const yaml = (options: string): string =>
    targets(500).replace(
      "modules: {",
      `plugins: [own.ts]\nmodules: { mine: { prober: own, own: ${options} },`,
    );

  test("is checked against the plugin's schema and by its code, and reloaded", async () => {
    await using folder = await temporaryFolder();
    await folder.write("own.ts", PLUGIN);
    const path = await folder.write("exporter.yml", yaml("{ value: 2 }"));
    const config = await openConfig({ kind: "file", path, env: {} }, configDeps, systemClock);
    const { holder } = config;
    expect(holder.current().modules.get("mine")?.options).toBe(2);
    expect(await holder.reload()).toBe("unchanged");
    expect([...config.plugins().keys()]).toEqual(["own.ts"]);

    await folder.write("exporter.yml", yaml("{ value: 9 }"));
    await expect(holder.reload()).rejects.toThrow(
      `${path}:2:47: modules.mine.own.value: got 9, want at most 5`,
    );
    await folder.write("exporter.yml", yaml("{ value: x }"));
    await expect(holder.reload()).rejects.toThrow(`modules.mine.own.value: got "x", want a number`);
    await folder.write("exporter.yml", yaml("{ value: 3 }"));
    expect(await holder.reload()).toBe("changed");
    expect(holder.current().modules.get("mine")?.options).toBe(3);
    expect(await holder.current().redacted()).toContain("value: 3");
  });
});

describe("the parts of a configuration", () => {
  test("decode to what was encoded", () => {
    const value = fc.jsonValue();
    const long = fc.array(value, { minLength: 195, maxLength: 450 });
    const raw = fc.oneof(
      value,
      fc.dictionary(
        fc.string(),
        fc.oneof(
          value,
          long,
          fc.dictionary(fc.string(), value, { minKeys: 195, maxKeys: 450, noNullPrototype: true }),
        ),
      ),
    );
    fc.assert(
      fc.property(raw, (one) => {
        // JSON has no -0, nor a prototype other than Object's.
        const plain: unknown = JSON.parse(JSON.stringify(one));
        expect(complete(decodeParts(encodeParts(plain)))).toEqual(plain);
      }),
      { numRuns: 50 },
    );
  });
});
