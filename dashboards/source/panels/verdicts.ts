import { NAME, named, type Series } from "../promql.ts";
import { PROBE_STATES, present } from "../states.ts";
import type { PanelBuilder } from "./options.ts";
import { tiles } from "./stat.ts";
import { stateTimeline } from "./state-timeline.ts";
import { timeSeries } from "./time-series.ts";

/** The probes of one dashboard. */
export interface Verdicts {
  readonly series: Series;
  /** Result of the last probe of each address: 1, 0, or 2 if it is not known. */
  readonly success: string;
  /** Restricts an expression to these probes. */
  readonly within: (expr: string) => string;
  /** Has a series once there has been such a probe. */
  readonly probed: string;
  /** Text of panels without such probes. */
  readonly none: string;
}

/** Builds a tile per address with the result of its last probe. */
export const verdictTiles = ({ success, none }: Verdicts): PanelBuilder =>
  tiles({
    title: "Probes",
    description:
      "Result of the last probe of each address. A single failure is not an outage; see the overview for the status after thresholds. Grey: its exporter is down.",
    unit: "none",
    width: 21,
    height: 6,
    none,
    states: PROBE_STATES,
    query: { expr: `sort(${success})`, legend: NAME },
  });

/** Builds the results of probes over time. */
export const successTimeline = ({ success, none }: Verdicts): PanelBuilder =>
  stateTimeline({
    title: "Success over time",
    description:
      "When the probes of each address succeeded (green), failed (red) or could not run because the exporter was down (grey).",
    width: 12,
    none,
    states: PROBE_STATES,
    query: { expr: success, legend: NAME },
  });

/** Builds the durations of probes beside those that are expected. */
export const durations = ({ series, within, none }: Verdicts): PanelBuilder =>
  timeSeries({
    title: "Duration",
    description:
      "Duration of the last probe. Above the dashed line, the expected duration, a target is degraded.",
    unit: "s",
    min: 0,
    width: 12,
    none,
    queries: [
      { expr: named(within(series("probe_duration_seconds"))), legend: NAME },
      {
        expr: `max by (name) (${named(within(series("heartbeat_expected_duration_seconds")))})`,
        legend: `expected ${NAME}`,
        limit: true,
      },
    ],
  });

/** Builds the reasons of failures over time. */
export const failureReasons = ({ series, within, probed, none }: Verdicts): PanelBuilder =>
  stateTimeline({
    title: "Failure reasons",
    description: "Why and when probes failed. See docs/metrics.md for the list of reasons.",
    width: 12,
    height: 9,
    none: "no failure",
    noneColor: "green",
    when: { expr: probed, otherwise: none },
    states: present("failed", "red"),
    query: { expr: named(within(series("probe_failure_reason"))), legend: `${NAME} {{reason}}` },
  });
