import { gauge } from "../core/metric.ts";

/** Metrics of every result, whichever prober it is from. */
export const resultMetrics = {
  probeSuccess: gauge("probe_success", "Whether the probe succeeded (1) or failed (0)"),
  probeDuration: gauge("probe_duration_seconds", "How long the probe took"),
  probeTimeout: gauge("probe_timeout_seconds", "How long the probe was allowed to take"),
  probeFailureReason: gauge(
    "probe_failure_reason",
    "Why the probe failed; present, with value 1, only on failure",
    ["reason"],
  ),
  probeResultAge: gauge(
    "probe_result_age_seconds",
    "Time since the shown result was obtained; 0 when the probe ran for this scrape",
  ),
  probeSkipped: gauge(
    "probe_skipped",
    "Why no newer result will come for now, as a reason: budget_exhausted, or not_leader where another replica sends the prompts; present, with value 1, only then. What stands beside it is the last result",
    ["reason"],
  ),
  coldStart: gauge(
    "probe_llm_cold_start",
    "Whether the probe came after a silence of cold_start.after or more; its times are then in no histogram and never degrade its target",
  ),
};
