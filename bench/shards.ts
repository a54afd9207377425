import { setTimeout as pause } from "node:timers/promises";
import { type ExporterProcess, startExporter } from "../test/helpers/exporter.ts";
import { serveHttp } from "../test/helpers/http-targets.ts";
import { waitUntil } from "../test/helpers/process.ts";
import { cpuSeconds } from "./cpu.ts";
import { print } from "./statistics.ts";

const TARGETS = 3000;
const TOTAL_SHARDS = 3;
const INTERVAL_S = 10;
const WINDOW_S = 30;

/** Header with which an exporter says which one it is. */
const SENDER = "x-sender";

/** Measurements of exporters that share the targets. */
interface Run {
  /** CPU time of each exporter per second. */
  readonly cpu: readonly number[];
  readonly probesPerSecond: number;
  /** Names and labels on all pages together. */
  readonly series: readonly string[];
  /** The exporters that probed a target, by target. */
  readonly senders: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Compares three shards with one exporter that has the same 3,000 targets: which of them probes a target, as the target sees
 * it, what they export together, and what each costs.
 */
export async function shards(): Promise<void> {
  const one = await run([[]]);
  const flags = Array.from({ length: TOTAL_SHARDS }, (_, i) => [
    `--shard=${i}`,
    `--total-shards=${TOTAL_SHARDS}`,
  ]);
  const several = await run(flags);

  const single = [...several.senders.values()].filter(({ size }) => size === 1).length;
  print(`targets that exactly one of ${TOTAL_SHARDS} shards probed`, `${single} of ${TARGETS}`);
  const wanted = new Set(one.series);
  const found = new Set(several.series);
  const missing = one.series.filter((series) => !found.has(series));
  const additional = several.series.filter((series) => !wanted.has(series));
  print("series of targets of one exporter", String(one.series.length));
  print(`the same of ${TOTAL_SHARDS} shards together`, String(several.series.length));
  print("series twice", String(several.series.length - found.size));
  print("series missing, additional", `${missing.length}, ${additional.length}`);
  for (const [what, { cpu, probesPerSecond }] of [
    ["one exporter", one],
    [`each of ${TOTAL_SHARDS} shards`, several],
  ] as const) {
    const each = cpu.map((load) => `${(load * 100).toFixed(1)} %`).join(", ");
    print(`CPU of ${what}, ${probesPerSecond.toFixed(0)} probes/s together`, each);
  }
  const [alone = Number.NaN] = one.cpu;
  const together = several.cpu.reduce((sum, load) => sum + load, 0);
  print("CPU of the busiest shard against one exporter", (Math.max(...several.cpu) / alone).toFixed(2));
  print("CPU of all shards against one exporter", (together / alone).toFixed(2));
}

/** Runs an exporter for each list of flags, all with the same file. */
async function run(flags: readonly (readonly string[])[]): Promise<Run> {
  await using resources = new AsyncDisposableStack();
  const senders = new Map<string, Set<string>>();
  let requests = 0;
  const server = resources.use(
    await serveHttp((request, response) => {
      requests += 1;
      const path = request.url ?? "";
      const seen = senders.get(path) ?? new Set();
      senders.set(path, seen.add(String(request.headers[SENDER])));
      response.end("ok\n");
    }),
  );
  const lines = Array.from(
    { length: TARGETS },
    (_, i) =>
      `  - { name: target-${i}, module: page, target: "http://${server.host}/${i}", schedule: interval, interval: ${INTERVAL_S}s }`,
  );
  const yaml = `modules: { page: { prober: http, http: { headers: { ${SENDER}: "\${SENDER}" } } } }\ntargets:\n${lines.join("\n")}\n`;
  const exporters: ExporterProcess[] = [];
  for (const [i, args] of flags.entries())
    exporters.push(resources.use(await startExporter({ yaml, args, env: { SENDER: String(i) } })));
  await waitUntil("each target to be probed", () => (senders.size === TARGETS ? true : undefined));

  const used = () => exporters.map(({ process }) => cpuSeconds(process.pid));
  const begin = { at: performance.now(), cpu: used(), requests };
  await pause(WINDOW_S * 1000);
  const took = (performance.now() - begin.at) / 1000;
  const cpu = used().map((now, i) => (now - (begin.cpu[i] ?? 0)) / took);
  const probesPerSecond = (requests - begin.requests) / took;
  const pages = await Promise.all(exporters.map((exporter) => exporter.get("/metrics?collect[]=targets")));
  return { cpu, probesPerSecond, series: pages.flatMap(seriesOf), senders };
}

/** Returns the names and labels of all series of a page. */
const seriesOf = (page: string): readonly string[] =>
  page
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.slice(0, line.lastIndexOf(" ")));
