import { readdirSync, readFileSync } from "node:fs";
import { startBlackbox } from "../test/helpers/blackbox.ts";
import { startExporter } from "../test/helpers/exporter.ts";
import { parseExposition } from "../test/helpers/exposition.ts";
import putPingOnPath from "../test/helpers/ping-on-path.ts";
import { run } from "../test/helpers/process.ts";
import { cpuSeconds, rssMib } from "./cpu.ts";
import { pacedLoad } from "./load.ts";
import { type Peer, probeUrl } from "./peers.ts";
import { median, print } from "./statistics.ts";

const MODULES = "modules: { echo: { prober: icmp, timeout: 20s } }\n";

const RATE = 60;
const PROBES = 600;
const ROUNDS = 3;

/** CPU per probe of the ICMP prober, with that of `ping` and of the process that starts it, and the times that each measures. */
export async function icmpCost(): Promise<void> {
  putPingOnPath();
  await using exporter = await startExporter({ yaml: MODULES });
  await using blackbox = await startBlackbox({ version: "newest", config: MODULES });
  const ours: Peer = { name: "ours", url: exporter.url, pid: exporter.process.pid };
  const theirs: Peer = { name: "blackbox_exporter", url: blackbox.url, pid: blackbox.process.pid };
  for (const peer of [ours, theirs]) await echo(peer, RATE);
  const launcher = childOf(ours.pid);
  const parts: Cost[] = [];
  const their: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = costOf(ours.pid, launcher);
    await echo(ours);
    const after = costOf(ours.pid, launcher);
    parts.push({
      exporter: after.exporter - before.exporter,
      launcher: after.launcher - before.launcher,
      pings: after.pings - before.pings,
    });
    const begin = cpuSeconds(theirs.pid);
    await echo(theirs);
    their.push(cpuSeconds(theirs.pid) - begin);
  }
  const perProbe = (seconds: readonly number[]): number => (median(seconds) / PROBES) * 1000;
  const all = perProbe(parts.map((each) => each.exporter + each.launcher + each.pings));
  const their1 = perProbe(their);
  print(
    `CPU per ICMP probe, ${RATE} per second: ours / blackbox_exporter`,
    `${all.toFixed(2)} ms / ${their1.toFixed(2)} ms = ${(all / their1).toFixed(1)}`,
  );
  for (const part of ["exporter", "launcher", "pings"] as const)
    print(`  of ours: ${part}`, `${perProbe(parts.map((each) => each[part])).toFixed(2)} ms`);
  print(
    "memory of the launcher",
    `${rssMib(launcher).toFixed(0)} MiB (own: ${ownMib(launcher).toFixed(0)} MiB)`,
  );
  await compareTimes(ours, theirs);
}

/** CPU seconds of the exporter, of the process that starts `ping`, and of all that have ended of those. */
interface Cost {
  readonly exporter: number;
  readonly launcher: number;
  readonly pings: number;
}

const costOf = (exporter: number, launcher: number): Cost => ({
  exporter: cpuSeconds(exporter),
  launcher: cpuSeconds(launcher),
  pings: cpuSeconds(launcher, "ended children"),
});

const echo = (peer: Peer, probes = PROBES): Promise<void> =>
  // Each its own address, or those that overlap would share one probe.
  pacedLoad(
    (i) => probeUrl(peer, "echo", `127.0.${Math.floor(i / 250)}.${(i % 250) + 1}`),
    probes,
    RATE,
    "\nprobe_success 1\n",
  );

/** Returns the child of a process that has one. */
function childOf(pid: number): number {
  const child = readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" "))
    .find((text) => text !== "");
  if (child === undefined) throw new Error(`process ${pid} has no child`);
  return Number(child);
}

/** Memory that a process shares with no other one, and its part of the rest. */
const ownMib = (pid: number): number =>
  Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]) / 1024;

/** Compares the round-trip times of both exporters and of `ping`, taken in turns. */
async function compareTimes(ours: Peer, theirs: Peer): Promise<void> {
  const rtt = async (peer: Peer): Promise<number> => {
    const text = await (await fetch(probeUrl(peer, "echo", "127.0.0.1"))).text();
    const found = parseExposition(text).series.find(
      ({ name, labels }) => name === "probe_icmp_duration_seconds" && labels["phase"] === "rtt",
    );
    return (found?.value ?? Number.NaN) * 1000;
  };
  const times: Record<string, number[]> = { ours: [], ping: [], blackbox_exporter: [] };
  for (let i = 0; i < 100; i += 1) {
    times["ours"]?.push(await rtt(ours));
    times["blackbox_exporter"]?.push(await rtt(theirs));
    const { stdout } = await run(["ping", "-n", "-c", "1", "-s", "28", "127.0.0.1"], {
      env: { ...process.env, LC_ALL: "C" },
    });
    times["ping"]?.push(Number(/time=([\d.]+) ms/.exec(stdout)?.[1]));
  }
  print(
    "round-trip time on the loopback interface, median: ours / ping / blackbox_exporter",
    Object.values(times)
      .map((each) => `${median(each).toFixed(3)} ms`)
      .join(" / "),
  );
}
