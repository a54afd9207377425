import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "./dashboard.ts";
import { exporter } from "./exporter/index.ts";
import { fleet } from "./fleet/index.ts";
import { groups } from "./groups/index.ts";
import { heartbeatLog } from "./heartbeat-log/index.ts";
import { heartbeats } from "./heartbeats/index.ts";
import { http } from "./http/index.ts";
import { llm } from "./llm/index.ts";
import { network } from "./network/index.ts";
import { notifications } from "./notifications/index.ts";
import { overview } from "./overview/index.ts";
import { slo } from "./slo/index.ts";

/** All dashboards, by their file name in `dashboards/` without `.json`. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  overview: dashboard(overview),
  llm: dashboard(llm),
  http: dashboard(http),
  network: dashboard(network),
  heartbeats: dashboard(heartbeats),
  "heartbeat-log": dashboard(heartbeatLog),
  groups: dashboard(groups),
  slo: dashboard(slo),
  notifications: dashboard(notifications),
  exporter: dashboard(exporter),
  fleet: dashboard(fleet),
};
