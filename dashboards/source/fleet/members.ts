import { exporterTile, knownExporters } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { stat } from "../panels/stat.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { table } from "../panels/table.ts";
import type { Series } from "../promql.ts";
import { GREY, yesNo } from "../states.ts";

const NO_LEASE = "no lease configured";

/** Builds the panels about shards, replicas and leaders. */
export const members = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, { width: 4, height: 5 }),
  stat({
    title: "Shards missing",
    description:
      "Number of shards of --total-shards without a series: their targets are not probed, and no other alert fires for them.",
    unit: "none",
    width: 4,
    height: 5,
    none: "no shards",
    thresholds: [
      [null, "text"],
      [0, "green"],
      [1, "red"],
    ],
    query: {
      expr: `sum(min by (job, namespace) (${series("heartbeat_exporter_shards")}) - count by (job, namespace) (group by (job, namespace, shard) (${series("heartbeat_exporter_shard_info")})))`,
      legend: "missing",
    },
  }),
  stat({
    title: "Numbers of shards",
    description:
      "How many different values of --total-shards the exporters of a job have. More than one for half an hour means that targets belong to no shard, or to two.",
    unit: "none",
    width: 4,
    height: 5,
    none: "no shards",
    thresholds: [
      [null, "text"],
      [1, "green"],
      [2, "orange"],
    ],
    query: {
      expr: `max(count by (job, namespace) (group by (job, namespace, total_shards) (${series("heartbeat_exporter_shard_info")})))`,
      legend: "numbers",
    },
  }),
  stat({
    title: "Leaders too few or too many",
    description:
      "Number of jobs and shards that have not exactly one leader. Without one no prompts are sent; with several, they are sent several times.",
    unit: "none",
    width: 4,
    height: 5,
    none: NO_LEASE,
    thresholds: [
      [null, "text"],
      [0, "green"],
      [1, "red"],
    ],
    query: { expr: `sum(${leadersByShard(series)} != bool 1)`, legend: "wrong" },
  }),
  table({
    title: "Exporters by role",
    description: "Shard, version and role of each exporter, and since when it has used its configuration.",
    width: 8,
    height: 5,
    none: "no exporter",
    downColor: "red",
    noneColor: "red",
    rows: { instance: "Instance" },
    order: ["Instance", "State", "Leads", "Configured"],
    sort: { column: "State", descending: false },
    columns: [
      {
        title: "State",
        unit: "none",
        width: 70,
        states: yesNo("up", "down"),
        expr: `min by (instance) (${knownExporters(series, series("up"))})`,
      },
      {
        title: "Leads",
        unit: "none",
        width: 70,
        states: yesNo("leads", "waits", ["green", GREY]),
        expr: `max by (instance) (${series("heartbeat_exporter_leader")})`,
      },
      {
        title: "Configured",
        unit: "dateTimeFromNow",
        expr: `1000 * max by (instance) (${series("heartbeat_exporter_config_last_reload_success_timestamp_seconds")})`,
      },
    ],
  }),
  stateTimeline({
    title: "Exporters over time",
    description: "When Prometheus could scrape each exporter (green) and when not (red).",
    width: 12,
    none: "no exporter",
    noneColor: "red",
    downColor: "red",
    states: yesNo("up", "down"),
    query: { expr: knownExporters(series, series("up")), legend: "{{instance}}" },
  }),
  stateTimeline({
    title: "Leading exporter",
    description:
      "The exporter of each shard that leads and sends prompts. If none leads for longer than the lease duration, no prompts are sent.",
    width: 12,
    none: NO_LEASE,
    states: yesNo("leads", "waits", ["green", GREY]),
    query: { expr: series("heartbeat_exporter_leader"), legend: "{{instance}}" },
  }),
];

/** Returns the number of leaders of each job and shard. */
const leadersByShard = (series: Series): string => {
  const leader = series("heartbeat_exporter_leader");
  const shard = series("heartbeat_exporter_shard_info");
  return `(sum by (job, namespace, shard) (\n  ${leader} * on (job, instance) group_left (shard) ${shard}\n  or ${leader} unless on (job, instance) ${shard}\n))`;
};
