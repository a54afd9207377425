import { startExporter } from "../test/helpers/exporter.ts";
import { rssMib } from "./cpu.ts";
import type { Targets } from "./peers.ts";
import { median, print } from "./statistics.ts";

const ROUNDS = 5;

/** From the start of the process to the first scrape that shows a successful probe, and the memory after it. */
export async function startUp(targets: Targets): Promise<void> {
  const yaml = `modules: { http_2xx: { prober: http } }\ntargets: [{ name: one, module: http_2xx, target: "${targets.http}" }]\n`;
  const times: number[] = [];
  const sizes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = performance.now();
    await using exporter = await startExporter({ yaml });
    const text = await exporter.get("/metrics");
    if (!text.includes('probe_success{target="one",module="http_2xx"} 1')) throw new Error(text);
    times.push(performance.now() - begin);
    sizes.push(rssMib(exporter.process.pid));
  }
  print("start to first successful scrape, median of 5", `${median(times).toFixed(0)} ms (bound: 1000)`);
  print("RSS after it, median of 5", `${median(sizes).toFixed(0)} MiB (bound: 110)`);
}
