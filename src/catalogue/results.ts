import { gauge } from "../core/metric.ts";

/** Metrics of every result, whichever prober it is from. */
export const resultMetrics = {
  probeSuccess: gauge("probe_success", "1 if the probe succeeded, 0 if it failed"),
  probeDuration: gauge("probe_duration_seconds", "Duration of the probe"),
  probeTimeout: gauge("probe_timeout_seconds", "Longest duration that the probe was allowed", [], {
    detail: true,
  }),
  probeFailureReason: gauge(
    "probe_failure_reason",
    "Reason of the failure; the value is 1, and there is no series after a success",
    ["reason"],
    { when: "after a failure" },
  ),
  probeDegradedReason: gauge(
    "probe_degraded_reason",
    "Reason for which the answer makes the target degraded, by a rule or threshold of its module: body_mismatch, header_mismatch or threshold; the value is 1, and there is no series otherwise",
    ["reason"],
    { when: "after a degraded answer" },
  ),
  probeResultAge: gauge("probe_result_age_seconds", "Age of the result; 0 if the probe ran for this scrape"),
  probeSkipped: gauge(
    "probe_skipped",
    "Reason why no new probe is sent at present, so that the result is the last one: budget_exhausted, or not_leader if another replica sends the prompts; the value is 1, and there is no series otherwise",
    ["reason"],
    { when: "while probes are skipped" },
  ),
  coldStart: gauge(
    "probe_llm_cold_start",
    "1 if the probe came after a silence of at least cold_start.after, 0 if not; a cold start is in no histogram of times and does not degrade its target",
    [],
    { when: "with `cold_start`" },
  ),
};
