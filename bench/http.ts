import { fileURLToPath } from "node:url";
import { start } from "../test/helpers/process.ts";
import { compareCost } from "./cost.ts";
import { type Targets, withPeers } from "./peers.ts";

/** Addresses that are probed again and again, as those of a scrape configuration: more than probes at once. */
const ADDRESSES = 300;

/**
 * CPU per probe of `http` and probes per second, against blackbox_exporter in the same run and in turns with it, and against the
 * least that a program of Node.js can take.
 */
export async function httpCost({ http, https }: Targets): Promise<void> {
  await using program = start([process.execPath, fileURLToPath(new URL("bare-prober.ts", import.meta.url))]);
  const [, url = ""] = await program.waitForOutput(/listens on (\S+)/);
  const bare = { name: "bare Node.js", url, pid: program.pid };
  await withPeers(async (ours, theirs) => {
    for (const [module, target, bounds] of [
      ["plain", http, { 1: "none", 16: "0.45", 256: "0.55", calm: "0.75" }],
      ["tls", https, { 1: "none", 16: "0.90", 256: "none", calm: "0.95" }],
    ] as const) {
      const targetOf = (i: number): string => `${target}t${i % ADDRESSES}`;
      await compareCost(ours, theirs, { module, bounds, targetOf, bare });
    }
  });
}
