import { startExporter } from "../test/helpers/exporter.ts";
import { rssMib } from "./cpu.ts";
import type { Targets } from "./peers.ts";
import { print } from "./statistics.ts";

const TARGETS = 1000;
const SCRAPES = 5;

/** The options of a module, by what they add to `/metrics`. */
const CHOICES: Readonly<Record<string, string>> = {
  "by default": "",
  "with every option": ", histograms: [duration, failed_duration], probe_details: true",
};

/** The size of `/metrics` and of the process with 1,000 http targets, half of which fail, without and with optional series. */
export async function seriesCost(targets: Targets): Promise<void> {
  for (const [name, options] of Object.entries(CHOICES)) {
    const lines = Array.from({ length: TARGETS }, (_, i) => {
      const target = i % 2 === 0 ? `${targets.http}?${i}` : `http://127.0.0.1:1/${i}`;
      return `  - { name: target-${i}, module: page, target: "${target}", schedule: interval, interval: 10s }`;
    });
    const yaml = `modules: { page: { prober: http, timeout: 5s${options} } }\ntargets:\n${lines.join("\n")}\n`;
    await using exporter = await startExporter({ yaml });
    let text = "";
    for (let scrape = 0; scrape < SCRAPES; scrape += 1)
      text = await exporter.get("/metrics?collect[]=targets");
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
    print(`series per http target, ${name}`, (series / TARGETS).toFixed(1));
    print(`/metrics of ${TARGETS} http targets, ${name}`, `${(text.length / 1e6).toFixed(2)} MB`);
    print(`RSS after ${SCRAPES} scrapes, ${name}`, `${rssMib(exporter.process.pid).toFixed(0)} MiB`);
  }
}
