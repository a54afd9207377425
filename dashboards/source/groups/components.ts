import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { table } from "../panels/table.ts";
import { timeSeries } from "../panels/time-series.ts";
import { type Series, stateCode } from "../promql.ts";
import { STATUSES } from "../states.ts";

const NO_COMPONENTS = "no component has reported";

/** Builds the panels about components, which report their status by HTTP. */
export const components = (series: Series): readonly PanelBuilder[] => [
  table({
    title: "Components",
    description:
      "Last reported status of each component. It is unknown once the report is older than its ttl.",
    width: 12,
    none: NO_COMPONENTS,
    rows: { component: "Component", group: "Group", critical: { title: "Critical", width: 90 } },
    sort: { column: "Status", descending: true },
    columns: [
      {
        title: "Status",
        unit: "none",
        width: 110,
        states: STATUSES,
        expr: withFacts(series, componentStatus(series)),
      },
      {
        title: "Last report",
        unit: "dateTimeFromNow",
        width: 140,
        expr: `1000 * ${withFacts(series, `max by (component) (${series("heartbeat_component_last_report_timestamp_seconds")})`)}`,
      },
    ],
  }),
  stateTimeline({
    title: "Components over time",
    description: "Reported status of each component over time; grey while its last report is too old.",
    width: 12,
    none: NO_COMPONENTS,
    states: STATUSES,
    query: { expr: componentStatus(series), legend: "{{component}}" },
  }),
  timeSeries({
    title: "Values of components",
    description: "Numbers in the reports of components, as each component names them.",
    unit: "short",
    width: 24,
    none: "no component reports numbers",
    queries: [
      {
        expr: `max by (component, name) (${series("heartbeat_component_value")})`,
        legend: "{{component}} {{name}}",
      },
    ],
  }),
];

const componentStatus = (series: Series): string =>
  `max by (component) (\n  ${stateCode(series, "heartbeat_component_status", "status", STATUSES)}\n)`;

/** Adds the group of a component, and whether it is critical. Of several exporters, one counts. */
const withFacts = (series: Series, expr: string): string =>
  `${expr}\n* on (component) group_left (critical, group) topk by (component) (1, max by (component, critical, group) (${series("heartbeat_component_info")}))`;
