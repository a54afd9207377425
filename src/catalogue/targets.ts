import { counter, gauge, histogram } from "../core/metric.ts";
import { ALERTED_REASONS } from "../core/reasons.ts";

// Few bounds, because each is a series of every target. Exact quantiles come from the gauges, by quantile_over_time.

/** From a page in the same rack to an answer of a slow model. */
const DURATION_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];
/** From a cached prompt to a model that thinks first. */
const FIRST_TOKEN_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 10, 30];
/** From a fast model to one with pauses of a second. */
const INTER_TOKEN_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

const WITH_FAILOVER = "with `failover`";

const TARGET_LABELS = ["target", "module"] as const;

/** Metrics of configured targets: what is remembered of their probes, and what is configured. */
export const targetMetrics = {
  healthChecks: counter("heartbeat_health_checks_total", "Probes by status: success or failure", [
    ...TARGET_LABELS,
    "status",
  ]),
  healthCheckDuration: histogram(
    "heartbeat_health_check_duration_seconds",
    "Duration of probes by status, without cold starts and without those whose duration a stall of the exporter makes uncertain",
    [...TARGET_LABELS, "status"],
    DURATION_BUCKETS,
    { when: "with `histograms: [duration]` for status success, `[failed_duration]` for status failure" },
  ),
  failures: counter("heartbeat_failures_total", "Failed probes by reason", [...TARGET_LABELS, "reason"], {
    when: `${ALERTED_REASONS.join(", ")} from 0 on, if the prober can give them; other reasons from their first failure on`,
  }),
  consecutiveFailures: gauge(
    "heartbeat_consecutive_failures",
    "Consecutive failed probes, not counting ignored reasons",
    TARGET_LABELS,
  ),
  consecutiveSuccesses: gauge(
    "heartbeat_consecutive_successes",
    "Consecutive successful probes",
    TARGET_LABELS,
  ),
  modelAvailable: gauge(
    "heartbeat_model_available",
    "1 if the model answered the last probe, correctly or not, 0 if it did not",
    TARGET_LABELS,
    { when: "for `llm`, once the model answered or did not, until the result is stale" },
  ),
  targetHealthy: gauge(
    "heartbeat_target_healthy",
    "1 if the target is healthy after thresholds, 0 if unhealthy; absent while unknown",
    TARGET_LABELS,
    { when: "once the status is known, until the last result is stale" },
  ),
  targetStatus: gauge(
    "heartbeat_target_status",
    "Status of the target, one series per status: healthy, degraded (healthy, but the last answer was slower than expected or met a degraded_if rule or a warning threshold), unhealthy, unknown",
    [...TARGET_LABELS, "status"],
  ),
  currentMode: gauge(
    "heartbeat_current_mode",
    "Mode of a target with failover, one series per mode: primary, fallback",
    [...TARGET_LABELS, "mode"],
    { when: WITH_FAILOVER },
  ),
  modeSince: gauge(
    "heartbeat_mode_since_timestamp_seconds",
    "Time when the current mode began, as a Unix timestamp",
    TARGET_LABELS,
    { when: WITH_FAILOVER },
  ),
  modeForced: gauge(
    "heartbeat_mode_forced",
    "1 if an operator has forced the mode, 0 if not",
    TARGET_LABELS,
    { when: WITH_FAILOVER },
  ),
  failoverEvents: counter(
    "heartbeat_failover_events_total",
    "Changes of mode by type: triggered or recovered",
    [...TARGET_LABELS, "type"],
    { when: WITH_FAILOVER },
  ),
  lastProbe: gauge(
    "heartbeat_last_probe_timestamp_seconds",
    "Time when the last probe ended, as a Unix timestamp",
    TARGET_LABELS,
    { when: "after the first probe" },
  ),
  lastSuccess: gauge(
    "heartbeat_last_success_timestamp_seconds",
    "Time when the last successful probe ended, as a Unix timestamp",
    TARGET_LABELS,
    { when: "after the first success" },
  ),
  lastFailure: gauge(
    "heartbeat_last_failure_timestamp_seconds",
    "Time when the last failed probe ended, as a Unix timestamp, and why it failed; one series, which later successes keep",
    [...TARGET_LABELS, "reason"],
    { when: "after the first failure" },
  ),
  llmTokensTotal: counter(
    "heartbeat_llm_tokens_total",
    "Tokens spent on probes as counted by the API, by type",
    [...TARGET_LABELS, "type"],
    { when: "for `llm`, for the types that the API counts, from the first answer on" },
  ),
  llmCost: counter(
    "heartbeat_llm_cost_dollars_total",
    "Dollars spent on probes at the configured prices; tokens that the API does not count are estimated",
    TARGET_LABELS,
    { when: "with `prices` of the model" },
  ),
  llmBudgetTokens: gauge(
    "heartbeat_llm_budget_remaining_tokens",
    "Tokens left in the tightest budget of the target, including those of its module",
    TARGET_LABELS,
    { when: "with a `budget` of tokens" },
  ),
  llmBudgetDollars: gauge(
    "heartbeat_llm_budget_remaining_dollars",
    "Dollars left in the tightest budget of the target, including those of its module",
    TARGET_LABELS,
    { when: "with a `budget` of dollars" },
  ),
  llmTier: gauge(
    "probe_llm_tier",
    "1 if the last check of the tier succeeded, 0 if it failed; a tier does not prompt the model, and there is no series before its first check",
    [...TARGET_LABELS, "tier"],
    { when: "with `tiers`, after the first check of each" },
  ),
  llmFirstTokenHistogram: histogram(
    "heartbeat_llm_time_to_first_token_seconds",
    "Time to first token of probes, without cold starts",
    TARGET_LABELS,
    FIRST_TOKEN_BUCKETS,
    { when: "with `histograms: [first_token]`, from the first streamed answer on that is no cold start" },
  ),
  llmInterTokenHistogram: histogram(
    "heartbeat_llm_inter_token_latency_seconds",
    "Inter-token latency of probes, without cold starts",
    TARGET_LABELS,
    INTER_TOKEN_BUCKETS,
    {
      when: "with `histograms: [inter_token]`, from the first streamed answer on that is no cold start",
      keptFor: "has to be asked for",
    },
  ),
  interval: gauge("heartbeat_interval_seconds", "Configured interval between probes", TARGET_LABELS),
  failureThreshold: gauge(
    "heartbeat_failure_threshold",
    "Configured number of consecutive failures that make the target unhealthy",
    TARGET_LABELS,
  ),
  healthyThreshold: gauge(
    "heartbeat_healthy_threshold",
    "Configured number of consecutive successes that make the target healthy again",
    TARGET_LABELS,
    { when: "with `probe_details: true`", keptFor: "has to be asked for" },
  ),
  expectedDuration: gauge(
    "heartbeat_expected_duration_seconds",
    "Configured duration above which a healthy target is degraded",
    TARGET_LABELS,
    { when: "with `expected_duration`" },
  ),
  sloObjective: gauge(
    "heartbeat_slo_objective_ratio",
    "Configured objective for the ratio of successful probes",
    TARGET_LABELS,
  ),
  failoverMaxDuration: gauge(
    "heartbeat_failover_max_duration_seconds",
    "Configured duration after which fallback is overdue",
    TARGET_LABELS,
    { when: WITH_FAILOVER },
  ),
  targetInfo: gauge(
    "heartbeat_target_info",
    "Facts about the target and its configured labels; the value is always 1",
    [...TARGET_LABELS, "critical", "kind"],
  ),
  targetMaintenance: gauge(
    "heartbeat_target_maintenance",
    "1 if a maintenance window for the target is open, so that failures are expected, 0 if not; only for targets with a window",
    TARGET_LABELS,
    { when: "with a maintenance window" },
  ),
};
