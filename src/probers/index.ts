import type { Prober } from "../core/prober.ts";
import { dnsProber } from "./dns/prober.ts";
import { heartbeatLogProber } from "./heartbeat-log/prober.ts";
import { httpProber } from "./http/prober.ts";
import { kubernetesLeaseProber } from "./kubernetes-lease/prober.ts";
import { llmProber } from "./llm/prober.ts";

/** Every kind of prober. To add one, add its folder and its line here. */
export const probers: readonly Prober[] = [
  httpProber,
  dnsProber,
  llmProber,
  heartbeatLogProber,
  kubernetesLeaseProber,
] as readonly Prober[];
