import { counter, gauge } from "../core/metric.ts";

/** Metrics of routes. */
export const routeMetrics = {
  routeSelected: gauge(
    "heartbeat_route_selected",
    "1 for the member that the route uses now, 0 for the others",
    ["route", "target"],
  ),
  routeUsable: gauge("heartbeat_route_usable", "1 if the route may use the member now, else 0", [
    "route",
    "target",
  ]),
  routePosition: gauge(
    "heartbeat_route_position",
    "Position of the member in the order of the route; 1 is the preferred one",
    ["route", "target"],
  ),
  routeChanges: counter(
    "heartbeat_route_changes_total",
    "Changes of the route from one member to another, or to none",
    ["route"],
  ),
  routeExhausted: gauge("heartbeat_route_exhausted", "1 while no member of the route is usable, else 0", [
    "route",
  ]),
  routeForced: gauge("heartbeat_route_forced", "1 while an operator forces a member of the route, else 0", [
    "route",
  ]),
  routeInfo: gauge(
    "heartbeat_route_info",
    "Configured labels of the route; the value is always 1",
    ["route"],
    {
      keptFor: "labels of a route, for joins and routing",
    },
  ),
};
