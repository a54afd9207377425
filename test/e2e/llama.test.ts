import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { type LlamaServer, startLlama } from "../helpers/llama.ts";
import { freePort, waitUntil } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { HEALTHY_PIECES, writeTinyModel } from "../helpers/tiny-model.ts";

let folder: TemporaryFolder;
let model: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  model = join(folder.path, "tiny.gguf");
  await writeTinyModel(model, { answer: HEALTHY_PIECES });
});
afterAll(() => folder[Symbol.asyncDispose]());

const yaml = (llama: string, target: string) => `
modules: { chat: { prober: llm, timeout: 1s, llm: { api: openai } } }
targets:
  - { name: tiny, module: chat, target: "${llama}/v1", ${target} }
`;

const status = async (exporter: ExporterProcess) => {
  const { heartbeat, config } = (await exporter.json("/status")) as Record<string, Record<string, unknown>>;
  return { ...heartbeat, ...config };
};

/** Waits until the facts of `/status` fulfil `holds`, and returns them. */
const until = (exporter: ExporterProcess, what: string, holds: (facts: Record<string, unknown>) => boolean) =>
  waitUntil(what, async () => {
    const facts = await status(exporter);
    return holds(facts) ? facts : undefined;
  });

describe("a real llama-server", () => {
  it.each([true, false])("is probed and judged, streamed: %s", async (stream) => {
    await using llama = await startLlama({ model });
    const module = `modules: { chat: { prober: llm, timeout: 5s, min_interval: 0s, llm: { api: openai, stream: ${stream} } } }`;
    await using exporter = await startExporter({ yaml: module });
    const query = new URLSearchParams({
      module: "chat",
      target: `${llama.url}/v1`,
      model: "tiny",
    }).toString();
    // On a busy machine the exporter stands still now and then, and measures a shorter time.
    await waitUntil("a probe that lasts longer than the evaluation of its prompt", async () => {
      const text = await exporter.get(`/probe?${query}`);
      expect(valueOf(text, "probe_success")).toBe(1);
      expect(valueOf(text, "probe_llm_answer_correct")).toBe(1);
      expect(valueOf(text, "probe_llm_tokens", { type: "output" })).toBe(4);
      expect(valueOf(text, "probe_llm_finish_reason", { reason: "stop" })).toBe(1);
      const duration = valueOf(text, "probe_duration_seconds") ?? 0;
      // The server logs how long it evaluated prompt and answer, which is a part of the probe's duration.
      const evaluated = [...llama.process.output().matchAll(/total time =\s+([\d.]+) ms/g)].at(-1)?.[1];
      expect(duration).toBeLessThan(Number(evaluated) / 1000 + 1);
      const firstToken = valueOf(text, "probe_llm_time_to_first_output_token_seconds");
      if (!stream) expect(firstToken).toBeUndefined();
      const lasts = duration > Number(evaluated) / 1000;
      const begins = stream ? firstToken !== undefined && firstToken > 0 && firstToken < duration : true;
      return (lasts && begins) || undefined;
    });
  });

  it("hangs, comes back and vanishes, and the mode changes at the thresholds", async () => {
    const port = await freePort();
    await using llama: LlamaServer = await startLlama({ model, port });
    await using exporter = await startExporter({ yaml: yaml(llama.url, "interval: 1500ms, failover: {}") });
    await until(exporter, "healthy", (facts) => facts["is_healthy"] === true);

    llama.process.kill("SIGSTOP");
    const hanging = await until(
      exporter,
      "the first failure",
      (facts) => facts["consecutive_failures"] === 1,
    );
    expect(hanging).toMatchObject({ current_mode: "primary", model_available: false, is_healthy: true });
    expect(["timeout", "timeout_first_token"]).toContain(hanging["last_failure_reason"]);
    const fallen = await until(exporter, "fallback", (facts) => facts["current_mode"] === "fallback");
    expect(fallen).toMatchObject({
      consecutive_failures: 3,
      model_available: false,
      is_healthy: false,
      failover_count: 1,
    });
    expect(valueOf(await exporter.get("/metrics"), "heartbeat_model_available")).toBe(0);

    llama.process.kill("SIGCONT");
    await until(exporter, "the first success", (facts) => facts["consecutive_successes"] === 1);
    expect(await status(exporter)).toMatchObject({ current_mode: "fallback", model_available: true });
    const back = await until(exporter, "primary", (facts) => facts["current_mode"] === "primary");
    expect(back).toMatchObject({ consecutive_successes: 2, is_healthy: true });

    llama.process.kill("SIGKILL");
    const gone = await until(exporter, "a failure", (facts) => facts["consecutive_failures"] === 1);
    expect(gone).toMatchObject({ last_failure_reason: "connect", model_available: false });
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_failover_events_total", { type: "triggered" })).toBe(1);
    expect(valueOf(text, "heartbeat_failover_events_total", { type: "recovered" })).toBe(1);
  });

  it("is configured by environment variables alone, with the defaults of seed 0", async () => {
    await using llama = await startLlama({ model });
    await using exporter = await startExporter({
      env: {
        HEARTBEAT_LLM_URL: `${llama.url}/v1`,
        HEARTBEAT_LLM_MODEL: "tiny",
        HEARTBEAT_CHECK_INTERVAL: "1s",
        HEARTBEAT_TIMEOUT: "1s",
      },
    });
    await until(exporter, "healthy", (facts) => facts["is_healthy"] === true);
    expect(await exporter.json("/heartbeat/config")).toMatchObject({
      target: "llm",
      heartbeat: { check_interval: "1s", timeout: "1s", failure_threshold: 3, healthy_threshold: 2 },
      failover: {
        mode: "rule_based",
        confidence_reduction: 0.2,
        process_with_lower_confidence: true,
        max_duration: "30m0s",
      },
    });
    expect(await exporter.get("/config")).toContain('prompt: "System health check. Respond with: HEALTHY"');
  });

  it("gets no more prompts than the interval allows, however often clients ask", async () => {
    await using llama = await startLlama({ model });
    await using exporter = await startExporter({ yaml: yaml(llama.url, "interval: 2s") });
    const begin = performance.now();
    let looks = 0;
    while (performance.now() - begin < 7000) {
      await Promise.all([
        exporter.get("/metrics"),
        exporter.get("/probe?target=tiny"),
        exporter.get("/metrics?collect[]=targets"),
      ]);
      looks += 3;
    }
    expect(looks).toBeGreaterThan(50);
    // A result is fresh for 0.9 x 2 s.
    const most = Math.floor((performance.now() - begin) / 1800) + 1;
    const prompts = await llama.prompts();
    expect(prompts).toBeGreaterThanOrEqual(3);
    expect(prompts).toBeLessThanOrEqual(most);
  });
});
