import { cpuSeconds } from "./cpu.ts";
import { load, pacedLoad } from "./load.ts";
import { type Peer, probeUrl } from "./peers.ts";
import { median, print } from "./statistics.ts";

const PROBES = 3000;
const ROUNDS = 3;

/**
 * Probes after which V8 has optimized what it will. Before, a fifth of the CPU time of 60 probes per second is that of its compiler, which
 * a process that runs for days has behind it after a quarter of an hour.
 */
const WARM_UP = 40_000;

/** Probes at once during the warm-up. */
const WARM_UP_LOAD = 16;

/** Probes after which heaps have the size of another load. */
const SETTLING = 1000;

/** Probes per second of an exporter that is not busy, whose code and data leave the caches of the processor between probes. */
const CALM_RATE = 60;
const CALM_PROBES = 900;

/** Probes at once, or `calm` for a few per second. */
export type Load = 1 | 16 | 256 | "calm";

/** The probes whose cost is compared. */
export interface Comparison {
  readonly module: string;
  /** Returns a target of its own for each of the probes that overlap, or they would share one probe. */
  readonly targetOf: (i: number) => string;
  /** The loads, with the highest ratio that is promised, or `none`. */
  readonly bounds: Readonly<Partial<Record<Load, string>>>;
  /** A program that only does what both have to do, in the language of ours: no exporter written in it can cost less. */
  readonly bare?: Peer;
}

/** All loads, without a promise. */
export const UNBOUND: Comparison["bounds"] = { 1: "none", 16: "none", 256: "none", calm: "none" };

interface Cost {
  /** Milliseconds of CPU time of the exporter per probe. */
  readonly cpu: number;
  /** Probes per second. */
  readonly rate: number;
}

/** Prints CPU per probe and probes per second of the exporters under each load, measured in turns. */
export async function compareCost(ours: Peer, theirs: Peer, compared: Comparison): Promise<void> {
  const { bounds, bare } = compared;
  const peers = [ours, theirs, ...(bare === undefined ? [] : [bare])];
  for (const peer of peers) await costOf(peer, compared, WARM_UP_LOAD, WARM_UP);
  for (const each of [1, 16, 256, "calm"] as const) {
    if (bounds[each] === undefined) continue;
    const costs = peers.map((peer) => ({ peer, all: [] as Cost[] }));
    for (const { peer } of costs) await costOf(peer, compared, each, each === "calm" ? CALM_RATE : SETTLING);
    for (let round = 0; round < ROUNDS; round += 1)
      for (const { peer, all } of costs) all.push(await costOf(peer, compared, each));
    show(
      compared,
      each,
      costs.map(({ all }) => all),
    );
  }
}

/** @param costs those of ours, of blackbox_exporter and of the bare program */
function show({ module, bounds }: Comparison, each: Load, costs: readonly (readonly Cost[])[]): void {
  const [a = 0, b = 0, floor] = costs.map((all) => median(all.map(({ cpu }) => cpu)));
  const least =
    floor === undefined ? "" : `; bare Node.js ${floor.toFixed(3)} ms = ${(floor / b).toFixed(2)}`;
  const how = each === "calm" ? `${CALM_RATE} per second` : `${each} at once`;
  print(
    `CPU per probe, ${module}, ${how}: ours / blackbox_exporter`,
    `${a.toFixed(3)} ms / ${b.toFixed(3)} ms = ${(a / b).toFixed(2)} (bound: ${bounds[each]})${least}`,
  );
  if (each === "calm") return;
  const rates = costs.map((all) => median(all.map(({ rate }) => rate)).toFixed(0));
  print(
    `probes per second, ${module}, ${how}: ours / blackbox_exporter${floor === undefined ? "" : " / bare Node.js"}`,
    rates.join(" / "),
  );
}

async function costOf(
  peer: Peer,
  { module, targetOf }: Comparison,
  each: Load,
  probes = each === "calm" ? CALM_PROBES : PROBES,
): Promise<Cost> {
  const { pid } = peer;
  const urlOf = (i: number): string => probeUrl(peer, module, targetOf(i));
  const before = cpuSeconds(pid);
  const begin = performance.now();
  if (each === "calm") await pacedLoad(urlOf, probes, CALM_RATE, "probe_success 1");
  else await load(urlOf, probes, each, "probe_success 1");
  const seconds = (performance.now() - begin) / 1000;
  return { cpu: ((cpuSeconds(pid) - before) / probes) * 1000, rate: probes / seconds };
}
