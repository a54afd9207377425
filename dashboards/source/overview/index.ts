import type { DashboardOptions } from "../dashboard.ts";
import { exporterTile } from "../exporters.ts";
import { alertingTile, firingAlerts } from "./alerts.ts";
import { changes } from "./changes.ts";
import { history } from "./history.ts";
import { numbers } from "./numbers.ts";
import { details, heartbeatTiles, targetTiles } from "./subjects.ts";
import { wrongNow } from "./wrong.ts";

export const overview: DashboardOptions = {
  uid: "heartbeat-overview",
  title: "Heartbeat / Overview",
  description:
    "For the person on call: what is wrong, why, since when, whom it concerns and what to do; which alerts fire, and what changed.",
  of: "heartbeat_exporter_build_info",
  choices: { target: "heartbeat_target_info", group: "heartbeat_group_status" },
  rows: (series) => [
    // These panels fill one screen of 1600 x 1000 pixels.
    {
      panels: [
        exporterTile(series, { width: 3, height: 8 }),
        wrongNow(series),
        alertingTile(),
        firingAlerts(series),
        changes(series),
        ...numbers(series),
        targetTiles(series),
        heartbeatTiles(series),
      ],
    },
    { title: "Over time", panels: history(series) },
    { title: "Details", panels: [details(series)] },
  ],
};
