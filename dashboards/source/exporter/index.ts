import type { DashboardOptions } from "../dashboard.ts";
import { clients } from "./clients.ts";
import { now } from "./now.ts";
import { probing } from "./probing.ts";
import { resources } from "./resources.ts";

export const exporter: DashboardOptions = {
  uid: "heartbeat-exporter",
  title: "Heartbeat / Exporter",
  description: "Each exporter itself: availability, load, process and clients.",
  of: "heartbeat_exporter_build_info",
  choices: {},
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Probing", panels: probing(series) },
    { title: "Process", panels: resources(series) },
    { title: "Clients", collapsed: true, panels: clients(series) },
  ],
};
