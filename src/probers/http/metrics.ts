import { gauge } from "../../core/metric.ts";
import { certificateMetrics } from "../certificates.ts";
import { failedDueToRegex } from "../failed-due-to-regex.ts";
import { resolutionMetrics } from "../resolution.ts";

/** Metrics of the `http` prober, named as in blackbox_exporter. */
export const httpMetrics = {
  statusCode: gauge("probe_http_status_code", "Status code of the final response, 0 if there was none"),
  contentLength: gauge(
    "probe_http_content_length",
    "Content-Length of the final response in bytes, -1 if the response had none",
    [],
    { detail: true },
  ),
  bodyLength: gauge(
    "probe_http_uncompressed_body_length",
    "Length of the body of the final response in bytes, after decompression",
    [],
    { detail: true },
  ),
  redirects: gauge("probe_http_redirects", "Number of redirects followed", [], { detail: true }),
  ssl: gauge("probe_http_ssl", "1 if the final response came over TLS, 0 if not", [], { detail: true }),
  version: gauge("probe_http_version", "HTTP version of the final response, 0 if there was none", [], {
    detail: true,
  }),
  duration: gauge(
    "probe_http_duration_seconds",
    "Time spent in each phase of the request, summed over redirects",
    ["phase"],
    { when: "for the phases that the probe reached", detail: true },
  ),
  lastModified: gauge(
    "probe_http_last_modified_timestamp_seconds",
    "Last-Modified of the final response as a Unix timestamp",
    [],
    { when: "if the response has Last-Modified", detail: true },
  ),
  failedDueToRegex,
  failedDueToCel: gauge(
    "probe_failed_due_to_cel",
    "1 if a CEL expression for the JSON body made the probe fail, 0 if not; only for modules with such expressions",
    [],
    { when: "with `fail_if_body_json_...`", detail: true },
  ),
  ...resolutionMetrics,
  ...certificateMetrics,
};
