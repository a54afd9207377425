import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { tlsConfigSchema } from "../tls-options.ts";
import { authProperties, httpHeadersSchema, proxyProperties } from "./transport/client-schema.ts";

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
          description: "Do not fail when the response has no such header; default false.",
        },
      },
    },
  }) as const satisfies JSONSchema;

/** Headers that usually carry credentials: shown by nobody, as if they were marked so one by one. */
const CONFIDENTIAL_HEADER = "^(?i:.*authorization|cookie|.*token.*|.*secret.*|.*password.*|.*api[-_]?key.*)$";

const flag = (description: string) => ({ type: "boolean", description }) as const satisfies JSONSchema;

/** One entry of `metrics`: a value of the response that becomes a gauge. */
export const valueSchema = {
  type: "object",
  description: "A number, boolean or state of the response as a gauge of its own.",
  additionalProperties: false,
  required: ["name", "help"],
  properties: {
    name: {
      type: "string",
      pattern: "^[a-zA-Z_:][a-zA-Z0-9_:]*$",
      description: "Name of the gauge; none that the exporter has itself.",
    },
    help: { type: "string", minLength: 1, description: "What it means." },
    json: {
      type: "string",
      minLength: 1,
      description:
        "Where it stands in a JSON body: a JSON pointer (`/components/heartbeat/uptime_seconds`) or a path (`components.heartbeat.uptime_seconds`). A step `*` stands for every key or element.",
    },
    header: { type: "string", minLength: 1, description: "The response header that it stands in." },
    regexp: {
      type: "string",
      format: "regexp",
      description:
        "Finds it in the body, or in the header: its group named `value`. Other named groups become labels.",
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
      description: "Names of the labels that tell which key or element each `*` of `json` stood for.",
    },
    states: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      uniqueItems: true,
      description:
        "The value is one of these words: a series for each, with the label `state`, of which one is 1.",
    },
    factor: {
      type: "number",
      default: 1,
      description: "What a number is multiplied with, to get base units.",
    },
  },
} as const satisfies JSONSchema;

export type ValueOptions = FromSchema<typeof valueSchema, { keepDefaultedPropertiesOptional: true }>;

/** Options under `modules.<name>.http`: those of blackbox_exporter, and `allowed_targets`. */
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
      description: "Accepted versions, such as HTTP/1.1 and HTTP/2.0; default all.",
    },
    preferred_ip_protocol: { enum: ["ip4", "ip6", ""], description: "IP version to prefer; default ip6." },
    ip_protocol_fallback: flag(
      "Take the other IP version when there is no address of the preferred one; default true.",
    ),
    skip_resolve_phase_with_proxy: flag(
      "Let the proxy of proxy_url resolve the target's name; default false.",
    ),
    follow_redirects: flag("Follow up to 10 redirects; default true."),
    no_follow_redirects: flag("Deprecated: the opposite of follow_redirects."),
    fail_if_ssl: flag("Fail when the final response came over TLS; default false."),
    fail_if_not_ssl: flag("Fail when the final response did not come over TLS; default false."),
    method: { type: "string", description: "Request method; default GET." },
    headers: {
      type: "object",
      additionalProperties: { type: "string" },
      patternProperties: { [CONFIDENTIAL_HEADER]: { type: "string", writeOnly: true } },
      description: "Request headers. Host sets the server name of TLS as well.",
    },
    http_headers: httpHeadersSchema,
    body: { type: "string", description: "Request body." },
    body_file: { type: "string", minLength: 1, description: "File with the request body, read per probe." },
    body_size_limit: {
      type: "string",
      description:
        "Longest accepted response body after decompression, such as 10MB; 0 is no limit, the default.",
    },
    compression: {
      enum: ["", "gzip", "br", "deflate", "identity"],
      description: "Decompress the response body this way, whatever it says of itself; default not at all.",
    },
    fail_if_body_matches_regexp: regexps("Fail when any of these RE2 expressions matches the body."),
    fail_if_body_not_matches_regexp: regexps(
      "Fail when any of these RE2 expressions does not match the body.",
    ),
    fail_if_header_matches: headerRules("Fail when any value of the header matches."),
    fail_if_header_not_matches: headerRules("Fail when no value of the header matches."),
    fail_if_body_json_matches_cel: {
      type: "string",
      minLength: 1,
      description: "Fail when this CEL expression over body, the parsed JSON, is true.",
    },
    fail_if_body_json_not_matches_cel: {
      type: "string",
      minLength: 1,
      description: "Fail when this CEL expression over body, the parsed JSON, is not true.",
    },
    tls_config: tlsConfigSchema,
    ...authProperties,
    ...proxyProperties,
    enable_http2: flag("Offer HTTP/2 to TLS targets; default true."),
    enable_http3: flag("Not supported: HTTP/3 can only be switched off."),
    metrics: {
      type: "array",
      items: valueSchema,
      description: "Values of the response that become gauges, be the probe a success or not.",
    },
    allowed_targets: {
      type: "array",
      items: { type: "string", minLength: 1 },
      description:
        "Hosts (also *.example.com), addresses and ranges, optionally with :port, that may be probed; default all but link-local and metadata addresses.",
    },
  },
} as const satisfies JSONSchema;

export type HttpOptions = FromSchema<typeof httpSchema, { keepDefaultedPropertiesOptional: true }>;
