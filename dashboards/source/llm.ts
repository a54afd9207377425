import type { DashboardOptions } from "./dashboard.ts";
import { heatmap, stat, stateTimeline, timeSeries } from "./panels.ts";
import { MODES, NAME, named, type Series, stateCode, yesNo } from "./promql.ts";
import { table } from "./table.ts";

const NO_PROBE = "no probe of a model with this in its answer";

export const llm: DashboardOptions = {
  uid: "heartbeat-llm",
  title: "Heartbeat / LLM",
  description:
    "Models: whether they answer, whether the answers are right, how fast they come and what they cost.",
  of: "heartbeat_model_available",
  choices: { target: "heartbeat_model_available" },
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Availability", panels: availability(series) },
    { title: "Latency", panels: latency(series) },
    { title: "Tokens and money", panels: money(series) },
    { title: "What the answers say of themselves", collapsed: true, panels: facts(series) },
  ],
};

const now = (series: Series) => [
  stat({
    title: "Models",
    description:
      "Whether the last probe of each model got an answer from it, be it a wrong one. Alive is not correct: see the answers beside it.",
    unit: "none",
    width: 8,
    height: 5,
    noData: "no model was probed yet",
    names: true,
    states: yesNo("available", "unavailable"),
    queries: [{ expr: `min by (target) (${series("heartbeat_model_available")})`, legend: "{{target}}" }],
  }),
  stat({
    title: "Answers",
    description: "Whether the last answer of each model met every expectation of its module.",
    unit: "none",
    width: 8,
    height: 5,
    noData: "no model answered in the last probe",
    names: true,
    states: yesNo("correct", "wrong"),
    queries: [{ expr: `min by (target) (${series("probe_llm_answer_correct")})`, legend: "{{target}}" }],
  }),
  stat({
    title: "In fallback",
    description:
      "How many models are replaced by the fallback of their applications now. Overdue fallback is alerted, never ended silently.",
    unit: "none",
    width: 4,
    height: 5,
    noData: "no model with failover",
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
    title: "Spent in the shown time",
    description: "Dollars that the probes cost in the shown time, by the prices of the configuration.",
    unit: "currencyUSD",
    decimals: 4,
    width: 4,
    height: 5,
    noData: "no prices are configured",
    thresholds: [[null, "blue"]],
    queries: [
      { expr: `sum(increase(${series("heartbeat_llm_cost_dollars_total")}[$__range]))`, legend: "spent" },
    ],
  }),
];

const availability = (series: Series) => [
  stateTimeline({
    title: "Model available",
    description: "When each model answered (green) and when it did not (red).",
    unit: "none",
    width: 12,
    noData: "no model was probed yet",
    states: yesNo("available", "unavailable"),
    queries: [{ expr: `min by (target) (${series("heartbeat_model_available")})`, legend: "{{target}}" }],
  }),
  stateTimeline({
    title: "Mode of applications",
    description: "Primary: applications use the model. Fallback: they were told to do without it.",
    unit: "none",
    width: 12,
    noData: "no model with failover",
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
    description: "Failures in a row of each model. At the dashed line it becomes unhealthy.",
    unit: "none",
    min: 0,
    width: 12,
    noData: "no model was probed yet",
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
    title: "Failed probes of models by reason",
    description:
      "Failed probes per second and reason. rate_limited and billing are about the account, not about the model.",
    unit: "cps",
    stacked: true,
    width: 12,
    noData: "no failure in the shown time",
    queries: [
      {
        expr: `sum by (reason) (\n  ${ofModels(series, `rate(${series("heartbeat_failures_total")}[$__rate_interval])`)}\n) > 0`,
        legend: "{{reason}}",
      },
    ],
  }),
];

/** Keeps what is about models: the metrics of all targets know no kind. */
const ofModels = (series: Series, expr: string): string =>
  `${expr}\n  and on (job, instance, target) ${series("heartbeat_target_info", 'kind="llm"')}`;

const latency = (series: Series) => [
  timeSeries({
    title: "Time to first token",
    description:
      "From the request to the first token of the last probe. With reasoning models the first token of the answer (dotted in the legend as output) comes later.",
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
    title: "Time to first token of all probes",
    description:
      "How many probes fell into each range. A second band above the first is a second kind of answer: cold caches, queues, another machine.",
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
      "Mean time between two tokens of the last answer, and its longest stall. A stall far above the mean is what readers notice.",
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
    noData: NO_PROBE,
    queries: [{ expr: named(series("probe_llm_tokens_per_second")), legend: NAME }],
  }),
  timeSeries({
    title: "Duration against what is expected",
    description: "How long the last probe took as a whole; above the dashed line the target is degraded.",
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
    title: "Time before the answer by phase",
    description:
      "Where the time goes before the first byte, on the mean over the shown models: name, connection, TLS, headers.",
    unit: "s",
    stacked: true,
    width: 24,
    noData: NO_PROBE,
    queries: [
      { expr: `avg by (phase) (${series("probe_llm_phase_duration_seconds")})`, legend: "{{phase}}" },
    ],
  }),
];

const money = (series: Series) => [
  timeSeries({
    title: "Tokens spent on probes",
    description: "Tokens per second that the probes used up, by type, as the API counted them.",
    unit: "cps",
    stacked: true,
    width: 8,
    noData: "no API counted tokens",
    queries: [
      {
        expr: `sum by (target, type) (rate(${series("heartbeat_llm_tokens_total", 'type=~"input|output"')}[$__rate_interval]))`,
        legend: "{{target}} {{type}}",
      },
    ],
  }),
  timeSeries({
    title: "Cost per day",
    description:
      "What the probes would cost in a day if they went on as they do, by the prices of the configuration.",
    unit: "currencyUSD",
    min: 0,
    width: 8,
    noData: "no prices are configured",
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
      "Tokens (left axis) and dollars that are left in the tightest budget. At 0 prompts stop until the next hour or day, and the last result stays as it was.",
    unit: "short",
    min: 0,
    width: 8,
    noData: "no budget is configured",
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
    title: "Rate limits left",
    description: "What is left of each rate limit, as the last response said.",
    unit: "short",
    min: 0,
    width: 12,
    noData: "no API that tells its rate limits",
    queries: [{ expr: named(series("probe_llm_ratelimit_remaining")), legend: `${NAME} {{kind}}` }],
  }),
  stateTimeline({
    title: "Probes not sent",
    description:
      "When and why no prompt was sent: the budget is used up, or another exporter leads. What is shown meanwhile is the last result.",
    unit: "none",
    width: 12,
    noData: "every probe that was due was sent",
    states: [{ name: "not sent", code: 1, color: "purple" }],
    queries: [{ expr: series("probe_skipped"), legend: "{{target}} {{reason}}" }],
  }),
];

const facts = (series: Series) => [
  table({
    title: "Models asked for and models that answered",
    description:
      "Another name on the right than on the left is an edition, an alias of a gateway, or another model: the last is a failure unless it is allowed.",
    width: 12,
    noData: NO_PROBE,
    rows: { target: "Target", requested_model: "Asked for", response_model: "Answered" },
    columns: [
      {
        title: "Other model",
        unit: "none",
        states: yesNo("yes", "no", ["red", "green"]),
        expr: `max by (target, requested_model, response_model) (\n  ${series("probe_llm_model_info")} * on (job, instance, target) group_left () ${series("probe_llm_model_mismatch")}\n)`,
      },
    ],
  }),
  stateTimeline({
    title: "Why the model stopped",
    description:
      "stop is the good end. length: the answer was cut at max_tokens. content_filter: the provider refused.",
    unit: "none",
    width: 12,
    noData: NO_PROBE,
    states: [{ name: "stopped so", code: 1, color: "blue" }],
    queries: [{ expr: series("probe_llm_finish_reason"), legend: "{{target}} {{reason}}" }],
  }),
  stateTimeline({
    title: "Cheap questions between prompts",
    description:
      "Whether each tier was answered with success when it was last asked. It says that the server is there, not that the model answers.",
    unit: "none",
    width: 12,
    noData: "no tiers are configured",
    states: yesNo("well", "failed"),
    queries: [{ expr: series("probe_llm_tier"), legend: "{{target}} {{tier}}" }],
  }),
  timeSeries({
    title: "Loading and cold starts",
    description:
      "How long the server said that it loaded the model, and which probes came after a silence (1). Cold starts are left out of the histograms.",
    unit: "s",
    min: 0,
    width: 12,
    noData: "no API that tells, and no cold_start in the module",
    queries: [
      { expr: named(series("probe_llm_model_load_duration_seconds")), legend: `${NAME} loading` },
      { expr: named(series("probe_llm_cold_start")), legend: `${NAME} cold start`, unit: "none" },
    ],
  }),
];
