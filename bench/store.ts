import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../src/core/clock.ts";
import { seconds, timestamp } from "../src/core/units.ts";
import { openDatabase } from "../src/store/database.ts";
import { resultWriter } from "../src/store/result-table.ts";
import { openStore } from "../src/store/store.ts";
import { type ExporterProcess, startExporter } from "../test/helpers/exporter.ts";
import { valueOf } from "../test/helpers/exposition.ts";
import { temporaryFolder } from "../test/helpers/temporary-folder.ts";
import { rssMib } from "./cpu.ts";
import type { Targets } from "./peers.ts";
import { median, print, quantile } from "./statistics.ts";

const TARGETS = 100;
const INTERVAL = 15;
const DAYS = 7;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A week of 100 targets at 15 s, 4 million results: its size, its answers, and what removing half of it costs a scrape. */
export async function store(targets: Targets): Promise<void> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "s.db");
  fill(path);
  print("4,032,000 results on the disk", `${(statSync(path).size / 2 ** 20).toFixed(0)} MiB`);
  await answers(path);
  await scrapes(path, targets);
}

/** As they come: all targets, one round after the other, a transaction for each. */
function fill(path: string): void {
  const db = openDatabase(path);
  const writer = resultWriter(db);
  const rounds = (DAYS * 86_400) / INTERVAL;
  const start = Date.now() / 1000 - DAYS * 86_400 + 600;
  for (let round = 0; round < rounds; round += 1) {
    db.exec("begin");
    writer.write(
      Array.from({ length: TARGETS }, (_, i) => ({
        target: nameOf(i),
        module: "web",
        startedAt: timestamp(start + round * INTERVAL + i / 10),
        duration: seconds(0.002 + Math.random() * 0.08),
        ...(Math.random() < 0.01 ? { reason: "timeout" as const } : {}),
      })),
    );
    db.exec("commit");
  }
  db.close();
}

const nameOf = (i: number): string => `target-${i}`;

async function answers(path: string): Promise<void> {
  const bounds = { retention: 30 * 86_400, maxSize: 2 ** 30 };
  const { history, ...store } = await openStore({
    path,
    bounds,
    clock: systemClock,
    log: silent,
    patience: seconds(0),
  });
  const now = Date.now() / 1000;
  const week = { from: timestamp(now - DAYS * 86_400), to: timestamp(now) };
  const ask: Readonly<Record<string, () => Promise<readonly unknown[]>>> = {
    "all targets summed up": () => history.summaries(week),
    "outages of 3 failures of all": () => history.outages({ ...week, failures: 3 }),
    "every outage of all": () => history.outages(week),
    "one target summed up": () => history.summaries({ ...week, target: nameOf(7) }),
    "a chart of one": () => history.chart({ ...week, target: nameOf(7), buckets: 200 }),
  };
  for (const [what, question] of Object.entries(ask)) {
    const took: number[] = [];
    let longest = 0;
    for (let i = 0; i < 5; i += 1) {
      const begin = performance.now();
      const stop = watchLoop((late) => {
        longest = Math.max(longest, late);
      });
      await question();
      stop();
      took.push(performance.now() - begin);
    }
    print(
      `a week, ${what}: median of 5; longest the loop was held up`,
      `${median(took).toFixed(0)} ms (bound: 2000); ${longest.toFixed(0)} ms`,
    );
  }
  await store.close();
}

/** Calls `late` with how many milliseconds too late each turn came. */
function watchLoop(late: (milliseconds: number) => void): () => void {
  let due = performance.now() + 5;
  const timer = setInterval(() => {
    late(performance.now() - due);
    due = performance.now() + 5;
  }, 5);
  return () => clearInterval(timer);
}

async function scrapes(path: string, { http }: Targets): Promise<void> {
  const yaml = (retention: string): string => `
storage: { path: ${path}, retention: ${retention} }
modules: { web: { prober: http, timeout: 2s, http: { preferred_ip_protocol: ip4 } } }
targets:
${Array.from({ length: TARGETS }, (_, i) => `  - { name: ${nameOf(i)}, module: web, target: "${http}?${i}", schedule: interval, interval: 15s }`).join("\n")}
`;
  await using exporter = await startExporter({ yaml: yaml("30d") });
  const results = async (): Promise<number> =>
    valueOf(await exporter.get("/metrics?collect[]=exporter"), "heartbeat_exporter_store_results") ?? 0;
  await pause(15_000);
  const all = await results();
  const calm = await timesOf(exporter, async () => false, 300);
  await exporter.folder.write("exporter.yml", yaml("3d"));
  exporter.process.kill("SIGHUP");
  const begin = performance.now();
  // What is left of a week when all but three days are gone.
  const busy = await timesOf(exporter, async () => (await results()) < all * 0.45, 5000);
  const took = performance.now() - begin;
  for (const [when, times] of [
    ["undisturbed", calm],
    ["while 4 of 7 days are removed", busy],
  ] as const) {
    print(
      `a scrape of 100 targets, ${when}: median, 99th percentile, longest of ${times.length}`,
      `${median(times).toFixed(1)}, ${quantile(times, 0.99).toFixed(1)}, ${Math.max(...times).toFixed(1)} ms`,
    );
  }
  print(
    "a scrape is longer while it is removed by",
    `${(median(busy) - median(calm)).toFixed(1)} ms (bound: 20)`,
  );
  print("time to remove it", `${(took / 1000).toFixed(1)} s`);
  print("RSS with the store", `${rssMib(exporter.process.pid).toFixed(0)} MiB`);
}

/** How long scrapes take, one after the other, until `done` or there are `most`. */
async function timesOf(
  exporter: ExporterProcess,
  done: () => Promise<boolean>,
  most: number,
): Promise<number[]> {
  const times: number[] = [];
  while (times.length < most) {
    const begin = performance.now();
    await exporter.get("/metrics?collect[]=targets");
    times.push(performance.now() - begin);
    if (times.length % 5 === 0 && (await done())) break;
  }
  return times;
}
