import type { DashboardOptions } from "../dashboard.ts";
import { certificatePanels } from "../panels/certificates.ts";
import { NETWORK_KINDS, ofNetwork } from "../probes.ts";
import { dns } from "./dns.ts";
import { hosts } from "./hosts.ts";
import { names } from "./names.ts";
import { now } from "./now.ts";
import { results } from "./results.ts";
import { services } from "./services.ts";

export const network: DashboardOptions = {
  uid: "heartbeat-network",
  title: "Heartbeat / Network",
  description:
    "Results of tcp, unix, dns, icmp, grpc and websocket probes: verdicts, durations, what name servers and services answer, certificates. Covers /metrics, the targets of /sd and addresses scraped through /probe.",
  of: "heartbeat_target_info",
  choices: { target: "heartbeat_target_info" },
  within: NETWORK_KINDS,
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Results", panels: results(series) },
    { title: "Hosts (ICMP)", panels: hosts(series) },
    { title: "Name servers (DNS)", panels: dns(series) },
    { title: "Services (gRPC, WebSocket)", panels: services(series) },
    { title: "Certificates", panels: certificatePanels(series, (expr) => ofNetwork(series, expr)) },
    { title: "Names and addresses", collapsed: true, panels: names(series) },
  ],
};
