import type { DashboardOptions } from "../dashboard.ts";
import { budget } from "./budget.ts";
import { response } from "./response.ts";
import { summary } from "./summary.ts";

export const slo: DashboardOptions = {
  uid: "heartbeat-slo",
  title: "Heartbeat / SLO",
  description: "Service level objectives: availability, error budget, burn rate, response time and recovery.",
  of: "heartbeat_exporter_build_info",
  choices: { target: "heartbeat_target_info" },
  from: "now-30d",
  rows: (series) => [
    { title: "Selected time range", panels: summary(series) },
    { title: "Error budget", panels: budget(series) },
    { title: "Response time and recovery", panels: response(series) },
  ],
};
