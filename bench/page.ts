import { Agent, get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { checkOutBaseline } from "./baseline.ts";
import { cpuSeconds, rssMib } from "./cpu.ts";
import { type MeasuredExporter, startMeasured } from "./measured-exporter.ts";
import type { Targets } from "./peers.ts";
import { median, print } from "./statistics.ts";

const PEOPLE = 50;

/** How often each of them asks for the overview, as a page does whose event stream tells of changes. */
const LOOK_MS = 2000;
const SECONDS = 20;

/** Scrapes of the metrics beside the people, as Prometheus does. */
const SCRAPES = 2;

/**
 * What it costs that people look: 50 of them, each every two seconds, at an overview of 1,000 and 10,000 targets that are probed once a
 * minute, while the metrics are scraped. Gaps are CPU time of the main thread. Beside scrapes alone, by this commit and by that of
 * the variable BENCH_BASE, if it is set.
 */
export async function page(targets: Targets): Promise<void> {
  for (const count of [1000, 10_000]) {
    const yaml = configOf(count, targets);
    if (process.env["BENCH_BASE"] !== undefined) {
      await using baseline = await checkOutBaseline();
      await using exporter = await started(yaml, baseline.root);
      report(`${count} targets, commit ${baseline.commit}, scrapes alone`, await watch(exporter));
    }
    await using exporter = await started(yaml);
    const alone = await watch(exporter);
    report(`${count} targets, scrapes alone`, alone);
    await firstLooks(`${count} targets`, exporter);
    const looking = await watch(exporter, true);
    report(`${count} targets, and ${PEOPLE} people`, looking);
    print(
      `${count} targets, people to scrapes alone`,
      `gap ${(looking.gap / alone.gap).toFixed(2)}, CPU ${(looking.cpu / alone.cpu).toFixed(2)}, RSS ${(looking.rss / alone.rss).toFixed(2)}`,
    );
  }
}

const configOf = (count: number, targets: Targets): string => `storage: { path: store.db }
modules: { plain: { prober: http, timeout: 20s, http: { preferred_ip_protocol: ip4 } } }
limits: { max_concurrent_probes: 64, max_concurrent_probes_per_host: 64 }
targets:
${Array.from({ length: count }, (_, i) => `  - { name: "target-${i}", module: plain, target: "${targets.http}?${i}", schedule: interval, interval: 1m, labels: { team: "team-${i % 50}" } }`).join("\n")}
groups:
${Array.from({ length: 20 }, (_, group) => `  - { name: "group-${group}", members: [${Array.from({ length: count / 20 }, (_unused, i) => `"target-${i * 20 + group}"`).join(", ")}] }`).join("\n")}
`;

async function started(yaml: string, root?: string): Promise<MeasuredExporter> {
  const exporter = await startMeasured(yaml, {}, root);
  // Each target is probed once, and the second round has begun.
  await pause(75_000);
  return exporter;
}

interface Figures {
  /** Longest gap of the event loop in milliseconds of CPU time. */
  readonly gap: number;
  /** Cores in use. */
  readonly cpu: number;
  readonly rss: number;
  /** Times of answers to people in milliseconds. */
  readonly times: readonly number[];
}

/** Scrapes for a while, with people or without. */
async function watch(exporter: MeasuredExporter, withPeople = false): Promise<Figures> {
  const { url, process: running } = exporter;
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  const end = performance.now() + SECONDS * 1000;
  await exporter.gap();
  const before = cpuSeconds(running.pid);
  const person = async (i: number): Promise<void> => {
    await pause((i / PEOPLE) * LOOK_MS);
    while (performance.now() < end) {
      const { took } = await fetchPage(`${url}/api/v1/overview?offset=${(i % 3) * 100}`, agent);
      times.push(took);
      await pause(Math.max(0, LOOK_MS - took));
    }
  };
  const scraper = async (): Promise<void> => {
    for (let i = 0; i < SCRAPES; i += 1) {
      await pause(((i + 0.5) / SCRAPES) * SECONDS * 1000 - i * 1000);
      await fetchPage(`${url}/metrics`, agent);
    }
  };
  const people = withPeople ? Array.from({ length: PEOPLE }, (_, i) => person(i)) : [];
  await Promise.all([...people, scraper(), pause(SECONDS * 1000)]);
  const { cpu: gap } = await exporter.gap();
  agent.destroy();
  return { gap, cpu: (cpuSeconds(running.pid) - before) / SECONDS, rss: rssMib(running.pid), times };
}

/** Prints the size and the time of what people see first. */
async function firstLooks(name: string, { url }: MeasuredExporter): Promise<void> {
  for (const path of ["/api/v1/overview", "/api/v1/targets/target-1?window=24h", "/", "/status.json"]) {
    const times: number[] = [];
    let sizes = "";
    for (let i = 0; i < 3; i += 1) {
      const { took, bytes, plain } = await fetchPage(`${url}${path}`);
      times.push(took);
      sizes = `${(bytes / 1024).toFixed(0)} KiB gzip'd of ${(plain / 1024).toFixed(0)} KiB`;
      await pause(1000);
    }
    print(`${name}, ${path}`, `${sizes}, ${median(times).toFixed(0)} ms`);
  }
}

function report(name: string, { gap, cpu, rss, times }: Figures): void {
  const sorted = times.toSorted((a, b) => a - b);
  const answers =
    times.length === 0
      ? ""
      : `, ${times.length} answers: median ${median(sorted).toFixed(0)} ms, p95 ${(sorted[Math.floor(sorted.length * 0.95)] ?? 0).toFixed(0)} ms`;
  print(name, `gap ${gap.toFixed(0)} ms, ${cpu.toFixed(2)} cores, RSS ${rss.toFixed(0)} MiB${answers}`);
}

/** Fetches a page, compressed. */
const fetchPage = (
  url: string,
  agent?: Agent,
): Promise<{ readonly took: number; readonly bytes: number; readonly plain: number }> =>
  new Promise((resolve, reject) => {
    const begin = performance.now();
    const headers = { "Accept-Encoding": "gzip" };
    get(url, { headers, ...(agent === undefined ? {} : { agent }) }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const took = performance.now() - begin;
        const body = Buffer.concat(parts);
        const plain = response.headers["content-encoding"] === "gzip" ? gunzipSync(body).length : body.length;
        resolve({ took, bytes: body.length, plain });
      });
      response.on("error", reject);
    }).on("error", reject);
  });
