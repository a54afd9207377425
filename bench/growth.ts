import { rssMib } from "./cpu.ts";
import { load } from "./load.ts";
import { probeUrl, type Targets, withPeers } from "./peers.ts";
import { print } from "./statistics.ts";

const PROBES = 200_000;
const WARM_UP = 20_000;

/** What 200,000 probes leave behind in memory, after a warm-up. Takes minutes. */
export async function memoryGrowth(targets: Targets): Promise<void> {
  await withPeers(async (ours) => {
    const urlOf = (i: number): string => probeUrl(ours, "plain", `${targets.http}?${i}`);
    const run = (count: number) => load(urlOf, count, 16, "probe_success 1");
    await run(WARM_UP);
    const before = rssMib(ours.pid);
    await run(PROBES);
    print(`growth of RSS over ${PROBES} probes`, `${(rssMib(ours.pid) - before).toFixed(1)} MiB (bound: 10)`);
  });
}
