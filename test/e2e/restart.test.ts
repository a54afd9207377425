import { describe, expect, it } from "vitest";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import { seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { readBack } from "../helpers/read-back.ts";
import { settle } from "../helpers/stand-in-prober.ts";
import { paidProber } from "../money/paid-prober.ts";

const TOKEN = { Authorization: "Bearer the-token" };

/** The memory that a restart reads back. */
function restarted(memory: Memory): Memory {
  const shelves = new Map<string, ReturnType<typeof readBack>>();
  return {
    ...memory,
    namespace(name) {
      const shelf = shelves.get(name) ?? readBack(memory.namespace(name));
      shelves.set(name, shelf);
      return shelf;
    },
  };
}

function setUp(about = "") {
  const clock = manualClock();
  const paid = paidProber();
  const yaml = `
control: { token_file: token }
prices: { gpt-4o-mini: { input: 0.15, output: 0.6 } }
modules: { chat: { prober: paid, histograms: [duration, failed_duration], probe_details: true } }
targets: [{ name: gpt, module: chat, target: gpt, model: gpt-4o-mini, failover: {}, interval: 30s${about} }]
`;
  const start = (memory: Memory, text = yaml) =>
    startLocalExporter({ yaml: text, files: { token: "the-token" }, probers: [paid.prober], clock, memory });
  const pass = async (length: number): Promise<void> => {
    for (let passed = 0; passed < length; passed += 5) {
      clock.advance(seconds(5));
      for (let turns = 0; turns < 3; turns += 1) await settle();
    }
  };
  return { clock, paid, yaml, start, pass };
}

const metricsOf = async ({ url }: LocalExporter): Promise<string> =>
  (await fetch(`${url}/metrics?collect[]=targets`)).text();
const post = async ({ url }: LocalExporter, path: string): Promise<void> => {
  expect((await fetch(`${url}${path}`, { method: "POST", headers: TOKEN })).status).toBe(200);
};

describe("a restart", () => {
  it("keeps mode, streaks, counters and spending of a target", async () => {
    const { paid, start, pass } = setUp(", failure_threshold: 4");
    const memory = createMemory();
    let before: string;
    {
      await using exporter = await start(memory);
      await pass(61);
      paid.down.add("gpt");
      await pass(30 * 5);
      paid.down.delete("gpt");
      await pass(30);
      before = await metricsOf(exporter);
    }
    await using exporter = await start(restarted(memory));
    const after = await metricsOf(exporter);
    expect(valueOf(before, "heartbeat_current_mode", { mode: "fallback" })).toBe(1);
    expect(valueOf(before, "heartbeat_llm_cost_dollars_total")).toBeGreaterThan(0);
    expect(after).toBe(before);
  });

  it("keeps a forced mode until its end", async () => {
    const { start, pass } = setUp();
    const memory = createMemory();
    {
      await using exporter = await start(memory);
      await pass(61);
      await post(exporter, "/config/force/fallback?for=10m");
    }
    await using exporter = await start(restarted(memory));
    await pass(500);
    expect(valueOf(await metricsOf(exporter), "heartbeat_mode_forced")).toBe(1);
    await pass(150);
    const text = await metricsOf(exporter);
    expect(valueOf(text, "heartbeat_mode_forced")).toBe(0);
    expect(valueOf(text, "heartbeat_current_mode", { mode: "primary" })).toBe(1);
  });

  it("costs no prompt: the last result is served for the rest of the interval", async () => {
    const { clock, paid, start, pass } = setUp();
    const memory = createMemory();
    {
      await using exporter = await start(memory);
      await pass(5);
      expect(paid.prompts()).toBe(1);
      await metricsOf(exporter);
    }
    clock.advance(seconds(5));
    await using exporter = await start(restarted(memory));
    const text = await metricsOf(exporter);
    expect(valueOf(text, "probe_success")).toBe(1);
    expect(valueOf(text, "probe_llm_tokens", { type: "input" })).toBe(14);
    expect(valueOf(text, "probe_result_age_seconds")).toBeGreaterThanOrEqual(5);
    await pass(15);
    expect(paid.prompts()).toBe(1);
    await pass(10);
    expect(paid.prompts()).toBe(2);
  });

  it("probes at once if the last result is older than its min_interval", async () => {
    const { clock, paid, start, pass } = setUp();
    const memory = createMemory();
    {
      await using exporter = await start(memory);
      await pass(5);
      await metricsOf(exporter);
    }
    clock.advance(seconds(3600));
    await using exporter = await start(restarted(memory));
    await pass(5);
    expect(paid.prompts()).toBe(2);
    await metricsOf(exporter);
  });

  it("makes a target unknown that has not been probed for long", async () => {
    const { clock, paid, start, pass } = setUp();
    const memory = createMemory();
    {
      await using exporter = await start(memory);
      await pass(65);
      expect(valueOf(await metricsOf(exporter), "heartbeat_target_healthy")).toBe(1);
    }
    clock.advance(seconds(3600));
    paid.down.add("gpt");
    await using exporter = await start(restarted(memory));
    const status = async () => (await fetch(`${exporter.url}/health`)).json();
    expect(await status()).toMatchObject({ status: "unknown", healthy: false, mode: "primary" });
    paid.down.delete("gpt");
    await pass(5);
    expect(await status()).toMatchObject({ status: "ok", healthy: true });
  });

  it("discards the state of a target with another address", async () => {
    const { yaml, start, pass } = setUp();
    const memory = createMemory();
    {
      await using exporter = await start(memory);
      await pass(65);
      await post(exporter, "/config/force/fallback");
    }
    await using exporter = await start(restarted(memory), yaml.replace("target: gpt,", "target: other,"));
    const text = await metricsOf(exporter);
    expect(valueOf(text, "heartbeat_mode_forced")).toBe(0);
    expect(valueOf(text, "heartbeat_current_mode", { mode: "primary" })).toBe(1);
  });
});
