import { gauge } from "../core/metric.ts";

/** Metric of probers that judge by regular expressions, named as in blackbox_exporter. */
export const failedDueToRegex = gauge(
  "probe_failed_due_to_regex",
  "1 if a regular expression of the module made the probe fail, 0 if not",
  [],
  { when: "of `http` always, of others once the target is connected to", detail: true },
);
