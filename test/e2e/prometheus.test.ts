import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allMetrics } from "../../src/catalogue/index.ts";
import { probers } from "../../src/probers/index.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { type LlamaServer, startLlama } from "../helpers/llama.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { HEALTHY_PIECES, writeTinyModel } from "../helpers/tiny-model.ts";

const metrics = allMetrics(probers);

let folder: TemporaryFolder;
let model: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  model = join(folder.path, "tiny.gguf");
  await writeTinyModel(model, { answer: HEALTHY_PIECES });
});
afterAll(() => folder[Symbol.asyncDispose]());

const exporterYaml = (llama: LlamaServer, interval: string) => `
modules:
  http_2xx: { prober: http, timeout: 2s }
  chat: { prober: llm, timeout: 1s, llm: { api: openai } }
targets:
  - { name: tiny, module: chat, target: "${llama.url}/v1", interval: ${interval}, failover: {}, labels: { team: ai } }
  - { name: llama-health, module: http_2xx, target: "${llama.url}/health", interval: 1s, critical: true }
  - { name: nobody, module: http_2xx, target: "http://127.0.0.1:1/", interval: 1s }
`;

const prometheusYaml = ({ url }: ExporterProcess) => `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: heartbeat
    static_configs: [{ targets: ["${new URL(url).host}"] }]
  - job_name: heartbeat-targets
    http_sd_configs: [{ url: "${url}/sd", refresh_interval: 1s }]
`;

describe.each(["bookworm", "newest"] as const)("a real Prometheus, %s", (version) => {
  it("scrapes /metrics, and /probe through /sd, without an error", async () => {
    await using llama = await startLlama({ model });
    await using exporter = await startExporter({ yaml: exporterYaml(llama, "1s") });
    await using prometheus = await startPrometheus({ version, config: prometheusYaml(exporter) });

    // Several scrapes of each target, to notice duplicate samples.
    await prometheus.queryUntil(
      "min(count_over_time(up[1m])) >= 4 and on() count(up) == 4 and on() sum(up) == 4",
    );
    expect((await prometheus.query("up")).map(({ value }) => value)).toEqual([1, 1, 1, 1]);
    for (const target of await prometheus.targets())
      expect(target).toMatchObject({ health: "up", lastError: "" });

    const byInstance = await prometheus.query('probe_success{job="heartbeat-targets"}');
    expect(
      Object.fromEntries(
        byInstance.map(({ metric, value }) => [metric["target"], [metric["instance"], value]]),
      ),
    ).toEqual({
      tiny: [`${llama.url}/v1`, 1],
      "llama-health": [`${llama.url}/health`, 1],
      nobody: ["http://127.0.0.1:1/", 0],
    });
    expect(await prometheus.query('probe_success{job="heartbeat"}')).toHaveLength(3);
    expect(await prometheus.query('probe_failure_reason{reason="connect",target="nobody"}')).toHaveLength(2);
    expect(await prometheus.query('heartbeat_target_info{team="ai",target="tiny",kind="llm"}')).toHaveLength(
      1,
    );
    expect(await prometheus.query('heartbeat_current_mode{mode="primary"} == 1')).toHaveLength(1);

    const known = await prometheus.metadata();
    // Prometheus prefers OpenMetrics, in which the family of a counter lacks the suffix of its series.
    const entriesOf = (name: string) => known[name] ?? known[name.replace(/_total$/, "")];
    for (const { name, type } of metrics) {
      const entries = entriesOf(name);
      if (entries !== undefined) expect(entries.map((entry) => entry.type)).toEqual([type]);
    }
    expect(known["heartbeat_health_checks_total"]).toBeUndefined();
    const seen = metrics.filter(({ name }) => entriesOf(name) !== undefined).map(({ name }) => name);
    expect(seen).toEqual(
      expect.arrayContaining([
        "probe_success",
        "probe_llm_answer_correct",
        "heartbeat_llm_tokens_total",
        "probe_http_status_code",
        "heartbeat_health_checks_total",
        "heartbeat_health_check_duration_seconds",
        "heartbeat_exporter_build_info",
      ]),
    );
    expect(prometheus.warnings()).toEqual([]);
  });
});

describe("two Prometheus servers", () => {
  it("cost the prompts of one, and a client that asks all the time adds none", async () => {
    /** Counts the prompts that reach the model within twelve seconds while servers scrape the exporter every second. */
    const promptsWith = async (servers: number): Promise<number> => {
      await using llama = await startLlama({ model });
      await using exporter = await startExporter({
        yaml: exporterYaml(llama, "2s").replace(", failover: {}", ""),
      });
      await using resources = new AsyncDisposableStack();
      const startOne = async () => {
        const config = prometheusYaml(exporter);
        const prometheus = resources.use(await startPrometheus({ version: "newest", config }));
        await prometheus.queryUntil('probe_success{job="heartbeat",target="tiny"} == 1');
      };
      await Promise.all(Array.from({ length: servers }, startOne));
      const before = await llama.prompts();
      const end = performance.now() + 12_000;
      while (performance.now() < end) {
        await Promise.all([pause(50), servers > 1 ? exporter.get("/probe?target=tiny") : undefined]);
      }
      return (await llama.prompts()) - before;
    };
    const [one, two] = await Promise.all([promptsWith(1), promptsWith(2)]);
    // A result is fresh for 0.9 x 2 s, for one server as for two and a client that asks twenty times a second.
    for (const prompts of [one, two]) {
      expect(prompts).toBeGreaterThanOrEqual(5);
      expect(prompts).toBeLessThanOrEqual(7);
    }
  });
});
