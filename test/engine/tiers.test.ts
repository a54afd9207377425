import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import type { Prober } from "../../src/core/prober.ts";
import { seconds } from "../../src/core/units.ts";
import { createAsker } from "../../src/engine/ask.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { llmProber } from "../../src/probers/llm/prober.ts";
import { openNetwork } from "../../src/probers/network/network.ts";
import { manualClock } from "../helpers/clock.ts";
import { startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { heldProber, moduleOf, settle, targetOf } from "../helpers/stand-in-prober.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Starts an LLM with a health route. The test can break each of them. */
async function llm() {
  const state = { prompts: 0, health: 0, well: true, answer: "HEALTHY", models: ["gpt-4o"] };
  const server = createServer((request, response) => {
    if (request.method === "GET") {
      if (request.url === "/health") state.health += 1;
      const models = { data: state.models.map((id) => ({ id })) };
      response.writeHead(state.well ? 200 : 503).end(JSON.stringify(models));
      return;
    }
    state.prompts += 1;
    const message = { role: "assistant", content: state.answer };
    const usage = { prompt_tokens: 14, completion_tokens: 6 };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }], usage }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

const HEALTH = "path: /health";

async function setUp(more = "", health = HEALTH) {
  const { state, url } = await llm();
  const clock = manualClock();
  const exporter = await startLocalExporter({
    clock,
    probers: [llmProber] as readonly Prober[],
    yaml: `
modules:
  chat:
    prober: llm
    llm:
      api: openai
      stream: false
      expect: { word: HEALTHY }
      tiers:
        health: { ${health}, interval: 10s, trigger: true }
        models: { path: /v1/models, interval: 60s }
targets: [{ name: gpt, module: chat, model: gpt-4o, target: "${url}", schedule: interval, interval: 1m, ${more} }]
`,
  });
  const metrics = async (): Promise<string> =>
    (await fetch(`${exporter.url}/metrics?collect[]=targets`)).text();
  /** Advances the clock, and waits until a scrape shows the effect. */
  const until = async (what: string, passed: number, shows: (text: string) => boolean): Promise<string> => {
    clock.advance(seconds(passed));
    return waitUntil(what, async () => {
      const text = await metrics();
      return shows(text) ? text : undefined;
    });
  };
  return { state, exporter, until, [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose]() };
}

const tier = (text: string, name = "health"): number | undefined =>
  valueOf(text, "probe_llm_tier", { tier: name, target: "gpt", module: "chat" });
const prompts = (text: string): number | undefined =>
  valueOf(text, "heartbeat_health_checks_total", { status: "success" });

const LISTED = "path: /v1/models, lists_model: true";

describe("tiers", () => {
  test("run at their own interval, change no streak, and trigger an early prompt when they fail", async () => {
    await using set = await setUp();
    const { state, exporter, until } = set;
    await until("the first of each", 0, (text) => tier(text) === 1 && prompts(text) === 1);
    const before = await until("the other", 10, (text) => tier(text, "models") === 1 && state.health === 2);
    expect(valueOf(before, "heartbeat_consecutive_successes")).toBe(1);

    state.well = false;
    const failed = await until("an early prompt", 10, (text) => tier(text) === 0 && prompts(text) === 2);
    expect(valueOf(failed, "heartbeat_consecutive_failures")).toBe(0);
    expect(valueOf(failed, "heartbeat_model_available")).toBe(1);
    expect(tier(failed, "models")).toBe(1);
    // A further failure does not trigger a prompt.
    await until("another round", 10, () => state.health === 4);
    state.well = true;
    await until("the end of it", 10, (text) => tier(text) === 1);
    expect(state.prompts).toBe(2);
    expect(exporter.logged.filter(({ message }) => message === "tier changed")).toHaveLength(2);
  });

  test("see that a model is gone, say so, and trigger an early prompt", async () => {
    await using set = await setUp("", LISTED);
    const { state, exporter, until } = set;
    const targets = async (): Promise<unknown> => (await fetch(`${exporter.url}/api/v1/targets`)).json();
    await until("the first of each", 0, (text) => tier(text) === 1 && prompts(text) === 1);
    expect(await targets()).toMatchObject({
      targets: [
        { response_model: null, served_by: null, tiers: { health: { success: true, reason: null } } },
      ],
    });

    state.models = ["gpt-5"];
    const gone = await until("an early prompt", 10, (text) => tier(text) === 0 && prompts(text) === 2);
    expect(valueOf(gone, "heartbeat_model_available")).toBe(1);
    expect(await targets()).toMatchObject({
      targets: [
        {
          tiers: {
            health: { success: false, reason: "model_not_found" },
          },
        },
      ],
    });
    expect(exporter.logged.filter(({ message }) => message === "tier changed")).toMatchObject([
      {
        level: "info",
        fields: {
          target: "gpt",
          tier: "health",
          reason: "model_not_found",
          detail: "gpt-4o is not listed; 1 are listed: gpt-5",
        },
      },
    ]);
  });

  test("say why the first check fails, and why each further one does only at debug", async () => {
    await using set = await setUp("", LISTED);
    const { state, exporter, until } = set;
    state.models = [];
    await until("the first of each", 0, (text) => tier(text) === 0 && prompts(text) === 1);
    const failures = (level: string) =>
      exporter.logged.filter((line) => line.message === "tier failed" && line.level === level);
    expect(failures("info")).toMatchObject([{ fields: { tier: "health", reason: "model_not_found" } }]);
    const before = failures("debug").length;
    await until("a further check", 10, () => failures("debug").length > before);
    expect(failures("info")).toHaveLength(1);
    // It did not fail after a success.
    expect(state.prompts).toBe(1);
  });

  test("do not make a target healthy whose model answers wrongly", async () => {
    await using set = await setUp("failover: true, failure_threshold: 1");
    const { state, until } = set;
    state.answer = "UNHEALTHY";
    const text = await until("both", 0, (text) => tier(text) === 1 && valueOf(text, "probe_success") === 0);
    expect(valueOf(text, "heartbeat_current_mode", { mode: "fallback" })).toBe(1);
    expect(valueOf(text, "heartbeat_consecutive_successes")).toBe(0);
  });

  test("go on when a budget is exhausted, and trigger no prompts then", async () => {
    await using set = await setUp("budget: { tokens: 20, per: hour }");
    const { state, until } = set;
    await until("the first of each", 0, (text) => tier(text) === 1 && prompts(text) === 1);
    state.well = false;
    const text = await until("the failure", 10, (text) => tier(text) === 0);
    await until("another", 10, () => state.health === 3);
    expect(valueOf(text, "probe_skipped", { reason: "budget_exhausted" })).toBe(1);
    expect(state.prompts).toBe(1);
  });
});

test("an early prompt respects Retry-After", async () => {
  const clock = manualClock();
  const { prober, started } = heldProber();
  const engine = createEngine({
    clock,
    memory: createMemory(),
    limits: { maxConcurrentProbes: 1 },
    network: openNetwork,
    onResult: () => {},
    onBug: () => {},
  });
  const ask = createAsker(engine, clock, seconds(0.5));
  const target = targetOf(moduleOf(prober), { minInterval: seconds(27) });
  const early = async (retryAfter?: number): Promise<number> => {
    const asked = ask.early(target);
    await settle();
    started.at(-1)?.succeed(retryAfter === undefined ? {} : { retryAfter: seconds(retryAfter) });
    await asked;
    return started.length;
  };
  expect(await early()).toBe(1);
  clock.advance(seconds(1));
  expect(await early(100)).toBe(2);
  clock.advance(seconds(99));
  expect(await early()).toBe(2);
  clock.advance(seconds(2));
  expect(await early()).toBe(3);
});
