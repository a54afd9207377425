import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { createMemory } from "../../src/core/memory.ts";
import type { Prober } from "../../src/core/prober.ts";
import { timestamp } from "../../src/core/units.ts";
import { createLedger } from "../../src/money/ledger.ts";
import { llmProber } from "../../src/probers/llm/prober.ts";
import { startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Starts an LLM over HTTP that counts prompts and whose answers a test may change. */
async function llm(usage: object | undefined) {
  const state = { prompts: 0, cut: false, status: 200 };
  const server = createServer((_req, res) => {
    state.prompts += 1;
    res.writeHead(state.status, { "content-type": "application/json" });
    if (state.cut) {
      res.write('{"model":"gpt-4o-mini",', () => res.destroy());
      return;
    }
    res.end(
      JSON.stringify({
        object: "chat.completion",
        model: "gpt-4o-mini-2024-07-18",
        choices: [{ index: 0, message: { role: "assistant", content: "HEALTHY" }, finish_reason: "stop" }],
        ...(usage === undefined ? {} : { usage }),
      }),
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

/** Returns a clock that starts at 13:30 UTC, runs as the system's does, and can skip time. */
function shiftedClock(): Clock & { skip(length: number): void } {
  let shift = 1_757_943_000 - systemClock.now();
  const shifted = (clock: Clock): Clock => ({
    ...clock,
    now: () => timestamp(systemClock.now() + shift),
    forProbe: () => shifted(clock.forProbe()),
  });
  return {
    ...shifted(systemClock),
    skip: (length) => {
      shift += length;
    },
  };
}

const yaml = (url: string, budget: string): string => `
prices: { gpt-4o-mini: { input: 1, output: 2, cached_input: 0.5 } }
modules: { chat: { prober: llm, timeout: 2s, min_interval: 0s, llm: { api: openai, model: gpt-4o-mini, stream: false, expect: { word: HEALTHY } } } }
targets: [{ name: gpt, module: chat, target: "${url}", ${budget} }]
`;

const probers = [llmProber] as readonly Prober[];

describe("a budget in front of a real server", () => {
  test("stops prompts when its tokens are used up, keeps the streak, and allows prompts in the next window", async () => {
    const { state, url } = await llm({
      prompt_tokens: 14,
      completion_tokens: 6,
      prompt_tokens_details: { cached_tokens: 4 },
    });
    const clock = shiftedClock();
    await using exporter = await startLocalExporter({
      yaml: yaml(url, "budget: { tokens: 70, per: hour }"),
      probers,
      clock,
    });
    const scrape = async (): Promise<string> => (await fetch(`${exporter.url}/metrics`)).text();
    for (let i = 0; i < 10; i++) await scrape();
    // 20 tokens each: the fourth starts with 10 left and exceeds the budget by 10.
    expect(state.prompts).toBe(4);
    const text = await scrape();
    expect(valueOf(text, "heartbeat_consecutive_successes")).toBe(4);
    expect(valueOf(text, "probe_skipped", { reason: "budget_exhausted" })).toBe(1);
    expect(valueOf(text, "probe_success")).toBe(1);
    expect(valueOf(text, "heartbeat_llm_budget_remaining_tokens")).toBe(0);
    expect(valueOf(text, "heartbeat_llm_tokens_total", { type: "output" })).toBe(24);
    // 10 x 1 + 4 x 0.5 + 6 x 2 millionths of a dollar each.
    expect(valueOf(text, "heartbeat_llm_cost_dollars_total")).toBeCloseTo(4 * 0.000024, 12);
    clock.skip(3600);
    const next = await scrape();
    expect(state.prompts).toBe(5);
    expect(valueOf(next, "heartbeat_llm_budget_remaining_tokens")).toBe(50);
    expect(valueOf(next, "heartbeat_consecutive_successes")).toBe(5);
  });

  test.each([
    ["an API without usage: a prompt of 44 characters, an answer of 7", undefined, false, 200, 11 + 2],
    ["a truncated answer: the prompt", undefined, true, 200, 11],
    ["an error: nothing", undefined, false, 500, 0],
  ])("counts the tokens of %s", async (_title, usage, cut, status, tokens) => {
    const { state, url } = await llm(usage);
    Object.assign(state, { cut, status });
    const memory = createMemory();
    await using exporter = await startLocalExporter({ yaml: yaml(url, ""), probers, memory });
    await (await fetch(`${exporter.url}/probe?target=gpt`)).text();
    const ledger = createLedger(memory.namespace("money/ledger"));
    expect(ledger.spent({ kind: "module", name: "chat" }, "day", systemClock.now()).tokens).toBe(tokens);
  });

  test("concurrent probes exceed a budget by no more than those in flight", async () => {
    const { state, url } = await llm({ prompt_tokens: 14, completion_tokens: 6 });
    const targets = Array.from(
      { length: 20 },
      (_, i) => `  - { name: t${i}, module: chat, target: "${url}?${i}", model: gpt-4o-mini }`,
    );
    const many = `
limits: { max_concurrent_probes: 5 }
modules: { chat: { prober: llm, timeout: 2s, min_interval: 0s, budget: { tokens: 500, per: day }, llm: { api: openai, stream: false } } }
targets:
${targets.join("\n")}
`;
    await using exporter = await startLocalExporter({ yaml: many, probers });
    for (let i = 0; i < 4; i++) await (await fetch(`${exporter.url}/metrics`)).text();
    // Two rounds of 20: the second starts with 100 tokens left. The budget pays for 25 prompts.
    expect(state.prompts).toBe(40);
  });
});
