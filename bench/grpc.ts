import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { compareCost, UNBOUND } from "./cost.ts";
import { withPeers } from "./peers.ts";

const MODULES = `modules:
  grpc: { prober: grpc, grpc: { preferred_ip_protocol: ip4 } }
  grpc_tls: { prober: grpc, grpc: { preferred_ip_protocol: ip4, tls: true, tls_config: { insecure_skip_verify: true } } }
`;

/** CPU per probe of `grpc` and probes per second, against blackbox_exporter in the same run and in turns with it. */
export async function grpcCost(): Promise<void> {
  const child = fork(fileURLToPath(new URL("grpc-targets.ts", import.meta.url)));
  try {
    const [ports] = (await once(child, "message")) as [Readonly<Record<string, number>>];
    await withPeers(async (ours, theirs) => {
      for (const [module, port] of Object.entries(ports)) {
        // The path means nothing, and makes a target of its own of each probe.
        const targetOf = (i: number): string => `127.0.0.1:${port}/${i}`;
        await compareCost(ours, theirs, { module, bounds: UNBOUND, targetOf });
      }
    }, MODULES);
  } finally {
    child.kill();
  }
}
