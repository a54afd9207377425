import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { bars } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";

const NO_ROUTES = "no routes configured";

/** Builds the panels about routes: which of their members is used. */
export function routes(series: Series): readonly PanelBuilder[] {
  const selected = series("heartbeat_route_selected");
  const usable = series("heartbeat_route_usable");
  return [
    stateTimeline({
      title: "Routes over time",
      description:
        "Which member each route used, and which could have been used. Red: the route used a member that was not usable, because there was no other or an operator forced it.",
      width: 16,
      none: NO_ROUTES,
      states: [
        { name: "in use", code: 1, color: "green" },
        { name: "usable", code: 2, color: "blue" },
        { name: "not usable", code: 3, color: "orange" },
        { name: "in use, not usable", code: 4, color: "red" },
      ],
      query: {
        expr: `max by (route, target) (\n  4 * (${selected} == 1 and ${usable} == 0)\n  or 1 * (${selected} == 1)\n  or 3 + (${usable} == 0)\n  or 2 * (${usable} == 1)\n)`,
        legend: "{{route}} {{target}}",
      },
    }),
    bars({
      title: "Changes of routes",
      description: "Changes of each route from one member to another, or to none, per interval.",
      width: 8,
      none: NO_ROUTES,
      queries: [
        {
          expr: `sum by (route) (increase(${series("heartbeat_route_changes_total")}[$__rate_interval]))`,
          legend: "{{route}}",
        },
      ],
    }),
  ];
}
