import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { allowedTargetsSchema } from "../address-policy.ts";
import { authProperties, httpHeadersSchema, proxyProperties } from "../http-client-schema.ts";
import { CONFIDENTIAL_HEADER } from "../http-headers.ts";
import { ipPreferenceProperties } from "../resolution.ts";
import { tlsConfigSchema } from "../tls-options.ts";

const regexps = (description: string) =>
  ({
    type: "array",
    items: { type: "string", format: "regexp" },
    description,
  }) as const satisfies JSONSchema;

const headerRules = (description: string) =>
  ({
    type: "array",
    description,
    items: {
      type: "object",
      additionalProperties: false,
      required: ["header", "regexp"],
      properties: {
        header: { type: "string", minLength: 1, description: "Name of the header, in any case." },
        regexp: { type: "string", minLength: 1, format: "regexp", description: "Unanchored RE2 expression." },
        allow_missing: {
          type: "boolean",
          description: "Accept a response without the header; default false.",
        },
      },
    },
  }) as const satisfies JSONSchema;

const flag = (description: string) => ({ type: "boolean", description }) as const satisfies JSONSchema;

/** Schema of one entry of `metrics`: a value of the response that becomes a gauge. */
export const valueSchema = {
  type: "object",
  description: "A number, boolean or state in the response, exported as a gauge.",
  additionalProperties: false,
  required: ["name", "help"],
  properties: {
    name: {
      type: "string",
      pattern: "^[a-zA-Z_:][a-zA-Z0-9_:]*$",
      description: "Name of the gauge, different from the exporter's own metrics.",
    },
    help: { type: "string", minLength: 1, description: "Help text of the gauge." },
    json: {
      type: "string",
      minLength: 1,
      description:
        "Location of the value in a JSON body: a JSON pointer (`/components/heartbeat/uptime_seconds`) or a path (`components.heartbeat.uptime_seconds`). A step `*` matches every key or element.",
    },
    header: { type: "string", minLength: 1, description: "Response header that contains the value." },
    regexp: {
      type: "string",
      format: "regexp",
      description:
        "RE2 expression whose group named `value` matches the value in the body or the header. Other named groups become labels.",
    },
    labels: {
      type: "object",
      additionalProperties: { type: "string" },
      propertyNames: { pattern: "^[a-zA-Z_][a-zA-Z0-9_]*$" },
      description: "Labels of the series.",
    },
    step_labels: {
      type: "array",
      items: { type: "string", pattern: "^[a-zA-Z_][a-zA-Z0-9_]*$" },
      description: "Names of the labels with the keys or elements that the `*` of `json` match, in order.",
    },
    states: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      uniqueItems: true,
      description:
        "Possible values. Each becomes a series with the label `state`; that of the current value is 1, the others 0.",
    },
    factor: {
      type: "number",
      default: 1,
      description: "Multiplies a number, to convert it to base units.",
    },
    warn_above: {
      type: "number",
      description: "The target is degraded while the gauge is above this number.",
    },
    warn_below: {
      type: "number",
      description: "The target is degraded while the gauge is below this number.",
    },
    fail_above: { type: "number", description: "The probe fails if the gauge is above this number." },
    fail_below: { type: "number", description: "The probe fails if the gauge is below this number." },
    allow_missing: {
      type: "boolean",
      description:
        "Accept a response without the value. By default a missing value exceeds the thresholds of the entry, if it has any.",
    },
  },
} as const satisfies JSONSchema;

/** One entry of `metrics`. */
export type ValueOptions = FromSchema<typeof valueSchema, { keepDefaultedPropertiesOptional: true }>;

/** Schema of `modules.<name>.http`: blackbox_exporter's options, `metrics` and `allowed_targets`. */
export const httpSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    valid_status_codes: {
      type: "array",
      description: "Accepted status codes: 204, classes (2xx), ranges (200-399) or any; default 2xx.",
      items: { type: ["integer", "string"] },
    },
    valid_http_versions: {
      type: "array",
      items: { type: "string" },
      description: "Accepted versions: HTTP/1.0, HTTP/1.1 and HTTP/2.0; default all.",
    },
    ...ipPreferenceProperties,
    skip_resolve_phase_with_proxy: flag(
      "Let the proxy of proxy_url or of the environment resolve the target's name; default false.",
    ),
    follow_redirects: flag("Follow up to 10 redirects; default true."),
    no_follow_redirects: flag("Deprecated: the opposite of follow_redirects."),
    fail_if_ssl: flag("Fail if the final response came over TLS; default false."),
    fail_if_not_ssl: flag("Fail if the final response did not come over TLS; default false."),
    method: { type: "string", description: "Request method; default GET." },
    headers: {
      type: "object",
      additionalProperties: { type: "string" },
      patternProperties: { [CONFIDENTIAL_HEADER]: { type: "string", writeOnly: true } },
      description: "Request headers. Host also sets the server name for TLS.",
    },
    http_headers: httpHeadersSchema,
    body: { type: "string", description: "Request body." },
    body_file: { type: "string", description: "File with the request body, read per probe." },
    body_size_limit: {
      type: "string",
      description:
        "Longest accepted response body after decompression, such as 1MB; a longer one fails with the reason too_large. Default: 10MB if rules or metrics read the body, else 0, no limit. A body that is read is never longer than limits.response_memory.",
    },
    compression: {
      type: "string",
      description:
        "Decompresses the response body, whatever its Content-Encoding: gzip, br, deflate or identity, in any case; default none.",
    },
    fail_if_body_matches_regexp: regexps("Fail if any of these RE2 expressions matches the body."),
    fail_if_body_not_matches_regexp: regexps("Fail if any of these RE2 expressions does not match the body."),
    fail_if_header_matches: headerRules("Fail if any value of the header matches."),
    fail_if_header_not_matches: headerRules("Fail if no value of the header matches."),
    fail_if_body_json_matches_cel: {
      type: "string",
      minLength: 1,
      description: "Fail if this CEL expression over body, the parsed JSON, is true.",
    },
    fail_if_body_json_not_matches_cel: {
      type: "string",
      minLength: 1,
      description: "Fail if this CEL expression over body, the parsed JSON, is not true.",
    },
    degraded_if_body_matches_regexp: regexps(
      "The target is degraded while the probe succeeds and any of these RE2 expressions matches the body.",
    ),
    degraded_if_body_not_matches_regexp: regexps(
      "The target is degraded while the probe succeeds and any of these RE2 expressions does not match the body.",
    ),
    degraded_if_header_matches: headerRules(
      "The target is degraded while the probe succeeds and any value of the header matches.",
    ),
    degraded_if_header_not_matches: headerRules(
      "The target is degraded while the probe succeeds and no value of the header matches.",
    ),
    degraded_if_body_json_matches_cel: {
      type: "string",
      minLength: 1,
      description:
        "The target is degraded while the probe succeeds and this CEL expression over body, the parsed JSON, is true.",
    },
    degraded_if_body_json_not_matches_cel: {
      type: "string",
      minLength: 1,
      description:
        "The target is degraded while the probe succeeds and this CEL expression over body, the parsed JSON, is not true.",
    },
    tls_config: tlsConfigSchema,
    ...authProperties,
    ...proxyProperties,
    enable_http2: flag("Offer HTTP/2 to TLS targets; default true."),
    enable_http3: flag("HTTP/3 is not supported: true turns the module off, with a warning."),
    metrics: {
      type: "array",
      items: valueSchema,
      description: "Values of the response to export as gauges, whether or not the probe succeeds.",
    },
    allowed_targets: allowedTargetsSchema,
  },
} as const satisfies JSONSchema;

/** The options of an `http` module. */
export type HttpOptions = FromSchema<typeof httpSchema, { keepDefaultedPropertiesOptional: true }>;
