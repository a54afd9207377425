import { get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { checkOutBaseline } from "./baseline.ts";
import { cpuSeconds, peakMib, rssMib } from "./cpu.ts";
import { startMeasured } from "./measured-exporter.ts";
import type { Targets } from "./peers.ts";
import { median, print } from "./statistics.ts";

const TARGETS = 10_000;
const ROUNDS = 3;
/** Scrapes at once that are compared with one and two. */
const MANY = 50;

/** A way to scrape. */
interface Way {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly concurrent: number;
}

const OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

const WAYS: readonly Way[] = [
  { name: "identity", headers: {}, concurrent: 1 },
  { name: "gzip", headers: { "Accept-Encoding": "gzip" }, concurrent: 1 },
  { name: "zstd", headers: { "Accept-Encoding": "zstd" }, concurrent: 1 },
  { name: "OpenMetrics, gzip", headers: { Accept: OPEN_METRICS, "Accept-Encoding": "gzip" }, concurrent: 1 },
  { name: "two at once, identity", headers: {}, concurrent: 2 },
  { name: "two at once, gzip", headers: { "Accept-Encoding": "gzip" }, concurrent: 2 },
];

/**
 * `/metrics` with 10,000 `http` targets: the longest time for which it blocks the event loop, bytes, time, CPU and memory.
 * Beside the commit of the variable BENCH_BASE, if that is set. A gap is CPU time of the main thread.
 */
export async function metricsPage(targets: Targets): Promise<void> {
  const yaml = `modules: { plain: { prober: http, timeout: 60s, http: { preferred_ip_protocol: ip4 } } }
limits: { max_concurrent_probes: 64, max_concurrent_probes_per_host: 64 }
targets:
${Array.from({ length: TARGETS }, (_, i) => `  - { name: "target-${i}.example", module: plain, target: "${targets.http}?${i}", schedule: interval, interval: 1d, labels: { team: "team-${i % 50}" } }`).join("\n")}
`;
  if (process.env["BENCH_BASE"] !== undefined) {
    await using baseline = await checkOutBaseline();
    await measure(`commit ${baseline.commit}, `, yaml, baseline.root);
  }
  await measure("", yaml);
}

async function measure(name: string, yaml: string, root?: string): Promise<void> {
  await using exporter = await startMeasured(yaml, {}, root);
  const { url, process: running } = exporter;
  // Probes all targets.
  await scrape(url, { "X-Prometheus-Scrape-Timeout-Seconds": "300" });
  await pause(2000);
  print(`${name}RSS before scrapes`, `${rssMib(running.pid).toFixed(0)} MiB`);
  const largestGap = async (): Promise<number> => (await exporter.gap()).cpu;
  for (const { name: way, headers, concurrent } of WAYS) {
    const gaps: number[] = [];
    const times: number[] = [];
    const cpu: number[] = [];
    let bytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await largestGap();
      const before = cpuSeconds(running.pid);
      const begin = performance.now();
      const lengths = await Promise.all(Array.from({ length: concurrent }, () => scrape(url, headers)));
      times.push(performance.now() - begin);
      cpu.push(cpuSeconds(running.pid) - before);
      gaps.push(await largestGap());
      bytes = lengths[0] ?? 0;
    }
    print(
      `${name}${way}`,
      `gap ${Math.max(...gaps).toFixed(0)} ms (median ${median(gaps).toFixed(0)}), ${(bytes / 1e6).toFixed(1)} MB, ${median(times).toFixed(0)} ms, CPU ${median(cpu).toFixed(2)} s`,
    );
  }
  await pause(2000);
  for (const headers of [{}, { "Accept-Encoding": "gzip" }]) {
    const peaks: number[] = [];
    for (const concurrent of [1, 2, MANY]) {
      peakMib(running.pid);
      await Promise.all(Array.from({ length: concurrent }, () => scrape(url, headers)));
      peaks.push(peakMib(running.pid));
      await pause(2000);
    }
    const [one = 0, two = 0, many = 0] = peaks;
    const coding = Object.values(headers).join() || "identity";
    print(
      `${name}most RSS for 1, 2 and ${MANY} scrapes at once, ${coding}`,
      `${one.toFixed(0)}, ${two.toFixed(0)}, ${many.toFixed(0)} MiB`,
    );
  }
  print(`${name}RSS after scrapes`, `${rssMib(running.pid).toFixed(0)} MiB`);
}

/** Returns the number of bytes of a page as it was sent. */
const scrape = (url: string, headers: Readonly<Record<string, string>>): Promise<number> =>
  new Promise((resolve, reject) => {
    get(`${url}/metrics`, { headers, agent: false }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("end", () => resolve(bytes));
      response.on("error", reject);
    }).on("error", reject);
  });
