import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { table, uptimeColumn } from "../panels/table.ts";
import { timeSeries } from "../panels/time-series.ts";
import { ofNetwork } from "../probes.ts";
import { NAME, named, type Series } from "../promql.ts";
import { PROBE_STATES, present } from "../states.ts";
import { success } from "./now.ts";
import { NO_PROBES } from "./texts.ts";

/** Builds the panels about verdicts, durations and failures. */
export const results = (series: Series): readonly PanelBuilder[] => [
  stateTimeline({
    title: "Success over time",
    description:
      "When the probes of each address succeeded (green), failed (red) or could not run because the exporter was down (grey).",
    width: 12,
    none: NO_PROBES,
    states: PROBE_STATES,
    query: { expr: success(series), legend: NAME },
  }),
  timeSeries({
    title: "Duration",
    description:
      "Duration of the last probe. Above the dashed line, the expected duration, a target is degraded.",
    unit: "s",
    min: 0,
    width: 12,
    none: NO_PROBES,
    queries: [
      { expr: named(ofNetwork(series, series("probe_duration_seconds"))), legend: NAME },
      {
        expr: perAddress(ofNetwork(series, series("heartbeat_expected_duration_seconds"))),
        legend: `expected ${NAME}`,
        limit: true,
      },
    ],
  }),
  table({
    title: "Address details",
    description:
      "Uptime is the share of successful probes in the selected time range; p50 and p95 are percentiles of their durations, as scraped.",
    width: 12,
    height: 9,
    none: NO_PROBES,
    rows: { name: "Address" },
    sort: { column: "Uptime", descending: false },
    columns: [
      uptimeColumn(perAddress(ofNetwork(series, `avg_over_time(${series("probe_success")}[$__range])`))),
      durationColumn(series, "p50", 0.5),
      durationColumn(series, "p95", 0.95),
    ],
  }),
  stateTimeline({
    title: "Failure reasons",
    description: "Why and when probes failed. See docs/metrics.md for the list of reasons.",
    width: 12,
    height: 9,
    none: "no failure",
    noneColor: "green",
    when: { expr: ofNetwork(series, series("probe_success")), otherwise: NO_PROBES },
    states: present("failed", "red"),
    query: {
      expr: named(ofNetwork(series, series("probe_failure_reason"))),
      legend: `${NAME} {{reason}}`,
    },
  }),
];

const perAddress = (expr: string): string => `max by (name) (${named(expr)})`;

const durationColumn = (series: Series, title: string, quantile: number) => ({
  title,
  unit: "s",
  width: 90,
  decimals: 3,
  expr: perAddress(
    ofNetwork(series, `quantile_over_time(${quantile}, ${series("probe_duration_seconds")}[$__range])`),
  ),
});
