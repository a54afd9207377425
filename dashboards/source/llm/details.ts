import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { table } from "../panels/table.ts";
import { timeSeries } from "../panels/time-series.ts";
import { fresh, orUnknown } from "../probes.ts";
import { lost, NAME, named, type Series } from "../promql.ts";
import { PROBE_STATES, present, yesNo } from "../states.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";

const NO_PROBE = "no probe has this value";

/** Builds the panels about details of answers. */
export const details = (series: Series): readonly PanelBuilder[] => [
  table({
    title: "Requested and answering models",
    description:
      "If the names differ, the answering model is a version of the requested one, an alias of a gateway, or a different model. A different model is a failure unless the module allows it.",
    width: 12,
    none: NO_PROBE,
    rows: { target: "Target", requested_model: "Requested", response_model: "Answered" },
    columns: [
      {
        title: "Mismatch",
        unit: "none",
        states: yesNo("yes", "no", ["red", "green"]),
        expr: `max by (target, requested_model, response_model) (\n  ${series("probe_llm_model_info")} * on (job, instance, target) group_left () ${fresh(series, series("probe_llm_model_mismatch"))}\n)`,
      },
    ],
  }),
  stateTimeline({
    title: "Served by",
    description:
      "Deployment, provider or model that served each answer, as a gateway reports it. If it changes, the gateway balances or fell back.",
    width: 12,
    none: ONLY_WITH_DETAILS,
    states: present("served by", "blue"),
    query: { expr: named(series("probe_llm_served_by_info")), legend: `${NAME} {{served_by}}` },
  }),
  timeSeries({
    title: "Fallbacks and retries of gateways",
    description:
      "Fallbacks and, with probe_details, retries that the gateway made for the last probe. An alert fires if a gateway keeps answering with a fallback.",
    unit: "none",
    min: 0,
    width: 12,
    none: "no gateway reports it",
    queries: [
      { expr: named(series("probe_llm_gateway_fallbacks")), legend: `${NAME} fallbacks` },
      { expr: named(series("probe_llm_gateway_retries")), legend: `${NAME} retries` },
    ],
  }),
  stateTimeline({
    title: "Why the model stopped",
    description:
      "The finish reason: stop is a complete answer, length one truncated at max_tokens, content_filter one blocked by the provider.",
    width: 12,
    none: NO_PROBE,
    states: present("finish reason", "blue"),
    query: { expr: named(series("probe_llm_finish_reason")), legend: `${NAME} {{reason}}` },
  }),
  stateTimeline({
    title: "Tiers: cheap checks between prompts",
    description:
      "Result of the last request of each tier. Success means that the server responds, or lists the model, not that the model answers.",
    width: 12,
    none: "no tiers configured",
    states: PROBE_STATES,
    query: {
      expr: orUnknown(series, series("probe_llm_tier"), lost(series, "probe_llm_tier"), "tier"),
      legend: `${NAME} {{tier}}`,
    },
  }),
  timeSeries({
    title: "Loading and cold starts",
    description:
      "With probe_details, time for loading the model, as reported by the server; and probes that met a cold start (1). Cold starts are excluded from the histograms.",
    unit: "s",
    min: 0,
    width: 12,
    none: "no API reports it, and no module has cold_start",
    queries: [
      { expr: named(series("probe_llm_model_load_duration_seconds")), legend: `${NAME} loading` },
      { expr: named(series("probe_llm_cold_start")), legend: `${NAME} cold start`, unit: "none" },
    ],
  }),
];
