import { fileURLToPath } from "node:url";
import { start } from "../test/helpers/process.ts";
import { compareCost } from "./cost.ts";
import { type Targets, withPeers } from "./peers.ts";

/**
 * CPU per probe of `http` and probes per second, against blackbox_exporter in the same run and in turns with it, and against the
 * least that a program of Node.js can take.
 */
export async function httpCost(targets: Targets): Promise<void> {
  await using program = start([process.execPath, fileURLToPath(new URL("bare-prober.ts", import.meta.url))]);
  const [, url = ""] = await program.waitForOutput(/listens on (\S+)/);
  const bare = { name: "bare Node.js", url, pid: program.pid };
  await withPeers(async (ours, theirs) => {
    for (const [module, target, bounds] of [
      ["plain", targets.http, { calm: "0.75", 1: "none", 16: "0.45", 256: "0.55" }],
      ["tls", targets.https, { calm: "0.95", 1: "none", 16: "0.90", 256: "none" }],
    ] as const) {
      for (const load of [1, 16, 256, "calm"] as const) {
        const targetOf = (i: number): string => `${target}?${i}`;
        await compareCost(ours, theirs, { module, load, bound: bounds[load], targetOf, bare });
      }
    }
  });
}
