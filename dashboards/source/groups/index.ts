import type { DashboardOptions } from "../dashboard.ts";
import { exporterTile } from "../exporters.ts";
import { components } from "./components.ts";
import { dependencies } from "./dependencies.ts";
import { groupTiles, members } from "./members.ts";
import { routes } from "./routes.ts";

export const groups: DashboardOptions = {
  uid: "heartbeat-groups",
  title: "Heartbeat / Groups and routes",
  description:
    "Groups with their members, components that report by themselves, what is down only because something else is, and routes with the members that they use.",
  of: "heartbeat_exporter_build_info",
  choices: { group: "heartbeat_group_status" },
  rows: (series) => [
    {
      title: "Groups",
      panels: [exporterTile(series, { width: 3, height: 5 }), groupTiles(series), ...members(series)],
    },
    { title: "Dependencies", panels: dependencies(series) },
    { title: "Components", panels: components(series) },
    { title: "Routes", panels: routes(series) },
  ],
};
