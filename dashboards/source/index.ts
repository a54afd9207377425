import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "./dashboard.ts";
import { exporter } from "./exporter.ts";
import { heartbeatLog } from "./heartbeat-log.ts";
import { heartbeats } from "./heartbeats.ts";
import { http } from "./http.ts";
import { llm } from "./llm.ts";
import { overview } from "./overview.ts";
import { slo } from "./slo.ts";

/** All dashboards, by their file name in `dashboards/` without `.json`. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  overview: dashboard(overview),
  llm: dashboard(llm),
  http: dashboard(http),
  heartbeats: dashboard(heartbeats),
  "heartbeat-log": dashboard(heartbeatLog),
  slo: dashboard(slo),
  exporter: dashboard(exporter),
};
