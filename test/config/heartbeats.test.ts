import { describe, expect, test } from "vitest";
import type { Environment } from "../../src/config/document/convert.ts";
import { ConfigError } from "../../src/config/document/problems.ts";
import { describesTarget } from "../../src/config/env/env.ts";
import { loadConfigEnv, loadConfigText } from "../../src/config/load.ts";
import { deps } from "./stand-ins.ts";

const fromFile = (yaml: string, env: Environment = {}) => loadConfigText(yaml, "exporter.yml", env, deps);

const messageOf = (load: () => unknown): string => {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
};

describe("heartbeats of a file", () => {
  test("need no modules, and have defaults", () => {
    const { push, modules } = fromFile("heartbeats: [{ name: a }]");
    expect(modules.size).toBe(0);
    expect(push).toEqual({
      heartbeats: [
        { name: "a", kind: "machine", timeout: 120, startTimeout: 120, labels: {}, critical: false },
      ],
      defaultTimeout: 120,
      configured: true,
    });
  });

  test("take the defaults of the environment where they say nothing themselves", () => {
    const yaml = "heartbeats: [{ name: a }, { name: b, timeout: 1h, start_timeout: 5m }]";
    const env = { MACHINE_OFFLINE_THRESHOLD: "2m30s", MACHINE_HEARTBEAT_CHECK_INTERVAL: "15s" };
    const { push, warnings } = fromFile(yaml, env);
    expect(push.heartbeats).toMatchObject([
      { timeout: 150, startTimeout: 150 },
      { timeout: 3600, startTimeout: 300 },
    ]);
    expect([push.defaultTimeout, push.checkInterval, warnings]).toEqual([150, 15, []]);
  });

  test("open registration is said, and so is an empty one", () => {
    expect(fromFile("heartbeat_registration: { open: true }").warnings).toEqual([
      "exporter.yml:1:1: heartbeat_registration: is open: anybody who reaches the exporter can register heartbeats",
    ]);
    const { push, warnings } = fromFile("heartbeats: [{ name: a }]\nheartbeat_registration:\n");
    expect(push.registration).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringContaining("heartbeat_registration: is empty and so nothing can register"),
    ]);
  });

  test("registration has defaults", () => {
    expect(fromFile("heartbeat_registration: { token: hush }").push.registration).toMatchObject({
      max: 1000,
      expireAfter: 7 * 86_400,
      kind: "machine",
      timeout: 120,
      startTimeout: 120,
      namePattern: "*",
    });
  });

  test("a token is never shown", () => {
    const { redacted } = fromFile("heartbeats: [{ name: a, token: hush-hush }]");
    expect(redacted).toContain("token: <secret>");
    expect(redacted).not.toContain("hush-hush");
  });
});

describe("heartbeats of the environment", () => {
  test("need no LLM where nothing is said of one", () => {
    const config = loadConfigEnv(
      { MACHINE_OFFLINE_THRESHOLD: "1m", HEARTBEAT_PING_TOKEN: "hush-hush" },
      deps,
    );
    expect(config.targets).toEqual([]);
    expect(config.push.registration).toMatchObject({ kind: "machine", timeout: 60 });
    expect(config.warnings).toEqual([]);
    expect(config.redacted).not.toContain("hush-hush");
  });

  test("without a token nothing can register, which is said", () => {
    const env = { MACHINE_OFFLINE_THRESHOLD: "2m", MACHINE_HEARTBEAT_CHECK_INTERVAL: "30s" };
    expect(describesTarget(env)).toBe(true);
    const { push, warnings } = loadConfigEnv(env, deps);
    expect(push).toEqual({ heartbeats: [], defaultTimeout: 120, checkInterval: 30, configured: true });
    expect(warnings).toEqual([expect.stringContaining("set HEARTBEAT_PING_TOKEN")]);
  });

  test("do not make an LLM be forgotten", () => {
    const env = { HEARTBEAT_PING_TOKEN: "hush", HEARTBEAT_LLM_MODEL: "m" };
    expect(messageOf(() => loadConfigEnv(env, deps))).toContain("HEARTBEAT_LLM_URL: got nothing");
  });

  test("problems name the variable, with a file too", () => {
    const env = {
      MACHINE_OFFLINE_THRESHOLD: "soon",
      MACHINE_HEARTBEAT_CHECK_INTERVAL: "0s",
    };
    const want = [
      'MACHINE_HEARTBEAT_CHECK_INTERVAL: got "0s", want > 0',
      'MACHINE_OFFLINE_THRESHOLD: got "soon", want a duration such as 30s, 2m, 1h30m or 500ms',
    ];
    for (const load of [() => loadConfigEnv(env, deps), () => fromFile("modules: {}", env)])
      expect(messageOf(load).split("\n").toSorted()).toEqual(want);
    const both = { HEARTBEAT_PING_TOKEN: "hush", HEARTBEAT_PING_TOKEN_FILE: "/nowhere" };
    expect(messageOf(() => loadConfigEnv(both, deps))).toContain(
      "HEARTBEAT_PING_TOKEN_FILE: got HEARTBEAT_PING_TOKEN besides, want only one of the two",
    );
  });

  test("a misspelt one is noticed", () => {
    const { warnings } = loadConfigEnv(
      { HEARTBEAT_PING_TOKEN: "hush", MACHINE_OFFLINE_TRESHOLD: "1m" },
      deps,
    );
    expect(warnings).toContain(
      "MACHINE_OFFLINE_TRESHOLD: no such variable, did you mean MACHINE_OFFLINE_THRESHOLD?",
    );
  });
});
