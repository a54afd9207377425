/**
 * Measures what is promised, and prints it: `npm run bench [-- PART...]`, Linux only. Nothing is asserted, because
 * times on a shared machine prove nothing; ratios are against blackbox_exporter in the same run.
 */
import { httpAccuracy } from "./accuracy.ts";
import { bodies } from "./bodies.ts";
import { dnsCost } from "./dns.ts";
import { durability } from "./durability.ts";
import { memoryGrowth } from "./growth.ts";
import { grpcCost } from "./grpc.ts";
import { hangingFiles } from "./hanging-files.ts";
import { httpCost } from "./http.ts";
import { icmpCost } from "./icmp.ts";
import { leaseCost } from "./leases.ts";
import { llmShare } from "./llm.ts";
import { logSpeed } from "./log-speed.ts";
import { memory } from "./memory.ts";
import { metricsPage } from "./metrics.ts";
import { page } from "./page.ts";
import { startTargets, type Targets } from "./peers.ts";
import { pings } from "./pings.ts";
import { reload } from "./reload.ts";
import { seriesCost } from "./series.ts";
import { shards } from "./shards.ts";
import { stalls } from "./stalls.ts";
import { startUp } from "./start-up.ts";
import { starvation } from "./starvation.ts";
import { store } from "./store.ts";
import { tcpCost } from "./tcp.ts";

const PARTS: Readonly<Record<string, (targets: Targets) => Promise<void>>> = {
  "start-up": startUp,
  "http-cost": httpCost,
  "dns-cost": dnsCost,
  "tcp-cost": tcpCost,
  "http-accuracy": httpAccuracy,
  "grpc-cost": grpcCost,
  "icmp-cost": icmpCost,
  "lease-cost": leaseCost,
  "llm-share": llmShare,
  store,
  "series-cost": seriesCost,
  metrics: metricsPage,
  page,
  "memory-growth": memoryGrowth,
  pings,
  durability,
  "log-speed": logSpeed,
  stalls,
  starvation,
  reload,
  memory,
  bodies,
  "hanging-files": hangingFiles,
  shards,
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(PARTS, name));
if (unknown === undefined) {
  await using targets = await startTargets();
  for (const [name, part] of Object.entries(PARTS)) {
    if (asked.length === 0 || asked.includes(name)) await part(targets);
  }
} else {
  console.error(`got ${JSON.stringify(unknown)}, want parts among: ${Object.keys(PARTS).join(", ")}`);
  process.exitCode = 1;
}
