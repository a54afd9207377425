import { gauge } from "../core/metric.ts";

/** Metrics of groups and components. */
export const groupMetrics = {
  groupStatus: gauge(
    "heartbeat_group_status",
    "Status of the group, one series per status: healthy, degraded, unhealthy, unknown",
    ["group", "status"],
  ),
  groupMembers: gauge("heartbeat_group_members", "Members of the group by status", ["group", "status"]),
  groupMemberNotHealthy: gauge(
    "heartbeat_group_member_not_healthy",
    "Member of a group that is not healthy, with its status and the reason of its last failure; the value is 1, and there is no series for healthy members",
    ["group", "member", "kind", "status", "reason"],
    { when: "while a member is degraded, unhealthy or unknown" },
  ),
  groupInfo: gauge("heartbeat_group_info", "Configured labels of the group; the value is always 1", [
    "group",
  ]),
  componentStatus: gauge(
    "heartbeat_component_status",
    "Status that the component reported, one series per status; unknown once the report is older than its ttl, and before the first one if a group lists the component",
    ["component", "status"],
  ),
  componentLastReport: gauge(
    "heartbeat_component_last_report_timestamp_seconds",
    "Time of the last report of the component, as a Unix timestamp",
    ["component"],
    { when: "after the first report" },
  ),
  componentInfo: gauge(
    "heartbeat_component_info",
    "Facts about the component: whether it is critical, by its last report or in a group, and the group that its report joins; the value is always 1",
    ["component", "critical", "group"],
  ),
  componentValue: gauge(
    "heartbeat_component_value",
    "Number in the last report of the component, by name, until the report expires; the first 32 names of each component",
    ["component", "name"],
    { when: "until the report expires" },
  ),
};
