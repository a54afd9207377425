import { heartbeatState } from "../beats.ts";
import { ROW_LINK, TILE_LINK, withPage } from "../links.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { tiles } from "../panels/stat.ts";
import { table, uptimeColumn } from "../panels/table.ts";
import { NAME, type Series, withLabels } from "../promql.ts";
import { HEARTBEAT_STATES, STATUSES, yesNo } from "../states.ts";
import { targetStatus, withFacts } from "../targets.ts";

const NO_TARGETS = "no targets configured";

/** Builds one tile per target, the worst first. */
export const targetTiles = (series: Series): PanelBuilder =>
  tiles({
    title: "Targets",
    description:
      "Status of each target, worst first. Yellow: degraded. Grey: unknown, or its exporter is down. Red: unhealthy. Click a target to see its probes.",
    unit: "none",
    width: 16,
    height: 4,
    size: 14,
    none: NO_TARGETS,
    states: STATUSES,
    links: [TILE_LINK],
    query: { expr: `sort_desc(${withPage(withFacts(series, targetStatus(series)))})`, legend: NAME },
  });

/** Builds one tile per heartbeat, those that are down first. */
export const heartbeatTiles = (series: Series): PanelBuilder =>
  tiles({
    title: "Heartbeats",
    description:
      "State of each heartbeat. Red: overdue or failed. Grey: never seen, or its exporter is down. Click one to see its reports.",
    unit: "none",
    width: 8,
    height: 4,
    size: 14,
    none: "no heartbeats configured",
    states: HEARTBEAT_STATES,
    links: [TILE_LINK],
    query: {
      expr: `sort_desc(${withLabels(heartbeatState(series), [
        ["page", "heartbeat-heartbeats"],
        ["page", "heartbeat-log", "source", "log"],
      ])})`,
      legend: NAME,
    },
  });

/** Builds the table of all targets. */
export function details(series: Series): PanelBuilder {
  const column = (expr: string): string => withPage(withFacts(series, expr));
  const ofTarget = (metric: string): string => column(`max by (target, module) (${series(metric)})`);
  return table({
    title: "Target details",
    description:
      "Uptime is the share of successful probes in the selected time range. A target becomes unhealthy when its failures in a row reach the threshold. Maintenance suppresses its alerts. Click a target to see its probes.",
    width: 24,
    height: 11,
    none: NO_TARGETS,
    rows: {
      name: { title: "Target", width: 200, links: [ROW_LINK] },
      module: "Module",
      kind: "Kind",
      owner: "Owner",
      critical: { title: "Critical", width: 80 },
    },
    hidden: ["page", "target", "team", "heartbeat"],
    order: [
      "Target",
      "Status",
      "Uptime",
      "Last success",
      "Failures in a row",
      "Threshold",
      "Duration",
      "Expected",
      "Maintenance",
      "Critical",
      "Owner",
      "Module",
      "Kind",
    ],
    sort: { column: "Status", descending: true },
    columns: [
      { title: "Status", unit: "none", width: 90, states: STATUSES, expr: column(targetStatus(series)) },
      uptimeColumn(column(`avg by (target, module) (avg_over_time(${series("probe_success")}[$__range]))`)),
      {
        title: "Maintenance",
        unit: "none",
        width: 110,
        states: yesNo("yes", "no", ["blue", "text"]),
        expr: ofTarget("heartbeat_target_maintenance"),
      },
      {
        title: "Last success",
        unit: "dateTimeFromNow",
        width: 130,
        expr: `1000 * ${ofTarget("heartbeat_last_success_timestamp_seconds")}`,
      },
      {
        title: "Failures in a row",
        unit: "none",
        width: 130,
        thresholds: [
          [null, "text"],
          [1, "orange"],
        ],
        expr: ofTarget("heartbeat_consecutive_failures"),
      },
      { title: "Threshold", unit: "none", width: 90, expr: ofTarget("heartbeat_failure_threshold") },
      { title: "Duration", unit: "s", width: 90, decimals: 2, expr: ofTarget("probe_duration_seconds") },
      {
        title: "Expected",
        unit: "s",
        width: 90,
        decimals: 2,
        expr: ofTarget("heartbeat_expected_duration_seconds"),
      },
    ],
  });
}
