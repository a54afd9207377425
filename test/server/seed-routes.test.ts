import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failed, type Outcome, type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds } from "../../src/core/units.ts";
import { type ManualClock, manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { settle } from "../helpers/stand-in-prober.ts";

const TOKEN = "control-token-of-the-test";
const ok = { outcome: succeeded, answered: true };
const bad = { outcome: failed("overloaded", "busy"), answered: false };

let next: { outcome: Outcome; answered: boolean };
let asked: number;
const model: Prober = {
  kind: "model",
  metrics: [],
  reasons: ["overloaded"],
  schema: { type: "object" },
  costly: true,
  compile: (options) => options,
  probe: async () => {
    asked += 1;
    return { ...next, samples: [] };
  },
};

const YAML = `
control: { token_file: token }
modules: { model: { prober: model, timeout: 10s } }
targets:
  - { name: llm, module: model, target: "http://llm.example", failover: {} }
`;

let clock: ManualClock;
let exporter: LocalExporter;
beforeEach(async () => {
  clock = manualClock();
  asked = 0;
  next = ok;
  exporter = await startLocalExporter({ yaml: YAML, probers: [model], files: { token: TOKEN }, clock });
});
afterEach(() => exporter[Symbol.asyncDispose]());

/** Runs scheduled probes with these outcomes, 30 s apart. */
const count = (): number => asked;

async function probes(...outcomes: (typeof next)[]): Promise<void> {
  for (const outcome of outcomes) {
    const before = count();
    next = outcome;
    clock.advance(asked === 0 ? seconds(0) : seconds(30));
    while (count() === before) await settle();
    await settle();
  }
}

const get = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${exporter.url}${path}`, init);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
};
const post = (path: string) => get(path, { method: "POST", headers: { Authorization: `Bearer ${TOKEN}` } });

describe("the context API", () => {
  it("GET /health returns 200 for a healthy model", async () => {
    await probes(ok, ok);
    const { status, body } = await get("/health");
    expect(status).toBe(200);
    expect(body).toEqual({
      status: "ok",
      timestamp: "2025-09-15T13:30:30Z",
      service: "context-api-heartbeat",
      healthy: true,
      mode: "primary",
      target: "llm",
      stale: false,
      skipped: null,
    });
  });

  it("GET /health returns 503 for an unknown and an unhealthy model", async () => {
    expect(await get("/health")).toMatchObject({
      status: 503,
      body: { status: "unknown", healthy: false, mode: "primary" },
    });
    await probes(bad, bad, bad);
    expect(await get("/health")).toMatchObject({
      status: 503,
      body: { status: "unhealthy", healthy: false, mode: "fallback" },
    });
  });

  it("GET /status returns the state of the model and its mode", async () => {
    await probes(ok, ok, ok, ok, ok);
    clock.advance(seconds(5));
    const { body } = await get("/status");
    expect(body).toEqual({
      timestamp: "2025-09-15T13:32:05Z",
      service: "context-api-heartbeat",
      target: "llm",
      status: "healthy",
      stale: false,
      degraded: null,
      blocked_by: null,
      heartbeat: {
        is_healthy: true,
        current_mode: "primary",
        consecutive_failures: 0,
        consecutive_successes: 5,
        last_health_check: "2025-09-15T13:32:00Z",
        model_available: true,
        last_success: "2025-09-15T13:32:00Z",
        last_failure: null,
        last_failure_reason: null,
        skipped: null,
      },
      config: {
        current_mode: "primary",
        failover_count: 0,
        in_fallback_mode: false,
        fallback_duration: "0s",
        mode_since: "2025-09-15T13:30:00Z",
        forced: false,
        overdue: false,
      },
    });
  });

  it("GET /status in fallback returns its duration, and whether it is overdue", async () => {
    await probes(bad, bad, bad);
    clock.advance(seconds(95));
    expect((await get("/status")).body["config"]).toMatchObject({
      current_mode: "fallback",
      failover_count: 1,
      in_fallback_mode: true,
      fallback_duration: "1m35s",
      overdue: false,
    });
    clock.advance(seconds(1800));
    expect((await get("/status")).body["config"]).toMatchObject({ overdue: true, current_mode: "fallback" });
  });

  it("GET /heartbeat/status and /heartbeat/config return the probes and their settings", async () => {
    await probes(ok);
    expect((await get("/heartbeat/status")).body).toEqual({
      timestamp: "2025-09-15T13:30:00Z",
      service: "context-api-heartbeat",
      target: "llm",
      status: "healthy",
      stale: false,
      degraded: null,
      blocked_by: null,
      is_healthy: true,
      current_mode: "primary",
      consecutive_failures: 0,
      consecutive_successes: 1,
      last_health_check: "2025-09-15T13:30:00Z",
      model_available: true,
      last_success: "2025-09-15T13:30:00Z",
      last_failure: null,
      last_failure_reason: null,
      skipped: null,
    });
    expect((await get("/heartbeat/config")).body).toMatchObject({
      current_mode: "primary",
      heartbeat: {
        check_interval: "30s",
        timeout: "10s",
        failure_threshold: 3,
        healthy_threshold: 2,
        ignore_reasons: ["bad_request"],
      },
      failover: {
        mode: "rule_based",
        confidence_reduction: 0.2,
        process_with_lower_confidence: true,
        max_duration: "30m0s",
      },
    });
  });

  it("POST /heartbeat/trigger probes even if the latest result is fresh", async () => {
    await probes(ok);
    next = bad;
    const { status, body } = await post("/heartbeat/trigger");
    expect(status).toBe(200);
    expect(asked).toBe(2);
    expect(body).toMatchObject({
      heartbeat: { consecutive_failures: 1, last_failure_reason: "overloaded" },
      result: { success: false, reason: "overloaded", detail: "busy" },
    });
  });

  it("GET /config/mode returns the policy, and an ETag that changes only with the mode", async () => {
    await probes(ok, ok);
    const { body, headers } = await get("/config/mode");
    expect(body).toEqual({
      target: "llm",
      current_mode: "primary",
      in_fallback_mode: false,
      mode_since: "2025-09-15T13:30:00Z",
      forced: false,
      forced_until: null,
      stale: false,
      skipped: null,
      failover: {
        mode: "rule_based",
        confidence_reduction: 0.2,
        process_with_lower_confidence: true,
        max_duration: "30m0s",
      },
    });
    const etag = headers.get("etag") ?? "";
    const again = () => fetch(`${exporter.url}/config/mode`, { headers: { "If-None-Match": etag } });
    clock.advance(seconds(20));
    expect((await again()).status).toBe(304);
    await probes(bad, bad, bad);
    expect((await again()).status).toBe(200);
  });

  it("POST /config/failover and /config/recovery change the mode until enough results demand another", async () => {
    await probes(ok, ok);
    expect(await post("/config/failover")).toMatchObject({
      status: 200,
      body: { current_mode: "fallback", forced: false },
    });
    await probes(ok);
    expect((await get("/config/mode")).body).toMatchObject({ current_mode: "fallback" });
    await probes(ok);
    expect((await get("/config/mode")).body).toMatchObject({ current_mode: "primary" });
    await post("/config/failover");
    expect(await post("/config/recovery")).toMatchObject({ status: 200, body: { current_mode: "primary" } });
    expect((await get("/status")).body["config"]).toMatchObject({ failover_count: 2 });
  });

  it("POST /config/force forces a mode against the results, until auto or for a duration", async () => {
    await probes(ok, ok);
    expect((await post("/config/force/fallback")).body).toMatchObject({
      current_mode: "fallback",
      forced: true,
      forced_until: null,
    });
    await probes(ok, ok, ok);
    expect((await get("/config/mode")).body).toMatchObject({ current_mode: "fallback", forced: true });
    expect((await post("/config/force/auto")).body).toMatchObject({ current_mode: "primary", forced: false });

    expect((await post("/config/force/fallback?for=10m")).body).toMatchObject({
      forced_until: "2025-09-15T13:42:00Z",
    });
    clock.advance(seconds(600));
    expect((await get("/config/mode")).body).toMatchObject({ forced: false });
  });

  it.each([
    {
      path: "/config/force/sideways",
      status: 404,
      error: 'mode: got "sideways", want primary, fallback or auto',
    },
    {
      path: "/config/force/primary?for=soon",
      status: 400,
      error: 'for: got "soon", want a duration such as 30s, 2m, 1h30m or 500ms',
    },
    { path: "/config/failover?target=nobody", status: 404, error: 'target: got "nobody", want one of: llm' },
  ])("POST $path is refused", async ({ path, status, error }) => {
    expect(await post(path)).toMatchObject({ status, body: { error } });
  });
});

describe("the target of a route", () => {
  const start = (targets: string, more = "") =>
    startLocalExporter({
      yaml: `control: { token_file: token }\nmodules: { model: { prober: model } }\ntargets:\n${targets}\n${more}`,
      probers: [model],
      files: { token: TOKEN },
      clock,
    });
  const target = (name: string, more = "") =>
    `  - { name: ${name}, module: model, target: "http://${name}.example"${more} }`;

  it("must be named if several have failover", async () => {
    await using two = await start(
      [target("a", ", failover: {}"), target("b", ", failover: {}"), target("c")].join("\n"),
    );
    const response = await fetch(`${two.url}/status`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: "target: got nothing, want ?target= with one of: a, b" });
    expect((await fetch(`${two.url}/status?target=c`)).status).toBe(200);
  });

  it("is the only one with failover; the mode of one without cannot be changed", async () => {
    await using one = await start([target("a", ", failover: {}"), target("c")].join("\n"));
    expect(await (await fetch(`${one.url}/status`)).json()).toMatchObject({ target: "a" });
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const refused = await fetch(`${one.url}/config/failover?target=c`, { method: "POST", headers });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toEqual({
      error: "target c has no failover: set failover in the configuration",
    });
  });

  it("does not exist if the context API is turned off", async () => {
    await using off = await start(target("a"), "context_api: { enabled: false, metrics_enabled: false }");
    expect((await fetch(`${off.url}/status`)).status).toBe(404);
    expect((await fetch(`${off.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${off.url}/-/healthy`)).status).toBe(200);
  });
});
