import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type ExporterProcess, startExporter } from "../test/helpers/exporter.ts";
import { cpuSeconds, rssMib } from "./cpu.ts";
import type { PingLoad, PingReport } from "./pinger.ts";
import { median, print, quantile } from "./statistics.ts";

const MACHINES = 10_000;
const USUAL = { perSecond: Math.ceil(MACHINES / 30), seconds: 15 };
const STORM = { perSecond: 5_000, seconds: 10 };
const BESIDE = { perSecond: 500, seconds: 5 };
const SCRAPES = 20;

/** What 10,000 machines cost that ping every 30 s, what a scrape of them takes, and whether a storm of pings is answered. */
export async function pings(): Promise<void> {
  await using exporter = await startExporter({
    // Configured, because one address registers no more than some a second.
    yaml: `heartbeats:\n${Array.from({ length: MACHINES }, (_, i) => `  - { name: machine-${i} }\n`).join("")}`,
  });
  const pinger = fork(fileURLToPath(new URL("pinger.ts", import.meta.url)));
  const load = async (of: Pick<PingLoad, "perSecond" | "seconds">): Promise<PingReport> => {
    pinger.send({ port: Number(new URL(exporter.url).port), machines: MACHINES, ...of } satisfies PingLoad);
    const [report] = (await once(pinger, "message")) as [PingReport];
    return report;
  };
  const { pid } = exporter.process;
  const before = rssMib(pid);
  await load({ perSecond: MACHINES / 4, seconds: 4 });

  const cpu = cpuSeconds(pid);
  const usual = await load(USUAL);
  const share = (cpuSeconds(pid) - cpu) / usual.tookSeconds;
  print("CPU of 10,000 machines that ping every 30 s", `${(share * 100).toFixed(1)} % of a core`);
  print("time of a ping then, median / 99th percentile", times(usual.latencies));
  print("RSS before / with 10,000 machines", `${before.toFixed(0)} / ${rssMib(pid).toFixed(0)} MiB`);

  const [beside] = await Promise.all([load(BESIDE), scrapes(exporter)]);
  print("time of a ping beside it, median / longest", times(beside.latencies, 1));

  const calm = cpuSeconds(pid);
  const storm = await load(STORM);
  const used = (cpuSeconds(pid) - calm) / storm.tookSeconds;
  const lost = storm.sent - storm.answered;
  print("5,000 pings per second for 10 s: sent, answered, lost", `${storm.sent}, ${storm.answered}, ${lost}`);
  print("until the last answer", `${storm.tookSeconds.toFixed(1)} s`);
  print("CPU meanwhile", `${(used * 100).toFixed(0)} % of a core`);
  print("time of a ping then, median / 99th percentile", times(storm.latencies));
  print("RSS after it", `${rssMib(pid).toFixed(0)} MiB`);
  pinger.kill();
}

/** How long `/metrics` of the heartbeats takes. */
async function scrapes(exporter: ExporterProcess): Promise<void> {
  const took: number[] = [];
  const cpu = cpuSeconds(exporter.process.pid);
  let bytes = 0;
  for (let i = 0; i < SCRAPES; i += 1) {
    const begin = performance.now();
    bytes = (await exporter.get("/metrics?collect[]=heartbeats")).length;
    took.push(performance.now() - begin);
  }
  const each = ((cpuSeconds(exporter.process.pid) - cpu) / SCRAPES) * 1000;
  print("/metrics?collect[]=heartbeats of 10,000, size", `${(bytes / 1e6).toFixed(1)} MB`);
  print(
    "its time, median / longest of 20",
    `${median(took).toFixed(0)} / ${quantile(took, 1).toFixed(0)} ms`,
  );
  print("its CPU, the pings beside it included", `${each.toFixed(0)} ms`);
}

const times = (values: readonly number[], q = 0.99): string =>
  `${median(values).toFixed(1)} / ${quantile(values, q).toFixed(1)} ms`;
