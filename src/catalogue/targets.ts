import { counter, gauge, histogram } from "../core/metric.ts";

/** From a cache hit on the same machine to the slowest reasoning model: 10 ms to 120 s. */
const LLM_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120];
const INTER_TOKEN_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5,
];

const TARGET_LABELS = ["target", "module"] as const;

/** Metrics of configured targets: what is remembered of their probes, and what is configured. */
export const targetMetrics = {
  healthChecks: counter("heartbeat_health_checks_total", "Probes by result", [...TARGET_LABELS, "status"]),
  healthCheckDuration: histogram(
    "heartbeat_health_check_duration_seconds",
    "Duration of probes by result",
    [...TARGET_LABELS, "status"],
    LLM_BUCKETS,
  ),
  failures: counter("heartbeat_failures_total", "Failed probes by reason", [...TARGET_LABELS, "reason"]),
  consecutiveFailures: gauge(
    "heartbeat_consecutive_failures",
    "Failures in a row, ignored reasons left out",
    TARGET_LABELS,
  ),
  consecutiveSuccesses: gauge("heartbeat_consecutive_successes", "Successes in a row", TARGET_LABELS),
  modelAvailable: gauge(
    "heartbeat_model_available",
    "Whether the last probe got an answer from the model, be it a wrong one",
    TARGET_LABELS,
  ),
  targetHealthy: gauge(
    "heartbeat_target_healthy",
    "Whether the target is healthy, after thresholds; absent while unknown",
    TARGET_LABELS,
  ),
  targetStatus: gauge(
    "heartbeat_target_status",
    "Status of the target, one series per status: healthy, degraded (healthy but slower than expected), unhealthy, unknown",
    [...TARGET_LABELS, "status"],
  ),
  currentMode: gauge("heartbeat_current_mode", "Mode of a target with failover, one series per mode", [
    ...TARGET_LABELS,
    "mode",
  ]),
  modeSince: gauge(
    "heartbeat_mode_since_timestamp_seconds",
    "When the current mode was entered, as a Unix timestamp",
    TARGET_LABELS,
  ),
  modeForced: gauge("heartbeat_mode_forced", "Whether the mode was forced by hand", TARGET_LABELS),
  failoverEvents: counter("heartbeat_failover_events_total", "Changes of mode: triggered or recovered", [
    ...TARGET_LABELS,
    "type",
  ]),
  lastProbe: gauge(
    "heartbeat_last_probe_timestamp_seconds",
    "When the last probe ended, as a Unix timestamp",
    TARGET_LABELS,
  ),
  lastSuccess: gauge(
    "heartbeat_last_success_timestamp_seconds",
    "When the last successful probe ended, as a Unix timestamp",
    TARGET_LABELS,
  ),
  llmTokensTotal: counter("heartbeat_llm_tokens_total", "Tokens spent on probes, as the API counted them", [
    ...TARGET_LABELS,
    "type",
  ]),
  llmCost: counter(
    "heartbeat_llm_cost_dollars_total",
    "Dollars spent on probes, by the prices of the configuration; tokens that the API did not count are estimated",
    TARGET_LABELS,
  ),
  llmBudgetTokens: gauge(
    "heartbeat_llm_budget_remaining_tokens",
    "Tokens left in the tightest budget that holds for the target, its module's included",
    TARGET_LABELS,
  ),
  llmBudgetDollars: gauge(
    "heartbeat_llm_budget_remaining_dollars",
    "Dollars left in the tightest budget that holds for the target, its module's included",
    TARGET_LABELS,
  ),
  llmTier: gauge(
    "probe_llm_tier",
    "Whether the last cheap question of the tier was answered with success; no answer of the model, and absent before the first",
    [...TARGET_LABELS, "tier"],
  ),
  llmFirstTokenHistogram: histogram(
    "heartbeat_llm_time_to_first_token_seconds",
    "Time to first token of probes",
    TARGET_LABELS,
    LLM_BUCKETS,
  ),
  llmInterTokenHistogram: histogram(
    "heartbeat_llm_inter_token_latency_seconds",
    "Inter-token latency of probes",
    TARGET_LABELS,
    INTER_TOKEN_BUCKETS,
  ),
  interval: gauge("heartbeat_interval_seconds", "Configured interval between probes", TARGET_LABELS),
  failureThreshold: gauge("heartbeat_failure_threshold", "Failures in a row until unhealthy", TARGET_LABELS),
  healthyThreshold: gauge("heartbeat_healthy_threshold", "Successes in a row until healthy", TARGET_LABELS),
  expectedDuration: gauge(
    "heartbeat_expected_duration_seconds",
    "Configured duration beyond which the target counts as degraded",
    TARGET_LABELS,
  ),
  sloObjective: gauge(
    "heartbeat_slo_objective_ratio",
    "Configured share of probes that are to succeed",
    TARGET_LABELS,
  ),
  failoverMaxDuration: gauge(
    "heartbeat_failover_max_duration_seconds",
    "Configured time in fallback after which it is overdue",
    TARGET_LABELS,
  ),
  targetInfo: gauge(
    "heartbeat_target_info",
    "Facts about a configured target, with its configured labels besides; the value is always 1",
    [...TARGET_LABELS, "critical", "kind"],
  ),
  targetMaintenance: gauge(
    "heartbeat_target_maintenance",
    "Whether the target is worked on, so that nothing is concluded from failures; only where a window is about it",
    TARGET_LABELS,
  ),
};
