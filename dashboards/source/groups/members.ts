import type { PanelBuilder } from "../panels/options.ts";
import { tiles } from "../panels/stat.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { table } from "../panels/table.ts";
import { lost, type Series, stateCode, withLabels } from "../promql.ts";
import { STATUSES } from "../states.ts";

const NO_GROUPS = "no groups configured";

/** Returns the code of each group's status. If exporters disagree, the worst counts. */
const groupStatus = (series: Series): string =>
  `(max by (group) (\n  ${stateCode(series, "heartbeat_group_status", "status", STATUSES)}\n)\nor on (group) 3 * group by (group) ${lost(series, "heartbeat_group_status")})`;

/** Builds one tile per group. */
export const groupTiles = (series: Series): PanelBuilder =>
  tiles({
    title: "Groups",
    description:
      "Status of each group, the worst first. Grey: unknown, because a member is, or because the exporter is down.",
    unit: "none",
    width: 21,
    height: 5,
    none: NO_GROUPS,
    states: STATUSES,
    query: { expr: `sort_desc(${groupStatus(series)})`, legend: "{{group}}" },
  });

/** Builds the panels about the members of groups. */
export const members = (series: Series): readonly PanelBuilder[] => [
  stateTimeline({
    title: "Groups over time",
    description: "Status of each group over time. If exporters disagree, the worst status counts.",
    width: 12,
    none: NO_GROUPS,
    states: STATUSES,
    query: { expr: groupStatus(series), legend: "{{group}}" },
  }),
  table({
    title: "Members",
    description: "Number of members of each group by status, and the team that the group belongs to.",
    width: 12,
    none: NO_GROUPS,
    rows: { group: "Group", owner: "Owner" },
    hidden: ["team"],
    order: ["Group", "Unhealthy", "Unknown", "Degraded", "Healthy", "Owner"],
    sort: { column: "Unhealthy", descending: true },
    columns: STATUSES.toReversed().map(({ name, color }) => ({
      title: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      unit: "none",
      width: 100,
      thresholds: [
        [null, "text"],
        [1, color],
      ] as const,
      expr: withOwner(series, `max by (group) (${series("heartbeat_group_members", `status="${name}"`)})`),
    })),
  }),
];

const withOwner = (series: Series, expr: string): string =>
  withLabels(
    `${expr}\n* on (group) group_left (team, owner) topk by (group) (1, max by (group, team, owner) (${series("heartbeat_group_info")}))`,
    [["owner", "$1", "team", "(.+)"]],
  );
