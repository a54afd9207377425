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

describe("heartbeats in a file", () => {
  test("need no modules and have defaults", () => {
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

  test("use the defaults from the environment", () => {
    const yaml = "heartbeats: [{ name: a }, { name: b, timeout: 1h, start_timeout: 5m }]";
    const env = { MACHINE_OFFLINE_THRESHOLD: "2m30s", MACHINE_HEARTBEAT_CHECK_INTERVAL: "15s" };
    const { push, warnings } = fromFile(yaml, env);
    expect(push.heartbeats).toMatchObject([
      { timeout: 150, startTimeout: 150 },
      { timeout: 3600, startTimeout: 300 },
    ]);
    expect([push.defaultTimeout, push.checkInterval, warnings]).toEqual([150, 15, []]);
  });

  test.each([
    [
      'schedule: "0 3 * * 1-5", timezone: Europe/Berlin, grace: 30m',
      { kind: "cron", cron: "0 3 * * 1-5", timeZone: "Europe/Berlin", grace: 1800 },
      [1800, 1800],
    ],
    [
      'schedule: "0 3 * * *", start_timeout: 6h',
      { kind: "cron", cron: "0 3 * * *", timeZone: "UTC", grace: 3600 },
      [3600, 6 * 3600],
    ],
    ["every: 1h, grace: 10m", { kind: "every", every: 3600, grace: 600 }, [4200, 600]],
    ["every: 1d", { kind: "every", every: 86_400, grace: 3600 }, [90_000, 3600]],
    ["every: 1m", { kind: "every", every: 60, grace: 60 }, [120, 60]],
  ])("have a schedule: %s", (options, schedule, [timeout, startTimeout]) => {
    const yaml = `heartbeats: [{ name: a, ${options} }]\nheartbeat_registration: { token: hush, ${options} }`;
    const { push } = fromFile(yaml);
    for (const one of [push.heartbeats[0], push.registration])
      expect(one).toMatchObject({ schedule, timeout, startTimeout });
  });

  test("warn of open and of empty registration", () => {
    expect(fromFile("heartbeat_registration: { open: true }").warnings).toEqual([
      "exporter.yml:1:1: heartbeat_registration: is open: anyone who can reach the exporter can register heartbeats",
    ]);
    const { push, warnings } = fromFile("heartbeats: [{ name: a }]\nheartbeat_registration:\n");
    expect(push.registration).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringContaining("heartbeat_registration: is empty, so nothing can register"),
    ]);
  });

  test.each(["token:", "token: ~", "token_file: null"])("are not open because of an empty %s", (token) => {
    expect(messageOf(() => fromFile(`heartbeats:\n- name: a\n  ${token}\n`))).toMatch(
      /heartbeats\[0\]\.token(_file)?: got nothing, want .*, or no token/,
    );
  });

  test("have defaults for registration", () => {
    expect(fromFile("heartbeat_registration: { token: hush }").push.registration).toMatchObject({
      max: 1000,
      expireAfter: 7 * 86_400,
      kind: "machine",
      timeout: 120,
      startTimeout: 120,
      namePattern: "*",
    });
  });

  test("never show a token", async () => {
    const config = fromFile("heartbeats: [{ name: a, token: hush-hush }]");
    const redacted = await config.redacted();
    expect(redacted).toContain("token: <secret>");
    expect(redacted).not.toContain("hush-hush");
  });
});

describe("heartbeats in the environment", () => {
  test("need no LLM target if no variable concerns one", async () => {
    const config = loadConfigEnv(
      { MACHINE_OFFLINE_THRESHOLD: "1m", HEARTBEAT_PING_TOKEN: "hush-hush" },
      deps,
    );
    expect(config.targets).toEqual([]);
    expect(config.push.registration).toMatchObject({ kind: "machine", timeout: 60 });
    expect(config.warnings).toEqual([]);
    expect(await config.redacted()).not.toContain("hush-hush");
  });

  test("warn that nothing can register without a token", () => {
    const env = { MACHINE_OFFLINE_THRESHOLD: "2m", MACHINE_HEARTBEAT_CHECK_INTERVAL: "30s" };
    expect(describesTarget(env)).toBe(true);
    const { push, warnings } = loadConfigEnv(env, deps);
    expect(push).toEqual({ heartbeats: [], defaultTimeout: 120, checkInterval: 30, configured: true });
    expect(warnings).toEqual([expect.stringContaining("set HEARTBEAT_PING_TOKEN")]);
  });

  test("do not hide a missing LLM address", () => {
    const env = { HEARTBEAT_PING_TOKEN: "hush", HEARTBEAT_LLM_MODEL: "m" };
    expect(messageOf(() => loadConfigEnv(env, deps))).toContain("HEARTBEAT_LLM_URL: got nothing");
  });

  test("report problems by variable, with a file too", () => {
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
      "HEARTBEAT_PING_TOKEN_FILE: got HEARTBEAT_PING_TOKEN as well, want only one of them",
    );
  });

  test("warn of a misspelt variable", () => {
    const { warnings } = loadConfigEnv(
      { HEARTBEAT_PING_TOKEN: "hush", MACHINE_OFFLINE_TRESHOLD: "1m" },
      deps,
    );
    expect(warnings).toContain(
      "MACHINE_OFFLINE_TRESHOLD: unknown variable (did you mean MACHINE_OFFLINE_THRESHOLD?)",
    );
  });
});
