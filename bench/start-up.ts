import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { type ExporterOptions, startExporter } from "../test/helpers/exporter.ts";
import { bundled } from "./bundled.ts";
import { cpuSeconds, rssMib } from "./cpu.ts";
import type { Targets } from "./peers.ts";
import { median, print } from "./statistics.ts";

const ROUNDS = 7;

/** Time after the first scrape in which an exporter with one target comes to rest. */
const REST_MS = 8000;

/**
 * From the start of the process to the first scrape that shows a successful probe, and the memory when it is at rest after it: of the
 * sources, as `npm start` runs them, and of the bundle, as the image and the package do. `node -e 0` is what Node.js takes itself.
 */
export async function startUp(targets: Targets): Promise<void> {
  await using bundle = await bundled();
  await measure("sources", targets, {});
  await measure("bundle (bounds: 300 ms, 90 MiB)", targets, bundle.options);
}

async function measure(name: string, { http }: Targets, options: ExporterOptions): Promise<void> {
  const yaml = `modules: { http_2xx: { prober: http } }\ntargets: [{ name: one, module: http_2xx, target: "${http}" }]\n`;
  const rounds: { time: number; cpu: number; size: number; bare: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = performance.now();
    await using exporter = await startExporter({ yaml, ...options });
    const text = await exporter.get("/metrics");
    if (!text.includes('probe_success{target="one",module="http_2xx"} 1')) throw new Error(text);
    const { pid } = exporter.process;
    const [time, cpu] = [performance.now() - begin, cpuSeconds(pid) * 1000];
    await pause(REST_MS);
    rounds.push({ time, cpu, size: rssMib(pid), bare: bareStart() });
  }
  const middle = (of: "time" | "cpu" | "size" | "bare"): string =>
    median(rounds.map((one) => one[of])).toFixed(0);
  print(
    `start to first successful scrape of the ${name}, median of ${ROUNDS}`,
    `CPU ${middle("cpu")} ms (node -e 0: ${middle("bare")} ms), time ${middle("time")} ms, RSS at rest ${middle("size")} MiB`,
  );
}

/** Returns the CPU time of a Node.js that does nothing, in milliseconds. */
function bareStart(): number {
  const before = cpuSeconds(process.pid, "ended children");
  execFileSync(process.execPath, ["-e", "0"]);
  return (cpuSeconds(process.pid, "ended children") - before) * 1000;
}
