import type { PanelBuilder } from "../panels/options.ts";
import { table } from "../panels/table.ts";
import { bars } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";
import { yesNo } from "../states.ts";

/** Builds the panels about self-healing actions. */
export const actions = (series: Series): readonly PanelBuilder[] => [
  bars({
    title: "Actions",
    description: "Attempts of self-healing actions per interval, by result.",
    width: 12,
    none: "no actions configured",
    queries: [
      {
        expr: `sum by (action, result) (increase(${series("heartbeat_action_attempts_total")}[$__rate_interval]))`,
        legend: "{{action}} {{result}}",
      },
    ],
  }),
  table({
    title: "Actions by target",
    description:
      "When an action may run again, and whether all its attempts have failed, so that manual repair is needed.",
    width: 12,
    none: "no action has run yet",
    rows: { action: "Action", target: "Target" },
    sort: { column: "Exhausted", descending: true },
    columns: [
      {
        title: "Exhausted",
        unit: "none",
        width: 110,
        states: yesNo("yes", "no", ["red", "green"]),
        expr: `max by (action, target) (${series("heartbeat_action_exhausted")})`,
      },
      {
        title: "Cooldown until",
        unit: "dateTimeFromNow",
        width: 150,
        expr: `1000 * max by (action, target) (${series("heartbeat_action_cooldown_until_timestamp_seconds")})`,
      },
    ],
  }),
];
