import type { DashboardOptions } from "../dashboard.ts";
import { health } from "./health.ts";
import { log } from "./log.ts";
import { performance } from "./performance.ts";
import { processing } from "./processing.ts";

export const heartbeatLog: DashboardOptions = {
  uid: "heartbeat-log",
  title: "Heartbeat / Heartbeat log",
  description:
    "Values from the heartbeat logs of services: rates, errors, performance, and health of consumer and publisher.",
  of: "heartbeat_log_lines_total",
  choices: { heartbeat: "heartbeat_log_lines_total" },
  rows: (series) => [
    { title: "System health indicators", panels: health(series) },
    { title: "Processing", panels: processing(series) },
    { title: "Performance", panels: performance(series) },
    { title: "Log files", panels: log(series) },
  ],
};
