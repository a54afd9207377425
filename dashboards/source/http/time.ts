import type { PanelBuilder } from "../panels/options.ts";
import { areas, timeSeries } from "../panels/time-series.ts";
import { ofHttp } from "../probes.ts";
import { NAME, named, type Series } from "../promql.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";

/** Builds the panels about durations. */
export const time = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Duration",
    description:
      "Duration of the last probe. Above the dashed line, the expected duration, a target is degraded.",
    unit: "s",
    min: 0,
    width: 12,
    none: "no http target probed yet",
    queries: [
      { expr: named(ofHttp(series, series("probe_duration_seconds"))), legend: NAME },
      {
        expr: `max by (name) (${named(ofHttp(series, series("heartbeat_expected_duration_seconds")))})`,
        legend: `expected ${NAME}`,
        limit: true,
      },
    ],
  }),
  areas({
    title: "Time by phase",
    description:
      "Mean time spent in each phase, over all selected addresses: resolve, connect, TLS, processing (waiting for the first byte), transfer. Select a single target to see its own phases.",
    unit: "s",
    min: 0,
    width: 12,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: `avg by (phase) (${series("probe_http_duration_seconds")})`, legend: "{{phase}}" }],
  }),
];
