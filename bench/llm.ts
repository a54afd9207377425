import { startExporter } from "../test/helpers/exporter.ts";
import type { Targets } from "./peers.ts";
import { median, print, quantile } from "./statistics.ts";

const ROUNDS = 10;

/** The exporter's share of an LLM probe's duration: what it says less what the server says it took. */
export async function llmShare(targets: Targets): Promise<void> {
  for (const concurrency of [1, 50]) {
    const names = Array.from({ length: concurrency }, (_, i) => `llm${i}`);
    const yaml = `modules: { chat: { prober: llm, timeout: 10s, llm: { api: openai } } }
targets:
${names.map((name) => `  - { name: ${name}, module: chat, target: "${targets.http}v1", model: m, min_interval: 0s }`).join("\n")}
`;
    await using exporter = await startExporter({ yaml });
    const shares: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await targets.took();
      const text = await exporter.get("/metrics?collect[]=targets");
      const durations = [...text.matchAll(/^probe_duration_seconds\{.*\} (\S+)$/gm)].map(
        ([, value]) => Number(value) * 1000,
      );
      const took = (await targets.took()).toSorted((a, b) => a - b);
      // Probes and answers are matched by rank: they overlap, and nothing else tells them apart.
      for (const [i, duration] of durations.toSorted((a, b) => a - b).entries()) {
        shares.push(duration - (took[i] ?? Number.NaN));
      }
    }
    const warm = shares.slice(concurrency * 2);
    print(
      `own share of an LLM probe's duration, ${concurrency} in flight`,
      `median ${median(warm).toFixed(2)} ms, p95 ${quantile(warm, 0.95).toFixed(2)} ms (bound: 2)`,
    );
  }
}
