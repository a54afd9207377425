import type { PanelBuilder } from "../panels/options.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";

const NO_EXPORTER = "no exporter is scraped";

/** Builds the panels about clients of the exporter. */
export const clients = (series: Series): readonly PanelBuilder[] => [
  bars({
    title: "Refused requests",
    description:
      "Requests per interval that were refused because of a missing or wrong token, by kind of route. A steady number is a client whose token was not renewed.",
    width: 8,
    none: NO_EXPORTER,
    queries: [
      {
        expr: `sum by (instance, guard, credentials) (increase(${series("heartbeat_exporter_auth_failures_total")}[$__rate_interval])) > 0`,
        legend: "{{instance}} {{guard}} {{credentials}}",
      },
    ],
  }),
  timeSeries({
    title: "Event streams",
    description: "Clients that follow /api/v1/events, such as applications that follow the mode of a model.",
    unit: "none",
    min: 0,
    width: 8,
    none: NO_EXPORTER,
    queries: [{ expr: series("heartbeat_exporter_event_streams"), legend: "{{instance}}" }],
  }),
  bars({
    title: "Dropped event streams",
    description: "Clients of /api/v1/events per interval that were disconnected because they did not read.",
    width: 8,
    none: NO_EXPORTER,
    queries: [
      {
        expr: `sum by (instance) (increase(${series("heartbeat_exporter_event_streams_dropped_total")}[$__rate_interval]))`,
        legend: "{{instance}}",
      },
    ],
  }),
];
