import { heartbeatState } from "../beats.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import { NAME, named, type Series, stateCode } from "../promql.ts";
import { HEARTBEAT_STATES, MODES, STATUSES } from "../states.ts";
import { health, targetStatus } from "../targets.ts";

const NO_TARGETS = "no targets configured";

/** Builds the panels about the selected time range. */
export const history = (series: Series): readonly PanelBuilder[] => [
  stateTimeline({
    title: "Targets that were not healthy",
    description:
      "Status over time of each target that was not healthy at some moment: degraded (slow, or by a rule), unknown or unhealthy.",
    width: 16,
    height: 9,
    none: "all targets were healthy",
    noneColor: "green",
    when: { expr: series("heartbeat_target_status"), otherwise: NO_TARGETS },
    states: STATUSES,
    query: {
      expr: `${targetStatus(series)}\nand on (target, module) (min by (target, module) (min_over_time(${series("heartbeat_target_status", 'status="healthy"')}[$__range] @ end())) == 0)`,
      legend: "{{target}}",
    },
  }),
  stateTimeline({
    title: "Heartbeats that were down",
    description: "State over time of each heartbeat that was overdue or failed at some moment.",
    width: 8,
    height: 9,
    none: "all heartbeats were up",
    noneColor: "green",
    when: { expr: series("heartbeat_up"), otherwise: "no heartbeat seen yet" },
    states: HEARTBEAT_STATES,
    query: {
      expr: `${heartbeatState(series)}\nand on (heartbeat, source) (max by (heartbeat, source) (min_over_time(${series("heartbeat_up")}[$__range] @ end())) == 0)`,
      legend: NAME,
    },
  }),
  stateTimeline({
    title: "Groups",
    description:
      "Status of each group of targets and heartbeats. If exporters disagree, the worst status counts.",
    width: 12,
    height: 7,
    none: "no groups configured",
    states: STATUSES,
    query: {
      expr: `max by (group) (\n  ${stateCode(series, "heartbeat_group_status", "status", STATUSES)}\n)`,
      legend: "{{group}}",
    },
  }),
  stateTimeline({
    title: "Mode",
    description: "Failover mode of each target: primary or fallback. Only targets with failover have one.",
    width: 12,
    height: 7,
    none: "no targets with failover",
    states: MODES,
    query: {
      expr: `max by (target) (\n  ${stateCode(series, "heartbeat_current_mode", "mode", MODES)}\n)`,
      legend: "{{target}}",
    },
  }),
  timeSeries({
    title: "Health over time",
    description:
      "Share of targets that are healthy, including slow ones. A dip that lasts is an outage. The line ends when nothing is known about any target.",
    unit: "percentunit",
    min: 0,
    max: 1,
    width: 8,
    none: NO_TARGETS,
    queries: [{ expr: health(series), legend: "healthy" }],
  }),
  bars({
    title: "Failures by reason",
    description:
      "Failed probes per interval by reason, without the first failure of a target for each reason. See docs/metrics.md for the list of reasons.",
    width: 8,
    none: "no failures in this time range",
    queries: [
      {
        expr: `sum by (reason) (increase(${series("heartbeat_failures_total")}[$__rate_interval])) > 0`,
        legend: "{{reason}}",
      },
    ],
  }),
  timeSeries({
    title: "Response time",
    description:
      "Duration of the last probe of the ten targets with the longest mean in the time range, as measured by the slowest exporter.",
    unit: "s",
    min: 0,
    width: 8,
    none: "no probes yet",
    queries: [
      {
        expr: `max by (name) (${named(series("probe_duration_seconds"))})\nand on (name) topk(10, max by (name) (${named(`avg_over_time(${series("probe_duration_seconds")}[$__range] @ end())`)}))`,
        legend: NAME,
      },
    ],
  }),
];
