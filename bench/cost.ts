import { cpuSeconds } from "./cpu.ts";
import { load, pacedLoad } from "./load.ts";
import { type Peer, probeUrl } from "./peers.ts";
import { median, print } from "./statistics.ts";

const PROBES = 3000;
const ROUNDS = 3;
/** Until both run at their usual speed: code has been compiled, heaps have their size. */
const WARM_UP = 6000;

/** Probes per second of an exporter that is not busy, whose code and data leave the caches of the processor between probes. */
const CALM_RATE = 60;
const CALM_PROBES = 900;

/** The probes whose cost is compared. */
export interface Comparison {
  readonly module: string;
  /** Returns a target of its own for each of the probes that overlap, or they would share one probe. */
  readonly targetOf: (i: number) => string;
  /** Probes at once, or `calm` for a few per second. */
  readonly load: number | "calm";
  /** The highest ratio that is promised, or `none`. */
  readonly bound: string;
  /** A program that only does what both have to do, in the language of ours: no exporter written in it can cost less. */
  readonly bare?: Peer;
}

interface Cost {
  /** Milliseconds of CPU time of the exporter per probe. */
  readonly cpu: number;
  /** Probes per second. */
  readonly rate: number;
}

/** Prints CPU per probe and probes per second of the exporters, measured in turns. */
export async function compareCost(ours: Peer, theirs: Peer, compared: Comparison): Promise<void> {
  const { module, load: concurrency, bound, bare } = compared;
  const warmUp = concurrency === "calm" ? CALM_RATE : WARM_UP;
  const peers = [ours, theirs, ...(bare === undefined ? [] : [bare])];
  const costs = peers.map((peer) => ({ peer, all: [] as Cost[] }));
  for (const { peer } of costs) await costOf(peer, compared, warmUp);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { peer, all } of costs) all.push(await costOf(peer, compared));
  const cpu = costs.map(({ all }) => median(all.map((each) => each.cpu)));
  const rate = costs.map(({ all }) => median(all.map((each) => each.rate)));
  const [a = 0, b = 0, floor] = cpu;
  const least =
    floor === undefined ? "" : `; bare Node.js ${floor.toFixed(3)} ms = ${(floor / b).toFixed(2)}`;
  const how = concurrency === "calm" ? `${CALM_RATE} per second` : `${concurrency} at once`;
  print(
    `CPU per probe, ${module}, ${how}: ours / blackbox_exporter`,
    `${a.toFixed(3)} ms / ${b.toFixed(3)} ms = ${(a / b).toFixed(2)} (bound: ${bound})${least}`,
  );
  if (concurrency === "calm") return;
  print(
    `probes per second, ${module}, ${how}: ours / blackbox_exporter${bare === undefined ? "" : " / bare Node.js"}`,
    rate.map((each) => each.toFixed(0)).join(" / "),
  );
}

async function costOf(
  peer: Peer,
  { module, targetOf, load: concurrency }: Comparison,
  probes = concurrency === "calm" ? CALM_PROBES : PROBES,
): Promise<Cost> {
  const { pid } = peer;
  const urlOf = (i: number): string => probeUrl(peer, module, targetOf(i));
  const before = cpuSeconds(pid);
  const begin = performance.now();
  if (concurrency === "calm") await pacedLoad(urlOf, probes, CALM_RATE, "probe_success 1");
  else await load(urlOf, probes, concurrency, "probe_success 1");
  const seconds = (performance.now() - begin) / 1000;
  return { cpu: ((cpuSeconds(pid) - before) / probes) * 1000, rate: probes / seconds };
}
