import type { PanelBuilder } from "../panels/options.ts";
import { areas } from "../panels/time-series.ts";
import { durations } from "../panels/verdicts.ts";
import type { Series } from "../promql.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";
import { verdicts } from "./now.ts";

/** Builds the panels about durations. */
export const time = (series: Series): readonly PanelBuilder[] => [
  durations(verdicts(series)),
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
