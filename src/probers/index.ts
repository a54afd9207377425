import type { Prober } from "../core/prober.ts";
import { heartbeatLogProber } from "./heartbeat-log/prober.ts";
import { httpProber } from "./http/prober.ts";
import { kubernetesLeaseProber } from "./kubernetes-lease/prober.ts";
import { llmProber } from "./llm/prober.ts";
import { tcpProber } from "./tcp/prober.ts";
import { unixProber } from "./unix/prober.ts";

/** Every kind of prober. To add one, add its folder and its line here. */
export const probers: readonly Prober[] = [
  httpProber,
  tcpProber,
  unixProber,
  llmProber,
  heartbeatLogProber,
  kubernetesLeaseProber,
] as readonly Prober[];
