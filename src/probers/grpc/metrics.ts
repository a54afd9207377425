import { gauge } from "../../core/metric.ts";
import { certificateMetrics } from "../certificates.ts";
import { resolutionMetrics } from "../resolution.ts";

/** Metrics of the `grpc` prober, named as in blackbox_exporter. */
export const grpcMetrics = {
  statusCode: gauge(
    "probe_grpc_status_code",
    "Status code of the health check, such as 5 for NOT_FOUND, also one that the client gives; 0 without a check",
    [],
    { detail: true },
  ),
  servingStatus: gauge(
    "probe_grpc_healthcheck_response",
    "1 for the serving status in the answer to the health check, 0 for the others",
    ["serving_status"],
    { when: "once a connection was tried", detail: true },
  ),
  ssl: gauge("probe_grpc_ssl", "1 if the answer came over TLS, 0 if not", [], { detail: true }),
  duration: gauge(
    "probe_grpc_duration_seconds",
    "Time spent to resolve the name of the target, and to check its health over a new connection",
    ["phase"],
    { when: "`check` once a connection was tried", detail: true },
  ),
  ...resolutionMetrics,
  ...certificateMetrics,
};
