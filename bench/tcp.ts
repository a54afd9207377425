import { compareCost, UNBOUND } from "./cost.ts";
import { type Targets, withPeers } from "./peers.ts";

/** CPU per probe of `tcp` and probes per second, against blackbox_exporter: connections alone, and with a line. */
export async function tcpCost({ tcp }: Targets): Promise<void> {
  await withPeers(async (ours, theirs) => {
    for (const module of ["connect", "banner"]) {
      // Zeros before the port, so that probes that overlap do not share one.
      await compareCost(ours, theirs, { module, bounds: UNBOUND, targetOf: (i) => padded(tcp, i) });
    }
  });
}

/** Returns an address with as many zeros before its port as make it differ from those of probes that run meanwhile. */
function padded(address: string, i: number): string {
  const [host = "", port = ""] = address.split(":");
  return `${host}:${"0".repeat(i % 600)}${port}`;
}
