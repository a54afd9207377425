import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Environment } from "../../src/config/document/convert.ts";
import { ConfigError } from "../../src/config/document/problems.ts";
import { listenAddressFromEnv } from "../../src/config/env/env.ts";
import { loadConfigEnv, loadConfigText } from "../../src/config/load.ts";
import { deps } from "./stand-ins.ts";

const messageOf = (env: Environment): string => {
  try {
    loadConfigEnv(env, deps);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
};

const URL = { HEARTBEAT_LLM_URL: "http://localhost:8080/v1" };

describe("the environment alone", () => {
  test("needs only the address; the rest are the defaults of the guide", () => {
    const config = loadConfigEnv(URL, deps);
    expect(config.targets).toMatchObject([
      {
        name: "llm",
        address: "http://localhost:8080/v1",
        schedule: "interval",
        interval: 30,
        minInterval: 27,
        thresholds: { failures: 3, successes: 2 },
        failover: {
          mode: "rule_based",
          confidenceReduction: 0.2,
          processWithLowerConfidence: true,
          maxDuration: 1800,
        },
        module: {
          name: "llm",
          timeout: 10,
          options: {
            options: {
              api: "openai",
              prompt: "System health check. Respond with: HEALTHY",
              expect: { word: "HEALTHY" },
            },
          },
        },
      },
    ]);
    expect(config.targets[0]).not.toHaveProperty("model");
    expect([...config.modules.keys()]).toEqual(["http_2xx", "llm"]);
    expect(config.contextApi).toEqual({ enabled: true, metricsEnabled: true });
    expect(config.warnings).toEqual([]);
  });

  test("applies every variable", async () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "key"), "hush");
    const config = loadConfigEnv(
      {
        ...URL,
        HEARTBEAT_ENABLED: "YES",
        HEARTBEAT_CHECK_INTERVAL: "1m",
        HEARTBEAT_FAILURE_THRESHOLD: " 5 ",
        HEARTBEAT_HEALTHY_THRESHOLD: "1",
        HEARTBEAT_TIMEOUT: "2s",
        HEARTBEAT_HEALTH_PROMPT: "Are you ${THERE}?\n  Say yes.",
        HEARTBEAT_LLM_MODEL: "1.10",
        HEARTBEAT_LLM_API: "ollama",
        HEARTBEAT_LLM_API_KEY_FILE: join(folder, "key"),
        HEARTBEAT_CONTROL_TOKEN_FILE: join(folder, "key"),
        FAILOVER_ENABLED: "1",
        FAILOVER_MODE: "other",
        FAILOVER_CONFIDENCE_REDUCTION: "0.5",
        FAILOVER_PROCESS_LOWER_CONFIDENCE: "0",
        FAILOVER_MAX_DURATION: "1h",
        CONTEXT_API_HOST: "127.0.0.1",
        CONTEXT_API_PORT: "9000",
        CONTEXT_API_ENABLED: "No",
        CONTEXT_API_METRICS_ENABLED: "false",
      },
      deps,
    );
    expect(config.targets[0]).toMatchObject({
      model: "1.10",
      interval: 60,
      thresholds: { failures: 5, successes: 1 },
      failover: {
        mode: "other",
        confidenceReduction: 0.5,
        processWithLowerConfidence: false,
        maxDuration: 3600,
      },
      module: {
        timeout: 2,
        options: { options: { api: "ollama", prompt: "Are you ${THERE}?\n  Say yes." } },
      },
    });
    expect(config.contextApi).toEqual({ enabled: false, metricsEnabled: false });
    expect(await config.control.token?.reveal()).toBe("hush");
    expect(config.warnings).toEqual([]);
  });

  test("is shown as an equivalent file", async () => {
    const env = {
      ...URL,
      HEARTBEAT_LLM_API_KEY: "sk-very-secret",
      HEARTBEAT_HEALTH_PROMPT: "Is it ${X}\n ok?",
    };
    const config = loadConfigEnv(env, deps);
    const redacted = await config.redacted();
    expect(redacted).toContain("api_key: ${HEARTBEAT_LLM_API_KEY}\n");
    expect(redacted).not.toContain("sk-very-secret");
    const again = loadConfigText(redacted, "exporter.yml", env, deps);
    expect(again.targets).toEqual(config.targets);
    expect(await again.redacted()).toBe(redacted);
  });

  test.each([
    ["HEARTBEAT_ENABLED=false", { ...URL, HEARTBEAT_ENABLED: "false" }, 0, []],
    ["no address is needed without a target", { HEARTBEAT_ENABLED: "false" }, 0, []],
    [
      "an empty variable counts as not set",
      { ...URL, HEARTBEAT_TIMEOUT: "", HEARTBEAT_LLM_MODEL: "" },
      1,
      [],
    ],
    [
      "a misspelt variable is a warning",
      { ...URL, FAILOVER_MAX_DURATOIN: "1m" },
      1,
      ["FAILOVER_MAX_DURATOIN: unknown variable (did you mean FAILOVER_MAX_DURATION?)"],
    ],
    [
      "variables that Kubernetes sets for a service are ignored",
      {
        ...URL,
        HEARTBEAT_EXPORTER_SERVICE_HOST: "10.0.0.1",
        HEARTBEAT_EXPORTER_PORT_8091_TCP_ADDR: "10.0.0.1",
        CONTEXT_API_PORT: "tcp://10.0.0.1:8091",
      },
      1,
      [],
    ],
  ])("%s", (_, env, targets, warnings) => {
    const config = loadConfigEnv(env, deps);
    expect(config.targets).toHaveLength(targets);
    expect(config.warnings).toEqual(warnings);
  });

  test("is probed on an interval with FAILOVER_ENABLED=false too", () => {
    const [target] = loadConfigEnv({ ...URL, FAILOVER_ENABLED: "false" }, deps).targets;
    expect(target).not.toHaveProperty("failover");
    expect(target?.schedule).toBe("interval");
  });

  test("reports problems by variable", () => {
    const env = {
      ...URL,
      HEARTBEAT_ENABLED: "maybe",
      HEARTBEAT_CHECK_INTERVAL: "abc",
      HEARTBEAT_FAILURE_THRESHOLD: "0",
      HEARTBEAT_TIMEOUT: "-1s",
      HEARTBEAT_LLM_API: "opnai",
      HEARTBEAT_LLM_API_KEY: "sk-very-secret",
      HEARTBEAT_LLM_API_KEY_FILE: "/nowhere/key",
      FAILOVER_CONFIDENCE_REDUCTION: "20%",
      CONTEXT_API_ENABLED: "2",
    };
    expect(messageOf(env).split("\n").toSorted()).toEqual([
      'CONTEXT_API_ENABLED: got "2", want true or false',
      'FAILOVER_CONFIDENCE_REDUCTION: got "20%", want a number from 0 to 1',
      'HEARTBEAT_CHECK_INTERVAL: got "abc", want a duration such as 30s, 2m, 1h30m or 500ms',
      'HEARTBEAT_ENABLED: got "maybe", want true or false',
      "HEARTBEAT_FAILURE_THRESHOLD: got 0, want >= 1",
      'HEARTBEAT_LLM_API: got "opnai", want openai, anthropic or ollama',
      "HEARTBEAT_LLM_API_KEY_FILE: got HEARTBEAT_LLM_API_KEY as well, want only one of them",
      "HEARTBEAT_TIMEOUT: got -1s, want > 0",
    ]);
  });

  test.each([
    [
      { ...URL, HEARTBEAT_CHECK_INTERVAL: "10s", HEARTBEAT_TIMEOUT: "20s" },
      "HEARTBEAT_CHECK_INTERVAL: got 10s, want at least 20s, the value of HEARTBEAT_TIMEOUT",
    ],
    ...["HEARTBEAT_CONTROL_TOKEN", "HEARTBEAT_PING_TOKEN", "HEARTBEAT_LLM_API_KEY"].map(
      (name) =>
        [
          { ...URL, [name]: "hush", [`${name}_FILE`]: import.meta.filename },
          `${name}_FILE: got ${name} as well, want only one of them`,
        ] as const,
    ),
    [
      { ...URL, HEARTBEAT_CONTROL_TOKEN_FILE: "/nowhere/token" },
      "HEARTBEAT_CONTROL_TOKEN_FILE: got no such file, want a readable file with a secret, at most 64 KiB",
    ],
  ] as const)("%o", (env, message) => {
    expect(messageOf(env)).toBe(message);
  });

  test.each([
    [
      { HEARTBEAT_CHECK_INTERVAL: "5s" },
      5,
      5,
      "HEARTBEAT_CHECK_INTERVAL: 5s is shorter than the default timeout of 10s, so the timeout is 5s too (HEARTBEAT_TIMEOUT)",
    ],
    [
      { HEARTBEAT_TIMEOUT: "1m" },
      60,
      60,
      "HEARTBEAT_TIMEOUT: 1m is longer than the default interval of 30s, so the interval is 1m too (HEARTBEAT_CHECK_INTERVAL)",
    ],
    [{ HEARTBEAT_TIMEOUT: "20s" }, 20, 30, undefined],
    [{ HEARTBEAT_CHECK_INTERVAL: "1m" }, 10, 60, undefined],
    [{ HEARTBEAT_TIMEOUT: "5s", HEARTBEAT_CHECK_INTERVAL: "5s" }, 5, 5, undefined],
  ])("adjusts the one of interval and timeout that is not set: %o", (env, timeout, interval, warning) => {
    const config = loadConfigEnv({ ...URL, HEARTBEAT_LLM_URL_2: "http://localhost:8081/v1", ...env }, deps);
    expect(config.targets.map(({ module, interval }) => [module.timeout, interval])).toEqual([
      [timeout, interval],
      [timeout, interval],
    ]);
    expect(config.warnings).toEqual(warning === undefined ? [] : [warning]);
  });

  test("warns of a missing file with the key, which may come later", () => {
    expect(loadConfigEnv({ ...URL, HEARTBEAT_LLM_API_KEY_FILE: "/nowhere/key" }, deps).warnings).toEqual([
      "HEARTBEAT_LLM_API_KEY_FILE: /nowhere/key cannot be used yet (no such file); probes fail until it can",
    ]);
  });
});

describe("an unknown variable", () => {
  const warningsOf = (env: Environment, yaml?: string): readonly string[] =>
    yaml === undefined
      ? loadConfigEnv({ ...URL, ...env }, deps).warnings
      : loadConfigText(yaml, "exporter.yml", env, deps).warnings;

  test.each([
    ["two letters swapped", "HEARTBEAT_LLM_ULR", "HEARTBEAT_LLM_URL"],
    ["a letter too many", "HEARTBEAT_PING_TOCKEN", "HEARTBEAT_PING_TOKEN"],
    ["a plural", "HEARTBEAT_FAILURE_THRESHOLDS", "HEARTBEAT_FAILURE_THRESHOLD"],
    ["a word left out", "HEARTBEAT_URL", "HEARTBEAT_LLM_URL"],
    ["another word left out", "HEARTBEAT_API_KEY_FILE", "HEARTBEAT_LLM_API_KEY_FILE"],
    ["a prefix too many", "HEARTBEAT_FAILOVER_MODE", "FAILOVER_MODE"],
    ["the name of another prefix", "HEARTBEAT_CONFIDENCE_REDUCTION", "FAILOVER_CONFIDENCE_REDUCTION"],
    ["a misspelt prefix", "HEARBEAT_LLM_MODEL", "HEARTBEAT_LLM_MODEL"],
    ["another misspelt prefix", "HEARTBEATS_LLM_MODEL", "HEARTBEAT_LLM_MODEL"],
    ["lower case", "heartbeat_llm_model", "HEARTBEAT_LLM_MODEL"],
    ["the port by another prefix", "HEARTBEAT_PORT", "CONTEXT_API_PORT"],
    ["a switch", "HEARTBEAT_ENABLE", "HEARTBEAT_ENABLED"],
    ["a machine's threshold", "MACHINE_OFFLINE_TRESHOLD", "MACHINE_OFFLINE_THRESHOLD"],
  ])("is named with what was meant: %s", (_, name, meant) => {
    const warning = `${name}: unknown variable (did you mean ${meant}?)`;
    expect(warningsOf({ [name]: "1" })).toEqual([warning]);
    expect(warningsOf({ [name]: "1" }, "modules: { a: { prober: http } }")).toEqual([warning]);
  });

  test.each(["HEARTBEAT_COLOUR_OF_THE_SKY", "FAILOVER_AT_NIGHT"])("is named without a guess: %s", (name) => {
    expect(warningsOf({ [name]: "8091" })).toEqual([`${name}: unknown variable`]);
  });

  test.each([
    [
      "that the file refers to",
      { HEARTBEAT_MINE: "http" },
      "modules: { a: { prober: '${HEARTBEAT_MINE}' } }",
    ],
    [
      "of a service whose heartbeat log is read",
      { HEARTBEAT_INCLUDE_DETAILED_STATS: "true" },
      "modules: { a: { prober: http } }",
    ],
    ["that is empty", { HEARTBEAT_MINE: "" }, "modules: { a: { prober: http } }"],
    [
      "of another program",
      { PATH: "/bin", HOME: "/", MACHINE_TYPE: "x" },
      "modules: { a: { prober: http } }",
    ],
    [
      "of a Kubernetes service",
      {
        HEARTBEAT_EXPORTER_SERVICE_HOST: "10.0.0.1",
        HEARTBEAT_EXPORTER_SERVICE_PORT: "8091",
        HEARTBEAT_EXPORTER_SERVICE_PORT_HTTP: "8091",
        HEARTBEAT_EXPORTER_PORT: "tcp://10.0.0.1:8091",
        HEARTBEAT_EXPORTER_PORT_8091_TCP: "tcp://10.0.0.1:8091",
        HEARTBEAT_EXPORTER_PORT_8091_TCP_PROTO: "tcp",
        HEARTBEAT_EXPORTER_PORT_8091_TCP_PORT: "8091",
        HEARTBEAT_EXPORTER_PORT_8091_TCP_ADDR: "10.0.0.1",
      },
      "modules: { a: { prober: http } }",
    ],
  ])("is not one %s", (_, env, yaml) => {
    expect(warningsOf(env, yaml)).toEqual([]);
  });

  test("is among the hints of a configuration that cannot be used", () => {
    const load = () => loadConfigEnv({ HEARTBEAT_LLM_MODEL: "m", HEARTBEAT_LLM_ULR: "http://x" }, deps);
    expect(load).toThrow(
      expect.objectContaining({
        hints: ["HEARTBEAT_LLM_ULR: unknown variable (did you mean HEARTBEAT_LLM_URL?)"],
      }),
    );
  });
});

describe("listen address", () => {
  test.each([
    [{}, undefined],
    [{ CONTEXT_API_HOST: "127.0.0.1" }, "127.0.0.1:8091"],
    [{ CONTEXT_API_PORT: "80" }, "0.0.0.0:80"],
    [{ CONTEXT_API_HOST: "::1", CONTEXT_API_PORT: "0" }, "[::1]:0"],
    [{ CONTEXT_API_PORT: "tcp://10.0.0.1:8091" }, undefined],
  ])("%o: %s", (env, expected) => {
    expect(listenAddressFromEnv(env)).toBe(expected);
  });

  test.each(["http", "65536", "-1"])("rejects the port %s", (port) => {
    expect(() => listenAddressFromEnv({ CONTEXT_API_PORT: port })).toThrow(
      `CONTEXT_API_PORT: got "${port}", want a port from 0 to 65535`,
    );
  });
});

describe("several models in the environment", () => {
  const three = {
    ...URL,
    HEARTBEAT_LLM_MODEL: "gpt-4o-mini",
    HEARTBEAT_LLM_URL_2: "http://second.example/v1",
    HEARTBEAT_LLM_MODEL_2: "claude",
    HEARTBEAT_LLM_URL_3: "http://third.example",
    HEARTBEAT_CHECK_INTERVAL: "20s",
  };

  test("are targets with settings of their own, and a route in their order", () => {
    const { targets, routes, modules } = loadConfigEnv({ ...three, HEARTBEAT_ROUTE: "chat" }, deps);
    expect(targets.map(({ name, address, model, interval }) => [name, address, model, interval])).toEqual([
      ["llm", "http://localhost:8080/v1", "gpt-4o-mini", 20],
      ["llm-2", "http://second.example/v1", "claude", 20],
      ["llm-3", "http://third.example", undefined, 20],
    ]);
    expect(targets.every(({ failover, schedule }) => failover !== undefined && schedule === "interval")).toBe(
      true,
    );
    expect([...modules.keys()]).toEqual(["http_2xx", "llm", "llm-2", "llm-3"]);
    expect(routes).toMatchObject([
      { name: "chat", order: [{ name: "llm" }, { name: "llm-2" }, { name: "llm-3" }] },
    ]);
  });

  test("need no route if there is one", () => {
    expect(loadConfigEnv(URL, deps).routes).toEqual([]);
  });

  test.each([
    {
      env: { ...URL, HEARTBEAT_LLM_URL_3: "http://third.example" },
      message:
        "HEARTBEAT_LLM_URL_2: got nothing, want the base URL of model 2, as there are variables of model 3",
    },
    {
      env: { ...URL, HEARTBEAT_LLM_MODEL_2: "claude" },
      message:
        "HEARTBEAT_LLM_URL_2: got nothing, want the base URL of model 2, as there are variables of model 2",
    },
    {
      env: { ...three, HEARTBEAT_LLM_API_KEY_2: "a", HEARTBEAT_LLM_API_KEY_2_FILE: "b" },
      message: "HEARTBEAT_LLM_API_KEY_2_FILE: got HEARTBEAT_LLM_API_KEY_2 as well, want only one of them",
    },
    {
      env: { ...three, HEARTBEAT_LLM_API_2: "smoke" },
      message: 'HEARTBEAT_LLM_API_2: got "smoke"',
    },
    {
      env: { ...three, FAILOVER_ENABLED: "false" },
      message: "got llm, a target without failover",
    },
  ])("are refused: $message", ({ env, message }) => {
    expect(messageOf(env)).toContain(message);
  });
});
