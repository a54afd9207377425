/**
 * Measures what is promised, and prints it: `npm run bench`, Linux only. Nothing is asserted here, because times on a
 * shared machine prove nothing; ratios are against blackbox_exporter in the same run.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startBlackbox } from "../test/helpers/blackbox.ts";
import { type ExporterProcess, startExporter } from "../test/helpers/exporter.ts";
import { cpuSeconds, rssMib } from "./cpu.ts";
import { load } from "./load.ts";

const PROBES = 4000;
const ROUNDS = 5;

const targets = fork(fileURLToPath(new URL("targets.ts", import.meta.url)));
const [{ port }] = (await once(targets, "message")) as [{ port: number }];
const target = `http://127.0.0.1:${port}/`;
console.log(`${"what".padEnd(64)} value`);
await startUp();
await httpProbes();
for (const concurrency of [1, 50]) await llmShare(concurrency);
targets.kill();

function print(what: string, value: string): void {
  console.log(`${what.padEnd(64)} ${value}`);
}

async function startUp(): Promise<void> {
  const yaml = `modules: { http_2xx: { prober: http } }\ntargets: [{ name: one, module: http_2xx, target: "${target}" }]\n`;
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

async function httpProbes(): Promise<void> {
  const modules = "modules: { http_2xx: { prober: http, http: { preferred_ip_protocol: ip4 } } }\n";
  const query = `/probe?module=http_2xx&target=${encodeURIComponent(target)}`;
  for (const version of ["newest", "bookworm"] as const) {
    for (const concurrency of [1, 16]) {
      await using exporter = await startExporter({ yaml: modules, args: ["--log.level=error"] });
      await using blackbox = await startBlackbox({ version, config: modules });
      const measure = (url: string, pid: number) => cpuPerProbe(url + query, pid, concurrency);
      // Warm both up, then take turns, so that what else the machine does falls on both.
      await measure(exporter.url, exporter.process.pid);
      await measure(blackbox.url, blackbox.process.pid);
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        ours.push(await measure(exporter.url, exporter.process.pid));
        theirs.push(await measure(blackbox.url, blackbox.process.pid));
      }
      const [our, their] = [median(ours), median(theirs)];
      print(
        `CPU per /probe, plain HTTP, ${concurrency} at once, against blackbox ${version}`,
        `${our.toFixed(3)} ms / ${their.toFixed(3)} ms = ${(our / their).toFixed(2)} (bound: 1.00)`,
      );
    }
  }
}

async function cpuPerProbe(url: string, pid: number, concurrency: number): Promise<number> {
  const before = cpuSeconds(pid);
  await load(url, PROBES, concurrency, "probe_success 1");
  return ((cpuSeconds(pid) - before) / PROBES) * 1000;
}

/** The exporter's share of the measured duration: what it says less what the server says it took. */
async function llmShare(concurrency: number): Promise<void> {
  const names = Array.from({ length: concurrency }, (_, i) => `llm${i}`);
  const yaml = `modules: { chat: { prober: llm, timeout: 10s, llm: { api: openai } } }
targets:
${names.map((name) => `  - { name: ${name}, module: chat, target: "${target}v1", model: m, min_interval: 0s }`).join("\n")}
`;
  await using exporter = await startExporter({ yaml, args: ["--log.level=error"] });
  const shares: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    await forgetTimes(targets);
    const durations = await probeAll(exporter);
    const took = (await forgetTimes(targets)).toSorted((a, b) => a - b);
    // Probes and answers are matched by rank: they overlap, and nothing else tells them apart.
    for (const [i, duration] of durations.toSorted((a, b) => a - b).entries())
      shares.push(duration - (took[i] ?? Number.NaN));
  }
  const warm = shares.slice(concurrency * 2);
  print(
    `own share of an LLM probe's duration, ${concurrency} in flight`,
    `median ${median(warm).toFixed(2)} ms, p95 ${quantile(warm, 0.95).toFixed(2)} ms (bound: 2)`,
  );
}

async function probeAll(exporter: ExporterProcess): Promise<number[]> {
  const text = await exporter.get("/metrics?collect[]=targets");
  return [...text.matchAll(/^probe_duration_seconds\{.*\} (\S+)$/gm)].map(
    ([, value]) => Number(value) * 1000,
  );
}

async function forgetTimes(child: ChildProcess): Promise<number[]> {
  child.send("took");
  const [{ took }] = (await once(child, "message")) as [{ took: number[] }];
  return took;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
