import { gauge } from "../../core/metric.ts";
import { failedDueToRegex } from "../failed-due-to-regex.ts";

/** Metrics of a conversation, named as in blackbox_exporter. */
export const conversationMetrics = {
  failedDueToRegex,
  failedDueToBytes: gauge(
    "probe_failed_due_to_bytes",
    "1 if other bytes than those of `expect_bytes` made the probe fail, 0 if not",
    [],
    { when: "once the target is connected to", detail: true },
  ),
  expectInfo: gauge(
    "probe_expect_info",
    "Labels that the module takes from the line that matched; the value is always 1",
    [],
    { when: "after a match of an `expect` with `labels`, which are its labels", detail: true },
  ),
};
