import { heartbeatState, ofHeartbeats, silence, withBeatFacts } from "../beats.ts";
import { exporterTile } from "../exporters.ts";
import { dashboardLink } from "../links.ts";
import { barGauge } from "../panels/bar-gauge.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { tiles } from "../panels/stat.ts";
import { table } from "../panels/table.ts";
import { NAME, type Series } from "../promql.ts";
import { HEARTBEAT_STATES, yesNo } from "../states.ts";

const NO_HEARTBEATS = "no heartbeats configured";

/** Builds the panels about the present. */
export const now = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, { width: 3, height: 7 }),
  tiles({
    title: "Heartbeats",
    description:
      "Up: seen within its timeout. Down: silent for longer, reported a failure, or started without finishing in time. Grey: never seen, or its exporter is down.",
    unit: "none",
    width: 21,
    height: 7,
    none: NO_HEARTBEATS,
    states: HEARTBEAT_STATES,
    query: { expr: `sort_desc(${heartbeatState(series)})`, legend: NAME },
  }),
  barGauge({
    title: "Silence against timeout",
    description:
      "Time since each heartbeat was last seen, as a share of its timeout. At 100 % it is down; one with a schedule is not, before its next run was due.",
    unit: "percentunit",
    min: 0,
    max: 1,
    width: 9,
    height: 10,
    none: "no heartbeat seen yet",
    thresholds: [
      [null, "text"],
      [0, "green"],
      [0.75, "orange"],
      [1, "red"],
    ],
    query: {
      expr: `sort_desc(\n  (${silence(series)})\n  / ${ofHeartbeats(series, "heartbeat_timeout_seconds")}\n)`,
      legend: NAME,
    },
  }),
  details(series),
];

function details(series: Series): PanelBuilder {
  const column = (expr: string): string => withBeatFacts(series, expr);
  return table({
    title: "Machines, logs and leases",
    description:
      "State, settings, host and owner of all heartbeats. Maintenance suppresses alerts about them. Click one to see it alone.",
    width: 15,
    height: 10,
    none: NO_HEARTBEATS,
    rows: {
      name: {
        title: "Heartbeat",
        width: 190,
        links: [
          dashboardLink("Only ${__value.raw}", "heartbeat-heartbeats", {
            heartbeat: "${__data.fields.heartbeat}",
          }),
        ],
      },
      source: { title: "Source", width: 70 },
      hostname: "Host",
      owner: "Owner",
    },
    hidden: ["kind", "team", "target", "heartbeat"],
    order: [
      "Heartbeat",
      "State",
      "Last seen",
      "Timeout",
      "Last report",
      "Maintenance",
      "Owner",
      "Host",
      "Source",
    ],
    sort: { column: "State", descending: true },
    columns: [
      {
        title: "State",
        unit: "none",
        width: 90,
        states: HEARTBEAT_STATES,
        expr: column(heartbeatState(series)),
      },
      {
        title: "Last seen",
        unit: "dateTimeFromNow",
        width: 120,
        expr: `1000 * ${column(ofHeartbeats(series, "heartbeat_last_seen_timestamp_seconds"))}`,
      },
      {
        title: "Timeout",
        unit: "s",
        width: 80,
        expr: column(ofHeartbeats(series, "heartbeat_timeout_seconds")),
      },
      {
        title: "Last report",
        unit: "none",
        width: 100,
        states: yesNo("failed", "ok", ["red", "text"]),
        expr: column(ofHeartbeats(series, "heartbeat_failed")),
      },
      {
        title: "Maintenance",
        unit: "none",
        width: 110,
        states: yesNo("yes", "no", ["blue", "text"]),
        expr: column(ofHeartbeats(series, "heartbeat_maintenance")),
      },
    ],
  });
}
