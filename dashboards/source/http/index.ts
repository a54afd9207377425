import type { DashboardOptions } from "../dashboard.ts";
import { certificatePanels, tlsTimeline } from "../panels/certificates.ts";
import { bodies } from "./bodies.ts";
import { now } from "./now.ts";
import { responses } from "./responses.ts";
import { time } from "./time.ts";

export const http: DashboardOptions = {
  uid: "heartbeat-http",
  title: "Heartbeat / HTTP and TLS",
  description:
    "Results of http probes: status, phases and certificates. Covers /metrics, the targets of /sd and addresses scraped through /probe.",
  of: "probe_http_status_code",
  choices: { target: "probe_http_status_code" },
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Responses", panels: responses(series) },
    { title: "Time", panels: time(series) },
    { title: "Certificates", panels: [...certificatePanels(series), tlsTimeline(series)] },
    { title: "Name resolution and bodies", collapsed: true, panels: bodies(series) },
  ],
};
