import { heartbeatState } from "../beats.ts";
import { dashboardLink } from "../links.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { stat } from "../panels/stat.ts";
import type { Series } from "../promql.ts";
import { STATUSES } from "../states.ts";
import { countOfStatus, HEALTH_THRESHOLDS, health, targetStatus } from "../targets.ts";

const NO_TARGETS = "no targets configured";

const MEANING: Readonly<Record<string, string>> = {
  healthy: "Healthy: probes succeed within the expected duration.",
  degraded:
    "Degraded: probes succeed, but the last answer was slower than expected or met a rule for degraded answers.",
  unknown: "Unknown: no fresh result, or its exporter is down. Does not count as healthy.",
  unhealthy: "Unhealthy: as many failures in a row as the failure threshold.",
};

/** Builds the tiles with numbers of targets and heartbeats. */
export const numbers = (series: Series): readonly PanelBuilder[] => [
  stat({
    title: "Health",
    description:
      "Share of targets that are healthy, including slow ones. Unknown targets count as not healthy. Green only at 100 %.",
    unit: "percentunit",
    decimals: 1,
    width: 4,
    height: 3,
    none: "nothing known yet",
    when: { expr: series("heartbeat_target_info"), otherwise: NO_TARGETS },
    thresholds: HEALTH_THRESHOLDS,
    query: { expr: health(series), legend: "health" },
  }),
  ...STATUSES.map(({ name, code, color }) =>
    stat({
      title: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      description: `Number of ${name} targets. ${MEANING[name] ?? ""}`,
      unit: "none",
      width: 3,
      height: 3,
      none: NO_TARGETS,
      thresholds: [
        [null, "transparent"],
        [1, color],
      ],
      query: { expr: countOfStatus(series, code), legend: name },
    }),
  ),
  stat({
    title: "Critical and unhealthy",
    description: "Number of unhealthy targets marked as critical. Any of them pages the on-call person.",
    unit: "none",
    width: 4,
    height: 3,
    none: "no critical targets",
    thresholds: [
      [null, "transparent"],
      [1, "red"],
    ],
    query: {
      expr: `sum(\n  ${targetStatus(series)} == bool 4\n  and on (target, module) last_over_time(${series("heartbeat_target_info", 'critical="true"')}[1h])\n)`,
      legend: "critical",
    },
  }),
  stat({
    title: "Heartbeats down",
    description: "Number of machines, jobs, logs and leases whose heartbeats are overdue or failed.",
    unit: "none",
    width: 4,
    height: 3,
    none: "no heartbeats configured",
    thresholds: [
      [null, "transparent"],
      [1, "red"],
    ],
    links: [dashboardLink("Heartbeats and machines", "heartbeat-heartbeats")],
    query: { expr: `sum(${heartbeatState(series)} == bool 4)`, legend: "down" },
  }),
];
