import { readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runMain, startExporter, terminate } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveTcp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

const LIBRARY = `import { counter, defineProber, definePlugin, failed, gauge, sample, succeeded } from "heartbeat-exporter/plugin";`;

/** The source of a prober that exposes the value of its module. */
const echo = (kind: string, more = ""): string => `${LIBRARY}
const value = gauge("probe_${kind}_value", "Value of the module", ["of"]);
const asked = counter("probe_${kind}_asked_total", "Probes so far");
let times = 0;
export default defineProber<{ value: number }, { value: number }>({
  kind: "${kind}",
  schema: { type: "object", properties: { value: { type: "number", minimum: 0 } }, required: ["value"], additionalProperties: false },
  costly: false,
  metrics: [value, asked],
  compile: (options) => options,
  async probe({ address }, options) {
    times += 1;
    return { outcome: succeeded, samples: [sample(value, options.value, { of: address }), sample(asked, times)] };
  },
  ${more}
});
`;

const YAML = `
plugins: [./one.ts]
modules: { echoing: { prober: echo, echo: { value: 7 } } }
targets: [{ name: here, module: echoing, target: somewhere }]
`;

/** Runs --config.check with a configuration and files beside it. */
async function check(
  yaml: string,
  files: Readonly<Record<string, string>>,
  prepare: (folder: TemporaryFolder) => Promise<void> = async () => {},
): Promise<{ code: number | null; said: string }> {
  await using folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  const path = await folder.write("exporter.yml", yaml);
  await prepare(folder);
  await using run = runMain([`--config.file=${path}`, "--config.check"]);
  const { code } = await run.exited;
  return { code, said: run.output().replaceAll(`${folder.path}/`, "").trim() };
}

describe("plugins", () => {
  it("add probers in TypeScript and JavaScript that work like the exporter's own", async () => {
    const yaml = `
plugins: [./one.ts, deeper/two.mjs]
modules:
  echoing: { prober: echo, echo: { value: 7 } }
  other: { prober: two }
targets: [{ name: here, module: echoing, target: somewhere }, { name: there, module: other, target: x }]
`;
    const two = `export const prober = { kind: "two", schema: { type: "object" }, costly: false, compile: () => ({}),
      probe: async () => ({ outcome: { ok: false, reason: "stale", detail: "always" }, samples: [] }) };`;
    await using exporter = await startExporter({
      yaml,
      files: { "one.ts": echo("echo"), "deeper/two.mjs": two },
    });
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "probe_echo_value", { target: "here", module: "echoing", of: "somewhere" })).toBe(7);
    expect(valueOf(text, "probe_failure_reason", { target: "there", reason: "stale" })).toBe(1);
    expect(text).toContain("# TYPE probe_echo_asked_total counter");
    const adhoc = await exporter.get("/probe?module=echoing&target=elsewhere");
    expect(valueOf(adhoc, "probe_echo_value", { of: "elsewhere" })).toBe(7);
  });

  it("validate options by their schema, and report problems with their place in the file", async () => {
    const yaml = YAML.replace("value: 7", "value: -1, vlue: 7");
    expect(await check(yaml, { "one.ts": echo("echo") })).toEqual({
      code: 1,
      said: [
        "exporter.yml:3:52: modules.echoing.echo.value: got -1, want >= 0",
        "exporter.yml:3:56: modules.echoing.echo.vlue: got an unknown key, want a known key (did you mean value?)",
      ].join("\n"),
    });
  });

  it.each<[string, string, string]>([
    [
      "no export",
      "export const x = 1;",
      "got no default export, want a default export made by defineProber or definePlugin",
    ],
    [
      "not an object",
      "export default 7;",
      "got number, want a default export made by defineProber or definePlugin",
    ],
    [
      "the kind of another prober",
      echo("http"),
      'got kind: "http", want kind: a name that no other prober has',
    ],
    [
      "an invalid kind",
      echo("No Kind"),
      'got kind: "No Kind", want kind: lower-case letters, digits and _, and not a key of a module',
    ],
    [
      "an error while loading",
      "throw new Error('out of order');",
      "got a module that cannot be loaded: out of order, want a TypeScript or JavaScript module",
    ],
    ["a syntax error", "export default {", "got a module that cannot be loaded: "],
    [
      "a bad schema",
      echo("echo").replace('type: "object", prop', 'type: "objekt", prop'),
      "got prober echo: an invalid schema: ",
    ],
    [
      "an unknown keyword",
      echo("echo").replace("minimum: 0", "minimun: 0"),
      'got prober echo: an invalid schema: strict mode: unknown keyword: "minimun"',
    ],
    [
      "a metric of the exporter",
      echo("ssl").replace("probe_ssl_value", "probe_ssl_earliest_cert_expiry"),
      "got the metric probe_ssl_earliest_cert_expiry a second time, want each metric once, and none of the exporter's own",
    ],
    [
      "a metric without the prefix of its prober",
      echo("echo").replace("probe_echo_value", "up"),
      'got the metric "up", want a name that begins with probe_echo_',
    ],
    [
      "a label that Prometheus sets",
      echo("echo").replace('["of"]', '["target"]'),
      'got metric probe_echo_value: the label "target", want labels of lower-case letters, digits and _, other than target',
    ],
    [
      "a counter without _total",
      echo("echo").replace("asked_total", "asked"),
      "got metric probe_echo_asked: a counter, want a name that ends in _total for a counter, and only for a counter",
    ],
    [
      "an unknown reason",
      echo("echo", 'reasons: ["empty", "broken"] as never,'),
      'got prober echo: the reason "broken", want prober echo: reasons: a list from FAILURE_REASONS',
    ],
    [
      "no probe",
      echo("echo").replace("async probe", "async prob"),
      "got prober echo: no probe, want prober echo: probe: a function",
    ],
  ])("are refused with their place in the configuration for %s", async (_name, source, said) => {
    const result = await check(YAML, { "one.ts": source });
    expect(result.code).toBe(1);
    // A module of an unknown kind is not reported too: it may be meant for this plugin.
    expect(result.said.split("\n")).toHaveLength(1);
    expect(result.said).toContain(`exporter.yml:2:11: plugins[0]: ${said}`);
  });

  it("are refused if the file is missing, or other users could replace it", async () => {
    expect((await check(YAML, {})).said).toBe(
      "exporter.yml:2:11: plugins[0]: got no such file, want a readable file",
    );
    const writable = await check(YAML, { "one.ts": echo("echo") }, ({ path }) =>
      chmod(join(path, "one.ts"), 0o666),
    );
    expect(writable.said).toBe(
      "exporter.yml:2:11: plugins[0]: got a world-writable file, want a file that other users cannot write (chmod o-w)",
    );
    const folder = await check(YAML, { "one.ts": echo("echo") }, ({ path }) => chmod(path, 0o777));
    expect(folder.said).toContain("got a file in a world-writable folder");
    const same = await check(YAML.replace("[./one.ts]", "[./one.ts, two.ts]"), {
      "one.ts": echo("echo"),
      "two.ts": echo("echo"),
    });
    expect(same.said).toBe(
      'exporter.yml:2:21: plugins[1]: got kind: "echo", want kind: a name that no other prober has',
    );
  });

  it("fail a single probe if they throw or return an invalid result", async () => {
    const bodies: Readonly<Record<string, string>> = {
      throws: `throw new Error("broken");`,
      reason: `return { outcome: { ok: false, reason: "whatever" }, samples: [] };`,
      undeclared: `return { outcome: succeeded, samples: [sample(gauge("probe_echo_x", "X"), 1)] };`,
      labels: `return { outcome: succeeded, samples: [sample(value, 1, { of: "a", more: "b" })] };`,
      twice: `return { outcome: succeeded, samples: [sample(asked, 1), sample(asked, 1)] };`,
      nothing: `return undefined;`,
      degraded: `return { outcome: succeeded, samples: [], degraded: { reason: "whatever", detail: "x" } };`,
      unlisted: `return { outcome: failed("auth", "x"), samples: [] };`,
      good: `return { outcome: failed("empty", "x"), samples: [] };`,
    };
    const cases = Object.entries(bodies).map(([name, body]) => `if (address === "${name}") { ${body} }`);
    const source = echo("echo", 'reasons: ["empty"],').replace(
      "times += 1;",
      `times += 1;\n${cases.join("\n")}`,
    );
    const targets = Object.keys(bodies).map((name) => `{ name: ${name}, module: echoing, target: ${name} }`);
    const yaml = YAML.replace(/targets: .*/, `targets: [${targets.join(", ")}]`);
    await using exporter = await startExporter({ yaml, files: { "one.ts": source } });
    const text = await exporter.get("/metrics");
    for (const name of Object.keys(bodies)) {
      const reason = name === "good" ? "empty" : "internal";
      expect([name, valueOf(text, "probe_failure_reason", { target: name, reason })]).toEqual([name, 1]);
    }
    const said = exporter.process.output();
    expect(said).toContain("plugin ./one.ts: broken");
    expect(said).toContain("want one of the prober's metrics");
    expect(said).toContain("probe_echo_asked_total: got the same series twice");
    expect(said).toContain("degraded: want { reason, detail } with a reason of slow, body_mismatch");
    expect(said).toContain("want succeeded, or failed with one of the reasons of its prober");
    const listed = /heartbeat_failures_total\{target="good",.*reason="(.*)"\}/g;
    expect(Array.from(text.matchAll(listed), ([, reason = ""]) => reason).toSorted()).toEqual([
      "empty",
      "internal",
      "queue_timeout",
    ]);
  });

  it("can make a target degraded", async () => {
    const degraded = `return { outcome: succeeded, samples: [], degraded: { reason: "threshold", detail: "17 wait" } };`;
    const source = echo("echo").replace("times += 1;", `times += 1;\n${degraded}`);
    await using exporter = await startExporter({ yaml: YAML, files: { "one.ts": source } });
    const text = await exporter.get("/metrics");
    expect(text).toMatch(/probe_degraded_reason\{.*reason="threshold".*\} 1\n/);
    expect(text).toMatch(/heartbeat_target_status\{.*status="degraded".*\} 1\n/);
  });

  it("are added and removed by a reload; a changed file needs a restart, which is logged once", async () => {
    const [one, two] = [echo("echo"), echo("second")];
    await using exporter = await startExporter({ yaml: YAML, files: { "one.ts": one } });
    const reload = async (yaml: string, pattern: RegExp): Promise<void> => {
      const before = exporter.process.output().length;
      await exporter.folder.write("exporter.yml", yaml);
      exporter.process.kill("SIGHUP");
      await waitUntil(
        String(pattern),
        () => pattern.test(exporter.process.output().slice(before)) || undefined,
      );
    };
    const both = YAML.replace("[./one.ts]", "[./one.ts, ./two.ts]")
      .replace("targets:", "  another: { prober: second, second: { value: 9 } }\ntargets:")
      .replace("} }\n  another", "}\n  another")
      .replace("modules: { echoing:", "modules:\n  echoing:");
    await reload(both, /plugins\[1\]: got no such file/);
    await exporter.folder.write("two.ts", "export default {};");
    await reload(both, /plugins\[1\]: got an object without kind, probers or start/);
    // A file with a problem can be fixed without a restart.
    await exporter.folder.write("two.ts", two);
    await reload(both, /outcome=changed/);
    expect(
      valueOf(await exporter.get("/probe?module=another&target=a"), "probe_second_value", { of: "a" }),
    ).toBe(9);
    await writeFile(join(exporter.folder.path, "one.ts"), `${one}\n// changed`);
    await reload(both, /plugins\[0\]: the file has changed since it was loaded/);
    await reload(both, /outcome=unchanged/);
    await reload(YAML, /outcome=changed/);
    expect((await fetch(`${exporter.url}/probe?module=another&target=a`)).status).toBe(400);
  });

  it("work as documented in docs/plugins.md", async () => {
    const page = readFileSync(new URL("../../docs/plugins.md", import.meta.url), "utf8");
    const [, source = ""] = /^```ts\n(import [^`]*? defineProber.*?)^```/ms.exec(page) ?? [];
    await using queue = await serveTcp((socket) => socket.once("data", () => socket.end("7\n")));
    const yaml = `plugins: [./queue.ts]\nmodules: { queue: { prober: queue, queue: { limit: 5 } } }\n`;
    await using exporter = await startExporter({ yaml, files: { "queue.ts": source } });
    const full = await exporter.get(`/probe?module=queue&target=${queue.host}`);
    expect(valueOf(full, "probe_queue_length", { queue: "mail" })).toBe(7);
    expect(valueOf(full, "probe_failure_reason", { reason: "overloaded" })).toBe(1);
    const down = await exporter.get("/probe?module=queue&target=127.0.0.1:1");
    expect(valueOf(down, "probe_failure_reason", { reason: "connect" })).toBe(1);
  });

  it("can give facts about an answer, which become histograms", async () => {
    const facts = `facts: { answer: "yes", firstToken: 0.2, tokens: { input: 3, output: "x" } }, samples:`;
    const source = echo("echo").replace("samples:", facts);
    const yaml = YAML.replace("prober: echo", "prober: echo, histograms: [first_token]");
    await using exporter = await startExporter({ yaml, files: { "one.ts": source } });
    await exporter.get("/metrics");
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_llm_time_to_first_token_seconds_sum")).toBeCloseTo(0.4);
    expect(valueOf(text, "heartbeat_llm_tokens_total", { type: "input" })).toBe(6);
    expect(text).not.toContain('type="output"');
  });

  it("keep the last result of a costly prober, samples included, over a restart with a store", async () => {
    await using folder = await temporaryFolder();
    const options = {
      yaml: YAML,
      files: { "one.ts": echo("echo").replace("costly: false", "costly: true") },
      args: [`--storage.path=${join(folder.path, "store.db")}`],
    };
    const asked = async (): Promise<number | undefined> => {
      await using exporter = await startExporter(options);
      const text = await exporter.get("/metrics");
      expect(valueOf(text, "probe_success", { target: "here" })).toBe(1);
      expect(valueOf(text, "probe_echo_value", { target: "here", of: "somewhere" })).toBe(7);
      await terminate(exporter);
      return valueOf(text, "probe_result_age_seconds", { target: "here" });
    };
    expect(await asked()).toBe(0);
    expect(await asked()).toBeGreaterThan(0);
  });

  it("can report components and keep state, and end when the configuration drops them", async () => {
    const plugin = `${LIBRARY}
export default definePlugin({
  start({ report, signal, log, memory }) {
    memory.put("started", true);
    report("queue", { status: "degraded", message: "long" });
    try { report("queue", { status: "fine" }); } catch (error) { log.warn({ error: String(error) }, "refused"); }
    signal.addEventListener("abort", () => log.info({}, "plugin ends"));
  },
});`;
    const failing = `export default { start: async () => { throw new Error("cannot begin"); } };`;
    const yaml = "plugins: [./p.ts, ./f.js]\nmodules: { web: { prober: http } }\n";
    await using exporter = await startExporter({ yaml, files: { "p.ts": plugin, "f.js": failing } });
    expect(await exporter.json("/api/v1/components")).toMatchObject({
      components: [{ name: "queue", status: "degraded", message: "long" }],
    });
    await exporter.process.waitForOutput(/refused/);
    await exporter.process.waitForOutput(/a plugin failed.*cannot begin/s);
    await exporter.folder.write("exporter.yml", yaml.replace("./p.ts, ", ""));
    exporter.process.kill("SIGHUP");
    expect(await exporter.process.waitForOutput(/plugin ends/)).toBeTruthy();
  });
});
