import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startExporter } from "../test/helpers/exporter.ts";
import { temporaryFolder } from "../test/helpers/temporary-folder.ts";
import { cpuSeconds } from "./cpu.ts";
import type { PingLoad, PingReport } from "./pinger.ts";
import { median, print, quantile } from "./statistics.ts";

const MACHINES = 1000;
const DURABILITIES = ["relaxed", "strict"] as const;
type Durability = (typeof DURABILITIES)[number];

/** A rate that both keep up with, and 50 clients that ping as fast as they are answered. */
const RATES = [100, "most"] as const;
const ROUNDS = 3;

/** Measures what it costs to store pings before they are answered: both durabilities in turn, in the same run. */
export async function durability(): Promise<void> {
  const pinger = fork(fileURLToPath(new URL("pinger.ts", import.meta.url)));
  const reports = new Map<string, PingReport[]>();
  const cpu: Record<Durability, number[]> = { relaxed: [], strict: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const durability of DURABILITIES) {
      await using folder = await temporaryFolder();
      await using exporter = await startExporter({
        yaml: `storage: { path: ${join(folder.path, "s.db")}, durability: ${durability} }\nheartbeat_registration: { open: true, max: ${MACHINES} }\n`,
      });
      const load = async (of: Pick<PingLoad, "perSecond" | "seconds">): Promise<PingReport> => {
        const port = Number(new URL(exporter.url).port);
        pinger.send({ port, machines: MACHINES, ...of } satisfies PingLoad);
        const [report] = (await once(pinger, "message")) as [PingReport];
        return report;
      };
      await load({ perSecond: MACHINES, seconds: 2 });
      for (const perSecond of RATES) {
        const key = `${perSecond} ${durability}`;
        const before = cpuSeconds(exporter.process.pid);
        const report = await load({ perSecond, seconds: 4 });
        reports.set(key, [...(reports.get(key) ?? []), report]);
        if (perSecond === "most")
          cpu[durability].push(((cpuSeconds(exporter.process.pid) - before) / report.answered) * 1e6);
      }
    }
  }
  const most = (of: Durability): number =>
    median((reports.get(`most ${of}`) ?? []).map(({ answered, tookSeconds }) => answered / tookSeconds));
  for (const [key, runs] of reports) {
    const latencies = runs.flatMap((run) => run.latencies);
    const text = `${median(latencies).toFixed(2)} / ${quantile(latencies, 0.99).toFixed(2)} ms`;
    print(`pings per second: ${key}, median / 99th percentile`, text);
  }
  for (const one of DURABILITIES) {
    print(`most pings per second, ${one}`, most(one).toFixed(0));
    print(`CPU of all threads per ping then, ${one}`, `${median(cpu[one]).toFixed(0)} us`);
  }
  print("most pings per second, strict to relaxed", (most("strict") / most("relaxed")).toFixed(2));
  pinger.kill();
}
