import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import type { Config } from "../../src/config/config.ts";
import type { Environment } from "../../src/config/document/convert.ts";
import { readConfigFile } from "../../src/config/document/files.ts";
import { ConfigError } from "../../src/config/document/problems.ts";
import { loadConfigText } from "../../src/config/load.ts";
import { deps, type HttpOptions, httpProber } from "./stand-ins.ts";

const load = (text: string, env: Environment = {}): Config => loadConfigText(text, "exporter.yml", env, deps);

const optionsOf = (config: Config, module = "a"): HttpOptions =>
  config.modules.get(module)?.options as HttpOptions;

const httpOptions = (options: string, env: Environment = {}): HttpOptions =>
  optionsOf(
    load(`modules:\n  a:\n    prober: http\n    http:\n${options.replaceAll(/^/gm, "      ")}\n`, env),
  );

const target = (fields: string, module = "{ prober: http }") =>
  load(`modules: { a: ${module} }\ntargets: [{ name: t, module: a, target: "http://localhost", ${fields} }]`)
    .targets[0];

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
};

describe("modules", () => {
  test("accept a file of blackbox_exporter unmodified", () => {
    const config = load(`---
modules:
  http_2xx:
    prober: http
    http:
  http_post_2xx:
    prober: http
    timeout: 5s
    http:
      method: POST
      headers:
        Content-Type: application/json
      body: '{}'
      follow_redirects: no
`);
    expect([...config.modules.keys()]).toEqual(["http_2xx", "http_post_2xx"]);
    expect(optionsOf(config, "http_2xx")).toEqual({});
    expect(config.modules.get("http_post_2xx")).toMatchObject({
      prober: { kind: "http" },
      timeout: 5,
      minInterval: 0,
      options: { method: "POST", body: "{}", follow_redirects: false },
    });
    expect(config.targets).toEqual([]);
    expect(config.warnings).toEqual([]);
  });

  test.each([
    ["http", "{ prober: http }", 0],
    ["a costly prober", "{ prober: llm, llm: { api: openai } }", 27],
    ["as configured", "{ prober: llm, min_interval: 1m, llm: { api: openai } }", 60],
  ])("min_interval: %s", (_, module, expected) => {
    expect(load(`modules: { a: ${module} }`).modules.get("a")?.minInterval).toBe(expected);
  });

  test("have the redacted YAML of the module as source", () => {
    const config = load("modules: { a: { prober: http, http: { password: x1y2z3, method: GET } } }");
    expect(config.modules.get("a")?.source).toBe(
      "prober: http\nhttp:\n  password: <secret>\n  method: GET\n",
    );
  });
});

describe("targets", () => {
  test("have defaults", () => {
    expect(target("")).toMatchObject({
      name: "t",
      address: "http://localhost",
      configured: true,
      schedule: "on_scrape",
      interval: 30,
      minInterval: 0,
      thresholds: { failures: 3, successes: 2, minDwell: 0, ignoreReasons: new Set(["bad_request"]) },
      sloObjective: 0.999,
      critical: false,
      labels: {},
      series: { histograms: [], details: false },
    });
    expect(target("")).not.toHaveProperty("failover");
  });

  test("apply every option", () => {
    const fields =
      "model: 4.10, hostname: h, schedule: interval, interval: 1m, min_interval: 10s, failure_threshold: 5, healthy_threshold: 1, min_dwell: 2m, ignore_reasons: [tls], expected_duration: 500ms, slo_objective: 0.95, critical: yes, labels: { team: 007 }, failover: { max_duration: 1h, mode: other, confidence_reduction: 1, process_with_lower_confidence: off }";
    expect(target(fields)).toMatchObject({
      model: "4.10",
      hostname: "h",
      schedule: "interval",
      interval: 60,
      minInterval: 10,
      thresholds: { failures: 5, successes: 1, minDwell: 120, ignoreReasons: new Set(["tls"]) },
      expectedDuration: 0.5,
      sloObjective: 0.95,
      critical: true,
      labels: { team: "007" },
      failover: {
        mode: "other",
        confidenceReduction: 1,
        processWithLowerConfidence: false,
        maxDuration: 3600,
      },
    });
  });

  test.each([
    ["the prober's", "{ prober: llm, llm: { api: openai } }", "", ["duration", "first_token"], false],
    ["none", "{ prober: llm, llm: { api: openai }, histograms: [] }", "", [], false],
    ["the module's", "{ prober: http, histograms: [duration], probe_details: true }", "", ["duration"], true],
    [
      "their own, in a fixed order",
      "{ prober: http, histograms: [duration], probe_details: true }",
      "histograms: [inter_token, failed_duration], probe_details: false",
      ["failed_duration", "inter_token"],
      false,
    ],
    [
      "the module's but for one",
      "{ prober: http, probe_details: true }",
      "histograms: [duration]",
      ["duration"],
      true,
    ],
  ])("have optional series: %s", (_title, module, fields, histograms, details) => {
    expect(target(fields, module)?.series).toEqual({ histograms, details });
  });

  const DEFAULT_FAILOVER = {
    mode: "rule_based",
    confidenceReduction: 0.2,
    processWithLowerConfidence: true,
    maxDuration: 1800,
  };
  test.each([
    ["true", "failover: true", DEFAULT_FAILOVER, "interval"],
    ["an empty map", "failover: {}", DEFAULT_FAILOVER, "interval"],
    ["false", "failover: false", undefined, "on_scrape"],
    ["with schedule on_scrape", "failover: true, schedule: on_scrape", DEFAULT_FAILOVER, "on_scrape"],
  ])("failover: %s", (_, fields, failover, schedule) => {
    expect(target(fields)?.failover).toEqual(failover);
    expect(target(fields)?.schedule).toBe(schedule);
  });

  test("warn of an empty failover", () => {
    const config = load(
      "modules: { a: { prober: http } }\ntargets:\n  - name: t\n    module: a\n    target: http://x\n    failover:\n",
    );
    expect(config.warnings).toEqual([
      "exporter.yml:6:5: targets[0].failover: is empty, so there is no failover; write true for the defaults",
    ]);
  });

  const LLM = "prober: llm, llm: { api: openai }";
  test.each([
    ["costly", "interval: 1m", `{ ${LLM} }`, 54],
    ["costly, set by the module", "interval: 1m", `{ ${LLM}, min_interval: 5s }`, 5],
    ["costly, set by the target", "interval: 1m, min_interval: 0", `{ ${LLM} }`, 0],
    ["cheap, set by the module", "", "{ prober: http, min_interval: 5s }", 5],
  ])("min_interval: %s", (_, fields, module, expected) => {
    expect(target(fields, module)?.minInterval).toBe(expected);
  });
});

test("limits, control and context_api have defaults and options", async () => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "token"), "hush\n");
  const file = join(folder, "exporter.yml");
  writeFileSync(
    file,
    "modules: {}\nlimits: { max_concurrent_probes: 7, max_concurrent_probes_per_host: 2, response_memory: 64MB }\ncontrol: { token_file: token }\ncontext_api: { metrics_enabled: no }\n",
  );
  const config = loadConfigText(readConfigFile(file), file, {}, deps);
  expect(config.limits).toEqual({
    maxConcurrentProbes: 7,
    maxConcurrentProbesPerHost: 2,
    responseMemory: 64 * 2 ** 20,
  });
  expect(await config.control.token?.reveal()).toBe("hush");
  expect(config.contextApi).toEqual({ enabled: true, metricsEnabled: false });
  expect(load("modules: {}")).toMatchObject({
    limits: { maxConcurrentProbes: 500, maxConcurrentProbesPerHost: undefined, responseMemory: 32 * 2 ** 20 },
    control: {},
    contextApi: { enabled: true, metricsEnabled: true },
  });
});

test("components have a token of their own, and a warning if it is the control token", async () => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["control", "own"]) writeFileSync(join(folder, name), `token ${name}\n`);
  const loaded = (components: string) =>
    loadConfigText(
      `modules: {}\ncontrol: { token_file: control }\n${components}`,
      join(folder, "exporter.yml"),
      {},
      deps,
    );
  expect(loaded("").components).toEqual({});
  const own = loaded("components: { token_file: own }");
  expect(await own.components.token?.reveal()).toBe("token own");
  expect(own.warnings).toEqual([]);
  expect(loaded("components: { token_file: control }").warnings).toEqual([
    expect.stringMatching(
      /components\.token_file: is also control\.token_file, so that components can use every control route$/,
    ),
  ]);
});

test("webhooks can name the components that groups list", () => {
  const yaml = (target: string) =>
    `modules: {}\ngroups: [{ name: all, components: [sync] }]\nwebhooks: [{ name: app, url: "http://a.example", events: [component], targets: [${target}] }]\n`;
  expect(load(yaml("sync")).webhooks[0]?.subjects).toEqual(new Set(["sync"]));
  expect(() => load(yaml("snc"))).toThrow(
    "want the name of a target, heartbeat, group, route or component of a group: all or sync",
  );
});

test("storage has defaults, and paths relative to the file", () => {
  const file = "/etc/heartbeat/exporter.yml";
  const storage = (text: string) => loadConfigText(`modules: {}\n${text}`, file, {}, deps).storage;
  expect(storage("")).toEqual({
    retention: 7 * 86_400,
    maxSize: 512 * 2 ** 20,
    durability: "strict",
  });
  expect(storage("storage: { path: data/s.db, retention: 30d, max_size: 2GB }")).toEqual({
    path: "/etc/heartbeat/data/s.db",
    retention: 30 * 86_400,
    maxSize: 2 * 2 ** 30,
    durability: "strict",
  });
});

test("reports a missing file", () => {
  expect(messageOf(() => readConfigFile("/nowhere/exporter.yml"))).toBe(
    "/nowhere/exporter.yml: got no such file, want a readable YAML file",
  );
});

test("warns of variables that a file overrides, but not of those that it uses", () => {
  const env = {
    HEARTBEAT_LLM_URL: "http://x",
    FAILOVER_MODE: "x",
    HEARTBEAT_TIMEOUT: "3s",
    CONTEXT_API_PORT: "1",
  };
  expect(load("modules: { a: { prober: http, timeout: '${HEARTBEAT_TIMEOUT}' } }", env).warnings).toEqual([
    "exporter.yml:1:1: the file is used, so these variables are ignored: FAILOVER_MODE, HEARTBEAT_LLM_URL",
  ]);
});

test.each(["0", "0s", "-1s", "-500us"])(
  "a timeout of %s is none in a module of blackbox_exporter",
  (timeout) => {
    const config = load(`modules: { a: { prober: http, timeout: ${timeout} } }`);
    expect(config.modules.get("a")?.timeout).toBeUndefined();
    expect(config.warnings).toEqual([
      "exporter.yml:1:40: modules.a.timeout: is none: only the timeout of the scrape ends a probe",
    ]);
    const other = `modules: { a: { prober: llm, timeout: ${timeout}, llm: { api: openai } } }`;
    expect(messageOf(() => load(other))).toContain(`modules.a.timeout: got ${timeout}, want > 0`);
  },
);

test.each([
  ["1.5s", 1.5],
  ["500us", 0.0005],
  ["1h1.5m", 3690],
  ["1d", 86_400],
])("a timeout of %s", (timeout, length) => {
  const config = load(`modules: { a: { prober: http, timeout: ${timeout} } }`);
  expect(config.modules.get("a")?.timeout).toBe(length);
});

test("intervals are at least a millisecond", () => {
  expect(target("interval: 1ms")?.interval).toBe(0.001);
  expect(messageOf(() => target("interval: 999us"))).toContain("interval: got 999us, want >= 1ms");
});

describe("a module with an option that is not supported", () => {
  const modules = "modules:\n  quic: { prober: http, http: { method: QUIC } }\n  plain: { prober: http }\n";

  test("is off, with a warning, and the others run", () => {
    const { modules: on, offModules, warnings } = load(modules);
    expect([...on.keys()]).toEqual(["plain"]);
    expect(offModules).toEqual(new Map([["quic", "modules.quic.http.method: QUIC is not supported"]]));
    expect(warnings).toEqual([
      "exporter.yml:2:41: modules.quic.http.method: QUIC is not supported, so this module is off: probes of it are refused, and all others run",
    ]);
  });

  test("has no targets", () => {
    const targets = 'targets: [{ name: t, module: quic, target: "http://localhost" }]';
    expect(messageOf(() => load(modules + targets))).toBe(
      "exporter.yml:4:30: targets[0].module: got quic, which is off (modules.quic.http.method: QUIC is not supported), want a module that can probe",
    );
  });

  test("is refused if it has other problems", () => {
    expect(messageOf(() => load(modules.replace("QUIC", "QUIC, colour: blue")))).toContain(
      "got an unknown key",
    );
  });
});

test("options of another prober of blackbox_exporter have no effect, with a warning", async () => {
  const config = load("modules: { a: { prober: http, tcp: { tls: true }, dns: ~, icmp: } }");
  expect(config.modules.get("a")).toMatchObject({ prober: { kind: "http" }, options: {} });
  expect(config.warnings).toEqual([
    "exporter.yml:1:31: modules.a.tcp: has no effect, because the module's prober is http",
  ]);
});

test("options of another prober are checked, and their secrets are not shown", async () => {
  const probers = [{ ...httpProber, kind: "tcp" }, httpProber];
  const loadWith = (options: string) =>
    loadConfigText(
      `modules: { a: { prober: tcp, http: ${options} } }`,
      "exporter.yml",
      {},
      { ...deps, probers },
    );
  const config = loadWith("{ password: hush-hush }");
  expect(config.warnings).toHaveLength(1);
  expect(`${await config.redacted()}${config.modules.get("a")?.source}`).not.toContain("hush-hush");
  expect(messageOf(() => loadWith("{ colour: blue }"))).toContain(
    "modules.a.http.colour: got an unknown key",
  );
});

test("missing files with secrets of modules are warnings", () => {
  const folder = mkdtempSync(join(tmpdir(), "secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "key");
  const yaml = `modules: { a: { prober: llm, llm: { api: openai, api_key_file: ${file} } } }`;
  expect(load(yaml).warnings).toEqual([
    `exporter.yml:1:64: modules.a.llm.api_key_file: ${file} cannot be used yet (no such file); probes fail until it can`,
  ]);
  writeFileSync(file, "hush");
  expect(load(yaml).warnings).toEqual([]);
});

describe("YAML", () => {
  test.each([
    ["yes", true],
    ["on", true],
    ["True", true],
    ["no", false],
    ["Off", false],
  ])("%s is a boolean where the schema wants one", (text, expected) => {
    expect(httpOptions(`follow_redirects: ${text}`).follow_redirects).toBe(expected);
  });

  test.each(["1.10", "007", "yes", "0x1F", "1e3", "2026-01-01", "nil", "+5"])(
    "%s keeps its spelling where the schema wants text",
    (text) => {
      expect(httpOptions(`headers: { X: ${text} }\npassword: ${text}`)).toEqual({
        headers: { X: text },
        password: text,
      });
    },
  );

  test.each(["", "~", "null", "Null", "NULL"])("%j is nothing, of any type", (nothing) => {
    const keys = ["method", "valid_status_codes", "password", "follow_redirects", "body"];
    const maps = `headers:\n  X: ${nothing}\nsecrets:\n  S: ${nothing}`;
    const options = httpOptions([...keys.map((key) => `${key}: ${nothing}`), maps].join("\n"));
    expect(options).toEqual({ headers: { X: "" }, secrets: { S: [] } });
    expect(httpOptions(`valid_status_codes:\n- ${nothing}\n- 200`)).toEqual({ valid_status_codes: [200] });
    const yaml = `modules:\n  a:\n    prober: http\n    timeout: ${nothing}\n    http: ${nothing}`;
    expect(load(yaml).modules.get("a")).toMatchObject({ name: "a", options: {} });
  });

  test.each([
    ['"yes"', true],
    ["'off'", false],
  ])("%s is a boolean where the schema wants nothing else", (text, expected) => {
    expect(httpOptions(`follow_redirects: ${text}`).follow_redirects).toBe(expected);
    expect(messageOf(() => httpOptions("follow_redirects: 'true'"))).toContain("want true or false");
  });

  test.each(['"~"', "'null'", '""'])("%s in quotes is text", (text) => {
    expect(httpOptions(`headers: { X: ${text} }`).headers?.["X"]).toBe(text.slice(1, -1));
  });

  test("a variable with the value null is text", () => {
    const config = load("modules: { a: { prober: http, http: { body: '${BODY}' } } }", { BODY: "null" });
    expect(optionsOf(config).body).toBe("null");
  });

  test("an empty item of another section is a mistake", () => {
    expect(messageOf(() => load("modules: {}\ngroups: [{ name: a, members: [~] }]"))).toContain(
      "groups[0].members[0]: got nothing",
    );
  });

  test("places of problems count dropped items", () => {
    const file =
      "modules:\n  a:\n    prober: http\n    http:\n      valid_status_codes:\n        -\n        - 200\n        - 42\n";
    expect(messageOf(() => load(file))).toContain(
      "exporter.yml:8:11: modules.a.http.valid_status_codes[2]: got 42",
    );
  });

  test("an unquoted number is a number where the schema allows both", () => {
    expect(httpOptions('valid_status_codes: [200, 2xx, "3xx"]').valid_status_codes).toEqual([
      200,
      "2xx",
      "3xx",
    ]);
  });

  test("values without a schema have the types of YAML", () => {
    const config = load(
      'modules: { a: { prober: llm, llm: { api: openai, extra_body: { a: 1.5, b: "1", c: yes, d: , e: [x, 007, y] } } } }',
    );
    expect(config.modules.get("a")?.options).toMatchObject({
      options: { extra_body: { a: 1.5, b: "1", c: true, d: null, e: ["x", "007", "y"] } },
    });
  });

  test.each(["---", "---\n...\n---\n# nothing\n", "--- # nothing", "...\n"])(
    "%j after the document is no other one",
    (rest) => {
      expect(load(`modules: { a: { prober: http } }\n${rest}`).modules.size).toBe(1);
    },
  );

  test.each(["---\nmodules: {}", "--- x", "---\n---\n- a"])(
    "%j after the document is another one",
    (rest) => {
      const message = messageOf(() => load(`modules: { a: { prober: http } }\n${rest}`));
      expect(message).toBe("exporter.yml:2:1: got a second document, want one YAML document in the file");
    },
  );

  test.each([
    ["\\${HOME}$", "\\${HOME}$"],
    ["\\\\${HOME}", "\\\\/root"],
    ["[$]{HOME}|${HOME}", "[$]{HOME}|/root"],
    ["$${HOME}", "${HOME}"],
  ])("the expression %s is %s: a dollar after a backslash is its own", (written, expression) => {
    const options = `fail_if_header_matches: [{ header: a, regexp: '${written}' }]`;
    const loose = { ...deps, formats: { ...deps.formats, regexp: () => true } };
    const yaml = `modules: { a: { prober: http, http: { ${options} } } }`;
    const config = loadConfigText(yaml, "exporter.yml", { HOME: "/root" }, loose);
    expect(config.modules.get("a")?.options).toEqual({
      fail_if_header_matches: [{ header: "a", regexp: expression }],
    });
  });

  test("supports anchors, aliases and merge keys", () => {
    const config = load(`modules:
  a: &a
    prober: http
    timeout: 5s
    http: &options { method: GET, body: x }
  b:
    <<: *a
    timeout: 6s
  c:
    prober: http
    http:
      method: PUT
      <<: [{ password: one }, *options, { password: two, body: z }]
`);
    expect(config.modules.get("b")).toMatchObject({ timeout: 6, options: { method: "GET", body: "x" } });
    expect(optionsOf(config, "c")).toEqual({ method: "PUT", password: "one", body: "x" });
  });

  test("limits nested aliases", () => {
    const lines = Array.from(
      { length: 9 },
      (_, i) =>
        `    k${i}: &k${i} [${Array.from({ length: 10 }, () => (i === 0 ? "x" : `*k${i - 1}`)).join(", ")}]`,
    );
    expect(messageOf(() => load(`modules:\n  a:\n${lines.join("\n")}\n`))).toContain(
      "got too many aliases of aliases",
    );
  });

  test("treats keys of Object.prototype like any other", () => {
    const config = load("modules: { __proto__: { prober: http }, constructor: { prober: http } }");
    expect([...config.modules.keys()]).toEqual(["__proto__", "constructor"]);
    expect(messageOf(() => load("modules: { a: { prober: http, toString: 1 } }"))).toContain(
      "modules.a.toString: got an unknown key",
    );
  });
});

describe("substitution", () => {
  test.each([
    ["${X}", "value"],
    ["a-${X}-${X}", "a-value-value"],
    ["$${X}", "${X}"],
    ["$$${X}", "$${X}"],
    ["^a$|${1}|$X|${}|$", "^a$|${1}|$X|${}|$"],
  ])("%s", (text, expected) => {
    expect(httpOptions(`body: '${text}'`, { X: "value" }).body).toBe(expected);
  });

  test("converts the value to the type that the schema wants, in quotes too", () => {
    const env = { LIMIT: "5", FLAG: "no", TEXT: "5" };
    expect(httpOptions('body_size_limit: "${LIMIT}"\nfollow_redirects: ${FLAG}\nbody: ${TEXT}', env)).toEqual(
      { body_size_limit: 5, follow_redirects: false, body: "5" },
    );
  });

  test("leaves keys alone and accepts empty values", () => {
    expect(httpOptions('headers: { "${X}": "${EMPTY}" }', { EMPTY: "" }).headers).toEqual({ "${X}": "" });
  });
});

describe("redacted", () => {
  test("hides secrets, keeps references as written, and drops comments and anchors", async () => {
    const config = load(
      `# password was hunter1
modules:
  a:
    prober: http
    http:
      body: &shared hunter2
      password: *shared
      secrets: { X: [hunter3, "\${TOKEN}", "Bearer \${TOKEN}"] }
      headers: { Y: "\${TOKEN}" }
targets:
  - { name: t, module: a, target: "http://me:hunter4@localhost/\${TOKEN}" }
`,
      { TOKEN: "hunter5" },
    );
    expect(await config.redacted()).toBe(`modules:
  a:
    prober: http
    http:
      body: <secret>
      password: <secret>
      secrets:
        X:
          - <secret>
          - "\${TOKEN}"
          - <secret>
      headers:
        Y: "\${TOKEN}"
targets:
  - name: t
    module: a
    target: "http://<secret>@localhost/\${TOKEN}"
`);
  });

  const text = fc.string({ unit: "binary" });
  const moduleWith = (options: object): string =>
    stringify({ modules: { a: { prober: "http", http: options } } });

  test("loads again, with the same options if there are no secrets", async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (method, header) => {
        const config = load(moduleWith({ valid_status_codes: [200], headers: { header, method } }), {});
        const redacted = await config.redacted();
        expect(redacted).not.toContain("<secret>");
        const again = load(redacted);
        expect(await again.redacted()).toBe(redacted);
        expect(optionsOf(again)).toEqual(optionsOf(config));
      }),
    );
  });

  test("loads again, with the same options but for the secrets", async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (body, header) => {
        const config = load(moduleWith({ body, password: "hunter1", headers: { header } }), {});
        const redacted = await config.redacted();
        const again = load(redacted);
        expect(await again.redacted()).toBe(redacted);
        expect(optionsOf(again)).toEqual({ ...optionsOf(config), password: "<secret>" });
      }),
    );
  });
});

describe("properties", () => {
  /** A text without references to variables. */
  const scalar = fc.string({ unit: "binary" }).filter((text) => !text.includes("${"));

  test("text keeps its spelling in every style of YAML", () => {
    const style = fc.constantFrom("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL" as const);
    fc.assert(
      fc.property(scalar, style, (text, defaultStringType) => {
        const yaml = stringify(
          { modules: { a: { prober: "http", http: { headers: { text } } } } },
          { defaultStringType },
        );
        expect(optionsOf(load(yaml)).headers?.["text"]).toBe(text);
      }),
    );
  });

  test("a plain scalar keeps its spelling", () => {
    const plain = fc
      .stringMatching(/^[A-Za-z0-9.+~_-]{1,8}$/)
      .filter((text) => !/^(?:[-]{1,3}|~|null|Null|NULL)$/.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        expect(httpOptions(`headers: { X: ${text} }`).headers?.["X"]).toBe(text);
      }),
    );
  });

  test("a secret is never shown, wherever it is and whatever else is wrong", async () => {
    const secret = fc
      .stringMatching(/^[A-Za-z0-9!%&()*+,./;<=>?[\]^_`|~ -]{8,20}$/)
      .filter((text) => text.trim() === text)
      .map((text) => `s3:${text}`);
    const place = fc.constantFrom<(value: string) => object>(
      (value) => ({ password: value }),
      (value) => ({ password: value, method: "TRACE" }),
      (value) => ({ password: [value] }),
      (value) => ({ password: { value } }),
      (value) => ({ secrets: { X: [value] } }),
      (value) => ({ secrets: { X: value } }),
      (value) => ({ auth: { type: "bearer", token: value } }),
      (value) => ({ auth: { type: "basic", token: value } }),
      (value) => ({ auth: { type: "bearer", token: value, more: 1 } }),
      (value) => ({ password: `bad${value}` }),
    );
    const wrong = fc.constantFrom({}, { methd: 1 }, { follow_redirects: "perhaps" }, { method: "FETCH" });
    await fc.assert(
      fc.asyncProperty(secret, place, wrong, fc.boolean(), async (value, at, more, fromEnv) => {
        const options = { ...at(fromEnv ? "${SECRET}" : value), ...more };
        const yaml = stringify({ modules: { a: { prober: "http", http: options } } });
        let seen: string;
        try {
          const config = load(yaml, { SECRET: value });
          seen = [await config.redacted(), config.modules.get("a")?.source, ...config.warnings].join("\n");
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          seen = `${error.message}\n${JSON.stringify(error.problems)}`;
        }
        expect(seen).not.toContain(value);
      }),
      { numRuns: 500 },
    );
  });
});

test("ConfigError has a name and a message", () => {
  const error = new ConfigError([{ place: "x.yml:1:2", path: "a.b", got: "1", want: "2" }]);
  expect(error.name).toBe("ConfigError");
  expect(error.message).toBe("x.yml:1:2: a.b: got 1, want 2");
});

test("an exception in compile is a bug and is not caught", () => {
  const broken = {
    ...httpProber,
    compile: () => {
      throw new TypeError("bug");
    },
  };
  expect(() =>
    loadConfigText("modules: { a: { prober: http } }", "x", {}, { ...deps, probers: [broken] }),
  ).toThrow(TypeError);
});

test("a default interval follows a longer timeout, which is said once", () => {
  const text = `modules: { a: { prober: http, timeout: 1m } }
targets:
  - { name: one, module: a, target: "http://localhost", schedule: interval }
  - { name: two, module: a, target: "http://localhost", schedule: interval }
  - { name: own, module: a, target: "http://localhost", schedule: interval, interval: 2m }
  - { name: scraped, module: a, target: "http://localhost" }
`;
  const config = load(text);
  expect(config.targets.map(({ interval }) => interval)).toEqual([60, 60, 120, 30]);
  expect(config.warnings).toEqual([
    "exporter.yml:1:40: modules.a.timeout: is longer than the default interval of 30s, so targets without an interval of their own are probed every 1m",
  ]);
  expect(messageOf(() => load(text.replace("interval: 2m", "interval: 30s")))).toBe(
    "exporter.yml:5:87: targets[2].interval: got 30s, want an interval >= 1m, the timeout of module a",
  );
});
