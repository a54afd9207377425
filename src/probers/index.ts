import type { Prober } from "../core/prober.ts";
import { dnsProber } from "./dns/prober.ts";
import { grpcProber } from "./grpc/prober.ts";
import { heartbeatLogProber } from "./heartbeat-log/prober.ts";
import { httpProber } from "./http/prober.ts";
import { icmpProber } from "./icmp/prober.ts";
import { kubernetesLeaseProber } from "./kubernetes-lease/prober.ts";
import { llmProber } from "./llm/prober.ts";
import { tcpProber } from "./tcp/prober.ts";
import { unixProber } from "./unix/prober.ts";
import { websocketProber } from "./websocket/prober.ts";

/** Every kind of prober. To add one, add its folder and its line here. */
export const probers: readonly Prober[] = [
  httpProber,
  tcpProber,
  dnsProber,
  icmpProber,
  grpcProber,
  unixProber,
  websocketProber,
  llmProber,
  heartbeatLogProber,
  kubernetesLeaseProber,
] as readonly Prober[];
