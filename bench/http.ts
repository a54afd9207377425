import { cpuSeconds } from "./cpu.ts";
import { load } from "./load.ts";
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

/** CPU per probe and probes per second, against blackbox_exporter in the same run and in turns with it. */
export async function httpCost(targets: Targets): Promise<void> {
  await withPeers(async (ours, theirs) => {
    for (const [module, target, bound] of [
      ["plain", targets.http, "0.50"],
      ["tls", targets.https, "0.80"],
    ] as const) {
      for (const concurrency of [1, 16, 256]) {
        const run = (peer: Peer, probes = PROBES) => cost(peer, module, target, concurrency, probes);
        await run(ours, WARM_UP);
        await run(theirs, WARM_UP);
        const [our, their]: [Cost[], Cost[]] = [[], []];
        for (let round = 0; round < ROUNDS; round += 1) {
          our.push(await run(ours));
          their.push(await run(theirs));
        }
        const cpu = [our, their].map((costs) => median(costs.map((each) => each.cpu)));
        const rate = [our, their].map((costs) => median(costs.map((each) => each.rate)));
        const [a = 0, b = 0] = cpu;
        print(
          `CPU per probe, ${module}, ${concurrency} at once: ours / blackbox_exporter`,
          `${a.toFixed(3)} ms / ${b.toFixed(3)} ms = ${(a / b).toFixed(2)} (bound: ${bound})`,
        );
        print(
          `probes per second, ${module}, ${concurrency} at once: ours / blackbox_exporter`,
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
  concurrency: number,
  probes: number,
): Promise<Cost> {
  const { pid } = peer;
  // Each its own address, or those that overlap would share one probe.
  const urlOf = (i: number): string => probeUrl(peer, module, `${target}?${i}`);
  const before = cpuSeconds(pid);
  const begin = performance.now();
  await load(urlOf, probes, concurrency, "probe_success 1");
  const seconds = (performance.now() - begin) / 1000;
  return { cpu: ((cpuSeconds(pid) - before) / probes) * 1000, rate: probes / seconds };
}
