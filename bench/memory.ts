import { startExporter } from "../test/helpers/exporter.ts";
import { type Bundled, bundled } from "./bundled.ts";
import { rssMib } from "./cpu.ts";
import type { Targets } from "./peers.ts";
import { print } from "./statistics.ts";

/** Numbers of targets that are compared, so that what the exporter takes without targets does not count. */
const [FEW, MANY] = [1000, 10_000];

const SCRAPES = 5;

/** The memory of `http` targets of the bundle after they were scraped: that of the process, and what each target adds. */
export async function memory(targets: Targets): Promise<void> {
  await using bundle = await bundled();
  const few = await rssAfterScrapes(targets, FEW, bundle);
  const many = await rssAfterScrapes(targets, MANY, bundle);
  print(`RSS with ${MANY} http targets after ${SCRAPES} scrapes`, `${many.toFixed(0)} MiB (bound: 300)`);
  const each = ((many - few) * 1024) / (MANY - FEW);
  print("RSS that each http target adds", `${each.toFixed(1)} KiB (bound: 20)`);
}

async function rssAfterScrapes({ http }: Targets, count: number, { options }: Bundled): Promise<number> {
  const entries = Array.from(
    { length: count },
    (_, i) => `  - { name: target-${i}, module: web, target: "${http}?${i}" }\n`,
  );
  const yaml = `modules: { web: { prober: http, http: { preferred_ip_protocol: ip4 } } }\nlimits: { max_concurrent_probes_per_host: 50 }\ntargets:\n${entries.join("")}`;
  await using exporter = await startExporter({ yaml, ...options });
  for (let i = 0; i < SCRAPES; i += 1) {
    await exporter.get("/metrics", { "x-prometheus-scrape-timeout-seconds": "120" });
  }
  return rssMib(exporter.process.pid);
}
