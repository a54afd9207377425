import type { PanelBuilder } from "../panels/options.ts";
import { stat } from "../panels/stat.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { table } from "../panels/table.ts";
import { named, type Series, union, withLabel } from "../promql.ts";

const NOTHING = "nothing waits for a dependency";

/** Builds the panels about things that are down because of others. Their own alerts are suppressed. */
export function dependencies(series: Series): readonly PanelBuilder[] {
  const waiting = `max by (name, depends_on) (${named(series("heartbeat_dependency_down"))})`;
  const when = {
    expr: union(series("heartbeat_target_info"), series("heartbeat_info")),
    otherwise: "nothing is configured",
  };
  return [
    stat({
      title: "Waiting",
      description: "Number of targets and heartbeats that depend on something that is down now, or may be.",
      unit: "none",
      width: 3,
      none: "none",
      noneColor: "green",
      when,
      thresholds: [
        [null, "text"],
        [1, "orange"],
      ],
      query: { expr: `count(group by (name) (${waiting}))`, legend: "waiting" },
    }),
    table({
      title: "Causes",
      description:
        "What is down that other things depend on, and how many wait for it. Repair these first: the others usually recover by themselves.",
      width: 9,
      height: 8,
      none: NOTHING,
      noneColor: "green",
      when,
      rows: { depends_on: "Cause" },
      sort: { column: "Waiting", descending: true },
      columns: [
        {
          title: "Waiting",
          unit: "none",
          width: 90,
          thresholds: [
            [null, "text"],
            [1, "orange"],
          ],
          expr: `count by (depends_on) (${waiting})`,
        },
      ],
    }),
    stateTimeline({
      title: "Waiting for a dependency",
      description:
        "When each target or heartbeat had a dependency that was down, and which one. Yellow: it may be down, which is not certain yet.",
      width: 12,
      height: 8,
      none: NOTHING,
      noneColor: "green",
      when,
      states: [
        { name: "waits", code: 1, color: "orange" },
        { name: "may wait", code: 0, color: "yellow" },
      ],
      query: {
        expr: withLabel(waiting, "cause", "waits for $1", "depends_on", "(.*)"),
        legend: "{{name}} {{cause}}",
      },
    }),
  ];
}
