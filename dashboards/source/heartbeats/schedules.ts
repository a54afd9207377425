import { ofHeartbeats, withBeatFacts } from "../beats.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { table } from "../panels/table.ts";
import { timeSeries } from "../panels/time-series.ts";
import { NAME, type Series } from "../promql.ts";

const NO_SCHEDULES = "no heartbeat has a schedule";

/** Returns the time until each scheduled heartbeat is expected; negative while it is late. */
const untilNext = (series: Series): string =>
  `${ofHeartbeats(series, "heartbeat_next_expected_timestamp_seconds")} - time()`;

/** Builds the panels about heartbeats with a schedule. */
export function schedules(series: Series): readonly PanelBuilder[] {
  const column = (expr: string): string => withBeatFacts(series, `(${expr})`);
  const next = ofHeartbeats(series, "heartbeat_next_expected_timestamp_seconds");
  const scheduled = (metric: string): string => `${ofHeartbeats(series, metric)} and ${next}`;
  return [
    table({
      title: "Next expected",
      description:
        "When each scheduled heartbeat is expected next, the most overdue first. In the past, it is late; it is down once its grace has passed as well.",
      width: 12,
      height: 9,
      none: NO_SCHEDULES,
      rows: { name: "Heartbeat", owner: "Owner" },
      hidden: ["source", "kind", "hostname", "team", "target", "heartbeat"],
      order: ["Heartbeat", "Late", "Next expected", "Last seen", "Last run", "Owner"],
      sort: { column: "Next expected", descending: false },
      columns: [
        {
          title: "Late",
          unit: "none",
          width: 90,
          states: [
            { name: "on time", code: 0, color: "green" },
            { name: "late", code: 1, color: "orange" },
            { name: "down", code: 2, color: "red" },
          ],
          expr: column(
            `2 * ((${ofHeartbeats(series, "heartbeat_up")} == 0) + 1) and ${next}\nor (${untilNext(series)}) < bool 0`,
          ),
        },
        {
          title: "Next expected",
          unit: "dateTimeFromNow",
          width: 140,
          expr: `1000 * ${column(next)}`,
        },
        {
          title: "Last seen",
          unit: "dateTimeFromNow",
          width: 140,
          expr: `1000 * ${column(scheduled("heartbeat_last_seen_timestamp_seconds"))}`,
        },
        {
          title: "Last run",
          unit: "s",
          width: 100,
          expr: column(scheduled("heartbeat_last_duration_seconds")),
        },
      ],
    }),
    timeSeries({
      title: "Time until the next is expected",
      description:
        "Falls to zero and jumps back with each report. Below zero the heartbeat is late; the longer, the more of its grace is used.",
      unit: "s",
      width: 12,
      height: 9,
      none: NO_SCHEDULES,
      queries: [{ expr: untilNext(series), legend: NAME }],
    }),
  ];
}
