import { certificatePanels } from "./certificates.ts";
import type { DashboardOptions } from "./dashboard.ts";
import { heatmap, stat, stateTimeline, timeSeries } from "./panels.ts";
import { MODES, NAME, named, ONLY_WITH_DETAILS, type Series, stateCode, yesNo } from "./promql.ts";
import { table } from "./table.ts";

const NO_PROBE = "no probe has this value";

const NO_MODELS = "no model probed yet";

export const llm: DashboardOptions = {
  uid: "heartbeat-llm",
  title: "Heartbeat / LLM",
  description: "Models: availability, correctness of answers, latency, token usage and cost.",
  of: "heartbeat_model_available",
  choices: { target: "heartbeat_model_available" },
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Availability", panels: availability(series) },
    { title: "Latency", panels: latency(series) },
    { title: "Tokens and cost", panels: cost(series) },
    { title: "Answer details", collapsed: true, panels: details(series) },
    {
      title: "Certificates",
      collapsed: true,
      panels: certificatePanels(series, (expr) => ofModels(series, expr)),
    },
  ],
};

const now = (series: Series) => [
  stat({
    title: "Models",
    description:
      "Available if the model answered the last probe, correctly or not. See Answers for correctness.",
    unit: "none",
    width: 8,
    height: 5,
    noData: NO_MODELS,
    names: true,
    states: yesNo("available", "unavailable"),
    queries: [{ expr: `min by (target) (${series("heartbeat_model_available")})`, legend: "{{target}}" }],
  }),
  stat({
    title: "Answers",
    description: "Correct if the last answer of the model met every expectation of its module.",
    unit: "none",
    width: 8,
    height: 5,
    noData: "no model answered its last probe",
    names: true,
    states: yesNo("correct", "wrong"),
    queries: [{ expr: `min by (target) (${series("probe_llm_answer_correct")})`, legend: "{{target}}" }],
  }),
  stat({
    title: "In fallback",
    description:
      "Number of models in fallback mode, whose consumers use their fallback. An alert fires if fallback lasts longer than max_duration.",
    unit: "none",
    width: 4,
    height: 5,
    noData: "no models with failover",
    thresholds: [
      [null, "green"],
      [1, "orange"],
    ],
    queries: [
      {
        expr: `sum(max by (target, module) (${series("heartbeat_current_mode", 'mode="fallback"')}))`,
        legend: "in fallback",
      },
    ],
  }),
  stat({
    title: "Cost in this time range",
    description: "Cost of the probes in the selected time range, by the prices in the configuration.",
    unit: "currencyUSD",
    decimals: 4,
    width: 4,
    height: 5,
    noData: "no prices configured",
    thresholds: [[null, "blue"]],
    queries: [
      { expr: `sum(increase(${series("heartbeat_llm_cost_dollars_total")}[$__range]))`, legend: "spent" },
    ],
  }),
];

const availability = (series: Series) => [
  stateTimeline({
    title: "Model available",
    description: "When each model answered its probes (green) and when it did not (red).",
    unit: "none",
    width: 12,
    noData: NO_MODELS,
    states: yesNo("available", "unavailable"),
    queries: [{ expr: `min by (target) (${series("heartbeat_model_available")})`, legend: "{{target}}" }],
  }),
  stateTimeline({
    title: "Mode of consumers",
    description: "Primary: consumers use the model. Fallback: they work without it.",
    unit: "none",
    width: 12,
    noData: "no models with failover",
    states: MODES,
    queries: [
      {
        expr: `max by (target) (\n  ${stateCode(series, "heartbeat_current_mode", "mode", MODES)}\n)`,
        legend: "{{target}}",
      },
    ],
  }),
  timeSeries({
    title: "Failures in a row",
    description: "Failures in a row of each model. At the dashed line the model becomes unhealthy.",
    unit: "none",
    min: 0,
    width: 12,
    noData: NO_MODELS,
    queries: [
      { expr: named(ofModels(series, series("heartbeat_consecutive_failures"))), legend: NAME },
      {
        expr: `max by (target) (${ofModels(series, series("heartbeat_failure_threshold"))})`,
        legend: "threshold {{target}}",
        limit: true,
      },
    ],
  }),
  timeSeries({
    title: "Failed probes by reason",
    description:
      "Failed probes per second by reason, without the first failure of a target for each reason. The reasons rate_limited and billing concern the account, not the model.",
    unit: "cps",
    stacked: true,
    width: 12,
    noData: "no failures in this time range",
    queries: [
      {
        expr: `sum by (reason) (\n  ${ofModels(series, `rate(${series("heartbeat_failures_total")}[$__rate_interval])`)}\n) > 0`,
        legend: "{{reason}}",
      },
    ],
  }),
];

/** Restricts an expression to models, because metrics of targets have no label `kind`. */
const ofModels = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) ${series("heartbeat_target_info", 'kind="llm"')}`;

const latency = (series: Series) => [
  timeSeries({
    title: "Time to first token",
    description:
      "Time from the request to the first token in the last probe. For reasoning models, the first token of the answer itself comes later; the legend shows it as output.",
    unit: "s",
    min: 0,
    width: 12,
    noData: NO_PROBE,
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
    title: "Distribution of time to first token",
    description:
      "Number of probes per range of time to first token. A second band above the first has a cause of its own, such as cold caches, a queue or a slower machine.",
    unit: "s",
    width: 12,
    noData: NO_PROBE,
    queries: [
      {
        expr: `sum by (le) (increase(${series("heartbeat_llm_time_to_first_token_seconds_bucket")}[$__rate_interval]))`,
        legend: "{{le}}",
      },
    ],
  }),
  timeSeries({
    title: "Time between tokens",
    description:
      "Mean time between two tokens of the last answer, and, with probe_details, its longest stall. Readers notice a stall far above the mean.",
    unit: "s",
    min: 0,
    width: 8,
    noData: NO_PROBE,
    queries: [
      { expr: named(series("probe_llm_inter_token_latency_seconds")), legend: NAME },
      { expr: named(series("probe_llm_max_stall_seconds")), legend: `${NAME} longest stall` },
    ],
  }),
  timeSeries({
    title: "Tokens per second",
    description: "Output tokens per second between the first and the last token of the last answer.",
    unit: "cps",
    min: 0,
    width: 8,
    noData: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_llm_tokens_per_second")), legend: NAME }],
  }),
  timeSeries({
    title: "Duration against expected duration",
    description: "Total duration of the last probe. Above the dashed line the target is degraded.",
    unit: "s",
    min: 0,
    width: 8,
    noData: NO_PROBE,
    queries: [
      { expr: named(ofModels(series, series("probe_duration_seconds"))), legend: NAME },
      {
        expr: `max by (target) (${ofModels(series, series("heartbeat_expected_duration_seconds"))})`,
        legend: "expected {{target}}",
        limit: true,
      },
    ],
  }),
  timeSeries({
    title: "Time before the response by phase",
    description:
      "Mean time spent in each phase before the response body, over the selected models: resolve, connect, TLS, headers.",
    unit: "s",
    stacked: true,
    width: 24,
    noData: ONLY_WITH_DETAILS,
    queries: [
      { expr: `avg by (phase) (${series("probe_llm_phase_duration_seconds")})`, legend: "{{phase}}" },
    ],
  }),
];

const cost = (series: Series) => [
  timeSeries({
    title: "Tokens used by probes",
    description: "Tokens per second used by probes, by type, as counted by the API.",
    unit: "cps",
    stacked: true,
    width: 8,
    noData: "no API reports token counts",
    queries: [
      {
        expr: `sum by (target, type) (rate(${series("heartbeat_llm_tokens_total", 'type=~"input|output"')}[$__rate_interval]))`,
        legend: "{{target}} {{type}}",
      },
    ],
  }),
  timeSeries({
    title: "Cost per day",
    description: "Cost of the probes per day at the present rate, by the prices in the configuration.",
    unit: "currencyUSD",
    min: 0,
    width: 8,
    noData: "no prices configured",
    queries: [
      {
        expr: `86400 * sum by (target) (rate(${series("heartbeat_llm_cost_dollars_total")}[$__rate_interval]))`,
        legend: "{{target}}",
      },
    ],
  }),
  timeSeries({
    title: "Budget left",
    description:
      "Tokens (left axis) and dollars (right axis) left in the budget with the least left. At 0 no prompts are sent until the next hour or day, and the last result stays on display.",
    unit: "short",
    min: 0,
    width: 8,
    noData: "no budget configured",
    queries: [
      {
        expr: `min by (target) (${series("heartbeat_llm_budget_remaining_tokens")})`,
        legend: "{{target}} tokens",
      },
      {
        expr: `min by (target) (${series("heartbeat_llm_budget_remaining_dollars")})`,
        legend: "{{target}} dollars",
        unit: "currencyUSD",
      },
    ],
  }),
  timeSeries({
    title: "Rate limit remaining",
    description: "Remaining requests or tokens of each rate limit, as reported in the last response.",
    unit: "short",
    min: 0,
    width: 12,
    noData: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_llm_ratelimit_remaining")), legend: `${NAME} {{kind}}` }],
  }),
  stateTimeline({
    title: "Skipped probes",
    description:
      "When and why probes were skipped: the budget was used up, or another exporter leads. Meanwhile the last result stays on display.",
    unit: "none",
    width: 12,
    noData: "no probe was skipped",
    states: [{ name: "skipped", code: 1, color: "purple" }],
    queries: [{ expr: series("probe_skipped"), legend: "{{target}} {{reason}}" }],
  }),
];

const details = (series: Series) => [
  table({
    title: "Requested and answering models",
    description:
      "If the names differ, the answering model is a version of the requested one, an alias of a gateway, or a different model. A different model is a failure unless the module allows it.",
    width: 12,
    noData: NO_PROBE,
    rows: { target: "Target", requested_model: "Requested", response_model: "Answered" },
    columns: [
      {
        title: "Mismatch",
        unit: "none",
        states: yesNo("yes", "no", ["red", "green"]),
        expr: `max by (target, requested_model, response_model) (\n  ${series("probe_llm_model_info")} * on (job, instance, target) group_left () ${series("probe_llm_model_mismatch")}\n)`,
      },
    ],
  }),
  stateTimeline({
    title: "Served by",
    description:
      "Deployment, provider or model that served each answer, as a gateway reports it. If it changes, the gateway balances or fell back.",
    unit: "none",
    width: 12,
    noData: ONLY_WITH_DETAILS,
    states: [{ name: "served by", code: 1, color: "blue" }],
    queries: [{ expr: series("probe_llm_served_by_info"), legend: "{{target}} {{served_by}}" }],
  }),
  timeSeries({
    title: "Fallbacks and retries of gateways",
    description:
      "Fallbacks and, with probe_details, retries that the gateway made for the last probe. An alert fires if a gateway keeps answering with a fallback.",
    unit: "none",
    min: 0,
    width: 12,
    noData: "no gateway reports it",
    queries: [
      { expr: named(series("probe_llm_gateway_fallbacks")), legend: `${NAME} fallbacks` },
      { expr: named(series("probe_llm_gateway_retries")), legend: `${NAME} retries` },
    ],
  }),
  stateTimeline({
    title: "Why the model stopped",
    description:
      "The finish reason: stop is a complete answer, length one truncated at max_tokens, content_filter one blocked by the provider.",
    unit: "none",
    width: 12,
    noData: NO_PROBE,
    states: [{ name: "finish reason", code: 1, color: "blue" }],
    queries: [{ expr: series("probe_llm_finish_reason"), legend: "{{target}} {{reason}}" }],
  }),
  stateTimeline({
    title: "Tiers: cheap checks between prompts",
    description:
      "Result of the last request of each tier. Success means that the server responds, or lists the model, not that the model answers.",
    unit: "none",
    width: 12,
    noData: "no tiers configured",
    states: yesNo("ok", "failed"),
    queries: [{ expr: series("probe_llm_tier"), legend: "{{target}} {{tier}}" }],
  }),
  timeSeries({
    title: "Loading and cold starts",
    description:
      "With probe_details, time for loading the model, as reported by the server; and probes that met a cold start (1). Cold starts are excluded from the histograms.",
    unit: "s",
    min: 0,
    width: 12,
    noData: "no API reports it, and no module has cold_start",
    queries: [
      { expr: named(series("probe_llm_model_load_duration_seconds")), legend: `${NAME} loading` },
      { expr: named(series("probe_llm_cold_start")), legend: `${NAME} cold start`, unit: "none" },
    ],
  }),
];
