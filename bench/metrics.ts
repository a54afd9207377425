import { get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { start } from "../test/helpers/process.ts";
import { temporaryFolder } from "../test/helpers/temporary-folder.ts";
import { cpuSeconds, rssMib } from "./cpu.ts";
import type { Targets } from "./peers.ts";
import { median, print } from "./statistics.ts";

const TARGETS = 10_000;
const ROUNDS = 3;

/** Names a checkout of another commit, which is measured in the same run. */
const OTHER = "BENCH_OTHER_TREE";

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

/** `/metrics` with 10,000 `http` targets: the longest time for which it blocks the event loop, bytes, time, CPU and memory. */
export async function metricsPage(targets: Targets): Promise<void> {
  const yaml = `modules: { plain: { prober: http, timeout: 60s, http: { preferred_ip_protocol: ip4 } } }
limits: { max_concurrent_probes: 64, max_concurrent_probes_per_host: 64 }
targets:
${Array.from({ length: TARGETS }, (_, i) => `  - { name: "target-${i}.example", module: plain, target: "${targets.http}?${i}", schedule: interval, interval: 1d, labels: { team: "team-${i % 50}" } }`).join("\n")}
`;
  const trees: readonly (readonly [string, string])[] = [
    ["", fileURLToPath(new URL("..", import.meta.url))],
    ...(process.env[OTHER] === undefined ? [] : [["other commit, ", process.env[OTHER]] as const]),
  ];
  for (const [name, tree] of trees) await measure(name, tree, yaml);
}

async function measure(name: string, tree: string, yaml: string): Promise<void> {
  await using folder = await temporaryFolder();
  const config = await folder.write("exporter.yml", yaml);
  const gap = fileURLToPath(new URL("loop-gap.ts", import.meta.url));
  await using running = start(
    [
      process.execPath,
      "--max-semi-space-size=4",
      `--import=${gap}`,
      "src/main.ts",
      `--config.file=${config}`,
      "--web.listen-address=127.0.0.1:0",
    ],
    { cwd: tree },
  );
  const [, url = ""] = await running.waitForOutput(/heartbeat-exporter listens.*? address=(https?:\S+)/);
  // Probes all targets.
  await scrape(url, { "X-Prometheus-Scrape-Timeout-Seconds": "300" });
  await pause(2000);
  print(`${name}RSS before scrapes`, `${rssMib(running.pid).toFixed(0)} MiB`);
  const largestGap = async (): Promise<number> => {
    const seen = running.stderr().length;
    running.kill("SIGUSR2");
    for (;;) {
      const found = /loop gap (\S+) ms/.exec(running.stderr().slice(seen));
      if (found !== null) return Number(found[1]);
      await pause(10);
    }
  };
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
