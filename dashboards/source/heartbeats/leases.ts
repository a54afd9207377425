import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import { NAME, named, type Series } from "../promql.ts";
import { present } from "../states.ts";

const NO_LEASES = "no leases configured";

/** Builds the panels about Kubernetes Leases. */
export const leases = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Lease age",
    description: "Time since each lease was renewed. Above its duration, the dashed line, it has expired.",
    unit: "s",
    min: 0,
    width: 12,
    none: NO_LEASES,
    queries: [
      {
        expr: `time() - max by (name) (${named(series("heartbeat_lease_renew_timestamp_seconds"))})`,
        legend: NAME,
      },
      {
        expr: `max by (name) (${named(series("heartbeat_lease_duration_seconds"))})`,
        legend: `duration ${NAME}`,
        limit: true,
      },
    ],
  }),
  stateTimeline({
    title: "Lease holders",
    description: "Holders of each lease over time, one band per holder.",
    width: 12,
    none: NO_LEASES,
    states: present("holds", "blue"),
    query: {
      expr: `max by (name, holder) (${named(series("heartbeat_lease_holder_info"))})`,
      legend: `${NAME} {{holder}}`,
    },
  }),
  timeSeries({
    title: "Leases of selectors",
    description:
      "Number of the leases that targets with a selector watch, by state. Stale ones are not renewed in time; omitted ones are beyond max_leases and not judged.",
    unit: "short",
    min: 0,
    width: 12,
    none: "no targets with a selector",
    queries: [
      {
        expr: `max by (target, state) (${series("heartbeat_leases")})`,
        legend: "{{target}} {{state}}",
      },
    ],
  }),
  bars({
    title: "Lease holder changes",
    description:
      "Number of times that each lease changed its holder, per interval. More than a few per hour mean that holders crash or cannot renew it.",
    width: 12,
    none: NO_LEASES,
    queries: [
      {
        expr: `max by (name) (${named(`changes(${series("heartbeat_lease_transitions")}[$__rate_interval])`)})`,
        legend: NAME,
      },
    ],
  }),
];
