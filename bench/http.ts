import { cpuSeconds } from "./cpu.ts";
import { load, pacedLoad } from "./load.ts";
import { type Peer, probeUrl, type Targets, withPeers } from "./peers.ts";
import { median, print } from "./statistics.ts";

const PROBES = 3000;
const ROUNDS = 3;
/** Until both run at their usual speed: code has been compiled, heaps have their size. */
const WARM_UP = 6000;

interface Cost {
  /** Milliseconds of CPU time of the exporter per probe. */
  readonly cpu: number;
  /** Probes per second. */
  readonly rate: number;
}

/** Probes per second of an exporter that is not busy, whose code and data leave the caches of the processor between probes. */
const CALM_RATE = 60;
const CALM_PROBES = 900;

/** CPU per probe and probes per second, against blackbox_exporter in the same run and in turns with it. */
export async function httpCost(targets: Targets): Promise<void> {
  await withPeers(async (ours, theirs) => {
    for (const [module, target, bounds] of [
      ["plain", targets.http, { calm: "0.75", 1: "none", 16: "0.45", 256: "0.55" }],
      ["tls", targets.https, { calm: "0.95", 1: "none", 16: "0.90", 256: "none" }],
    ] as const) {
      for (const concurrency of [1, 16, 256, "calm"] as const) {
        const run = (peer: Peer, probes?: number) => cost(peer, module, target, concurrency, probes);
        const warmUp = concurrency === "calm" ? CALM_RATE : WARM_UP;
        await run(ours, warmUp);
        await run(theirs, warmUp);
        const [our, their]: [Cost[], Cost[]] = [[], []];
        for (let round = 0; round < ROUNDS; round += 1) {
          our.push(await run(ours));
          their.push(await run(theirs));
        }
        const cpu = [our, their].map((costs) => median(costs.map((each) => each.cpu)));
        const rate = [our, their].map((costs) => median(costs.map((each) => each.rate)));
        const [a = 0, b = 0] = cpu;
        const how = concurrency === "calm" ? `${CALM_RATE} per second` : `${concurrency} at once`;
        print(
          `CPU per probe, ${module}, ${how}: ours / blackbox_exporter`,
          `${a.toFixed(3)} ms / ${b.toFixed(3)} ms = ${(a / b).toFixed(2)} (bound: ${bounds[concurrency]})`,
        );
        if (concurrency === "calm") continue;
        print(
          `probes per second, ${module}, ${how}: ours / blackbox_exporter`,
          rate.map((each) => each.toFixed(0)).join(" / "),
        );
      }
    }
  });
}

async function cost(
  peer: Peer,
  module: string,
  target: string,
  concurrency: number | "calm",
  probes = concurrency === "calm" ? CALM_PROBES : PROBES,
): Promise<Cost> {
  const { pid } = peer;
  // Each its own address, or those that overlap would share one probe.
  const urlOf = (i: number): string => probeUrl(peer, module, `${target}?${i}`);
  const before = cpuSeconds(pid);
  const begin = performance.now();
  if (concurrency === "calm") await pacedLoad(urlOf, probes, CALM_RATE, "probe_success 1");
  else await load(urlOf, probes, concurrency, "probe_success 1");
  const seconds = (performance.now() - begin) / 1000;
  return { cpu: ((cpuSeconds(pid) - before) / probes) * 1000, rate: probes / seconds };
}
