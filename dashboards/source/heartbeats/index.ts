import type { DashboardOptions } from "../dashboard.ts";
import { history } from "./history.ts";
import { jobs } from "./jobs.ts";
import { leases } from "./leases.ts";
import { now } from "./now.ts";
import { schedules } from "./schedules.ts";

export const heartbeats: DashboardOptions = {
  uid: "heartbeat-heartbeats",
  title: "Heartbeat / Heartbeats and machines",
  description:
    "Machines and jobs that ping, on a schedule or not, services that write heartbeats to a log, and leases that are renewed.",
  of: "heartbeat_timeout_seconds",
  choices: { heartbeat: "heartbeat_timeout_seconds" },
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Over time", panels: history(series) },
    { title: "Schedules", panels: schedules(series) },
    { title: "Jobs", collapsed: true, panels: jobs(series) },
    { title: "Leases", collapsed: true, panels: leases(series) },
  ],
};
