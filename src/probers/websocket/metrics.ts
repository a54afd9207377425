import { gauge } from "../../core/metric.ts";
import { certificateMetrics } from "../certificates.ts";
import { resolutionMetrics } from "../resolution.ts";

/** Metrics of the `websocket` prober, named as in blackbox_exporter after 0.28.0. */
export const websocketMetrics = {
  statusCode: gauge(
    "probe_websocket_status_code",
    "HTTP status of the answer to the handshake, 0 if there was none",
    [],
    { detail: true },
  ),
  upgraded: gauge("probe_websocket_connection_upgraded", "1 if the handshake was successful, 0 if not", [], {
    detail: true,
  }),
  failedDueToRegex: gauge(
    "probe_websocket_failed_due_to_regex",
    "1 if a step of `query_response` failed, 0 if not",
    [],
    { detail: true },
  ),
  duration: gauge(
    "probe_websocket_duration_seconds",
    "Time spent in each phase: to resolve the name, to connect, for the handshakes, and for the steps of `query_response`",
    ["phase"],
    { when: "for the phases that the probe reached", detail: true },
  ),
  ...resolutionMetrics,
  ...certificateMetrics,
};
