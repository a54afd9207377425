import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startExporter } from "../test/helpers/exporter.ts";
import { valueOf } from "../test/helpers/exposition.ts";
import { BASIC_HEARTBEAT } from "../test/helpers/heartbeat-line.ts";
import { run } from "../test/helpers/process.ts";
import { runTool } from "../test/helpers/tools.ts";
import { median, print } from "./statistics.ts";

const BYTES = 200e6;
const ROUNDS = 3;
const UNCHANGED_PROBES = 500;

/** Megabytes per second of a log with a heartbeat in ten lines, against mtail and grep in the same run; and a probe when nothing is new. */
export async function logSpeed(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "heartbeat-bench-"));
  try {
    const file = join(folder, "app.log");
    const heartbeats = await writeLog(file);
    const times: Record<"ours" | "mtail" | "grep", number[]> = { ours: [], mtail: [], grep: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      times.grep.push(await timed(() => run(["grep", "-c", "HEARTBEAT - System Statistics", file])));
      times.ours.push(await ours(folder, file, heartbeats));
      times.mtail.push(await timed(() => mtail(file)));
    }
    const [our, their, grep] = [median(times.ours), median(times.mtail), median(times.grep)];
    const rate = (seconds: number): string => `${(BYTES / 1e6 / seconds).toFixed(0)} MB/s`;
    print(
      "log, all of 200 MB in one probe: ours / mtail / grep -c",
      [our, their, grep].map(rate).join(" / "),
    );
    print("log, speed against mtail", `${(their / our).toFixed(1)} (bound: 8)`);
    print("log, speed against grep -c", `${(grep / our).toFixed(2)} (bound: 0.33)`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

/** How long a new exporter's probe takes for all of the log; the last one also tells what it takes when nothing is new. */
async function ours(folder: string, file: string, heartbeats: number): Promise<number> {
  const options = `{ paths: ["${folder}"], initial_read: "0", timeout: 1000w }`;
  await using exporter = await startExporter({
    yaml: `modules: { log: { prober: heartbeat_log, timeout: 60s, heartbeat_log: ${options} } }`,
  });
  const probe = (): Promise<string> =>
    exporter.get(`/probe?module=log&target=${encodeURIComponent(file)}`, {
      "X-Prometheus-Scrape-Timeout-Seconds": "60",
    });
  const text = await probe();
  if (valueOf(text, "heartbeat_log_heartbeats_total") !== heartbeats) throw new Error(`got ${text}`);
  const unchanged: number[] = [];
  for (let i = 0; i < UNCHANGED_PROBES; i += 1)
    unchanged.push((valueOf(await probe(), "probe_duration_seconds") ?? Number.NaN) * 1000);
  print("log, a probe when nothing is new, median", `${median(unchanged).toFixed(3)} ms (bound: 1)`);
  return valueOf(text, "probe_duration_seconds") ?? Number.NaN;
}

async function mtail(file: string): Promise<void> {
  const program = fileURLToPath(new URL("log.mtail", import.meta.url));
  const { code, stdout, stderr } = await runTool("mtail", "newest", [
    "--one_shot",
    "--progs",
    program,
    "--logs",
    file,
  ]);
  if (code !== 0 || !stdout.includes("heartbeats")) throw new Error(stdout + stderr);
}

/** @returns how many heartbeats there are */
async function writeLog(file: string): Promise<number> {
  const handle = await open(file, "w");
  let [written, line] = [0, 0];
  while (written < BYTES) {
    const lines: string[] = [];
    for (let i = 0; i < 5000; i += 1) lines.push(textOf((line += 1)));
    const { bytesWritten } = await handle.write(lines.join(""));
    written += bytesWritten;
  }
  await handle.close();
  return Math.floor(line / 10);
}

function textOf(line: number): string {
  const common = { level: "info", logger: "strategies.core", timestamp: "2025-09-15T13:30:00.123456Z" };
  const fields =
    line % 10 === 0
      ? {
          ...BASIC_HEARTBEAT,
          heartbeat_count: line / 10,
          uptime_seconds: line * 6.1,
          total_messages_processed: line * 15,
        }
      : { event: "Processed market data message", symbol: "BTCUSDT", sequence: line, latency_ms: 5.2 };
  return `${JSON.stringify({ ...fields, ...common })}\n`;
}
