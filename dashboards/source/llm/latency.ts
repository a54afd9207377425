import { heatmap } from "../panels/heatmap.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { areas, timeSeries } from "../panels/time-series.ts";
import { ofModels } from "../probes.ts";
import { NAME, named, type Series } from "../promql.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";

const NO_PROBE = "no probe has this value";

/** An answer of fewer tokens ends before its speed can be measured. */
const ENOUGH_TOKENS = 10;

/** Builds the panels about latency. */
export const latency = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Time to first token",
    description:
      "Time from the request to the first token in the last probe. For reasoning models, the first token of the answer itself comes later; the legend shows it as output.",
    unit: "s",
    min: 0,
    width: 12,
    none: NO_PROBE,
    queries: [
      { expr: named(series("probe_llm_time_to_first_token_seconds")), legend: NAME },
      {
        expr: named(
          `${series("probe_llm_time_to_first_output_token_seconds")} > ${series("probe_llm_time_to_first_token_seconds")}`,
        ),
        legend: `${NAME} output`,
      },
    ],
  }),
  heatmap({
    axis: "s",
    title: "Distribution of time to first token",
    description:
      "Number of probes per range of time to first token. A second band above the first has a cause of its own, such as cold caches, a queue or a slower machine.",
    width: 12,
    none: NO_PROBE,
    query: {
      expr: `sum by (le) (increase(${series("heartbeat_llm_time_to_first_token_seconds_bucket")}[$__rate_interval]))`,
      legend: "{{le}}",
    },
  }),
  timeSeries({
    title: "Time between tokens",
    description:
      "Mean time between two tokens of the last answer, and, with probe_details, its longest stall. Readers notice a stall far above the mean.",
    unit: "s",
    min: 0,
    width: 8,
    none: NO_PROBE,
    queries: [
      { expr: named(series("probe_llm_inter_token_latency_seconds")), legend: NAME },
      { expr: named(series("probe_llm_max_stall_seconds")), legend: `${NAME} longest stall` },
    ],
  }),
  timeSeries({
    title: "Tokens per second",
    description: `Output tokens per second between the first and the last token of the last answer, if it has at least ${ENOUGH_TOKENS} tokens.`,
    unit: "suffix:tokens/s",
    min: 0,
    width: 8,
    none: `${ONLY_WITH_DETAILS}, and only for answers of ${ENOUGH_TOKENS} tokens`,
    queries: [
      {
        expr: named(
          `${series("probe_llm_tokens_per_second")}\n  and on (job, instance, target) ${series("probe_llm_tokens", 'type="output"')} >= ${ENOUGH_TOKENS}`,
        ),
        legend: NAME,
      },
    ],
  }),
  timeSeries({
    title: "Duration against expected duration",
    description: "Total duration of the last probe. Above the dashed line the target is degraded.",
    unit: "s",
    min: 0,
    width: 8,
    none: NO_PROBE,
    queries: [
      { expr: named(ofModels(series, series("probe_duration_seconds"))), legend: NAME },
      {
        expr: `max by (name) (${named(ofModels(series, series("heartbeat_expected_duration_seconds")))})`,
        legend: `expected ${NAME}`,
        limit: true,
      },
    ],
  }),
  areas({
    title: "Time before the response by phase",
    description:
      "Mean time spent in each phase before the response body, over the selected models: resolve, connect, TLS, headers.",
    unit: "s",
    width: 24,
    none: ONLY_WITH_DETAILS,
    queries: [
      { expr: `avg by (phase) (${series("probe_llm_phase_duration_seconds")})`, legend: "{{phase}}" },
    ],
  }),
];
