import type { JSONSchema } from "json-schema-to-ts";
import { tlsConfigSchema } from "../../tls-options.ts";

const text = (description: string) => ({ type: "string", description }) as const satisfies JSONSchema;
const secret = (description: string) =>
  ({ type: "string", writeOnly: true, description }) as const satisfies JSONSchema;
const file = (description: string) =>
  ({ type: "string", minLength: 1, description }) as const satisfies JSONSchema;

/** Headers with one or more values each, of which some are secrets. */
export const httpHeadersSchema = {
  type: "object",
  description: "Headers by name, each with values, secrets (never shown) and files (read per probe).",
  additionalProperties: {
    type: "object",
    additionalProperties: false,
    properties: {
      values: { type: "array", items: { type: "string" }, description: "Values that may be shown." },
      secrets: {
        type: "array",
        items: { type: "string", writeOnly: true },
        description: "Values that are secrets.",
      },
      files: {
        type: "array",
        items: { type: "string", minLength: 1 },
        description: "Files whose content is a value, treated as a secret.",
      },
    },
  },
} as const satisfies JSONSchema;

/** Where requests go through, shared by the probe itself and by `oauth2`. */
export const proxyProperties = {
  proxy_url: secret("Proxy to go through: http:// or https://, with user and password if it wants them."),
  no_proxy: text("Hosts, domains, addresses and ranges that are reached without the proxy, comma-separated."),
  proxy_from_environment: {
    type: "boolean",
    description: "Take proxies from HTTP_PROXY, HTTPS_PROXY and NO_PROXY; default false.",
  },
  proxy_connect_header: {
    type: "object",
    additionalProperties: { type: "array", items: { type: "string", writeOnly: true } },
    description: "Headers to send to the proxy with CONNECT.",
  },
} as const satisfies Record<string, JSONSchema>;

/** How the probe says who it is. The kinds exclude each other. */
export const authProperties = {
  basic_auth: {
    type: "object",
    description: "User and password.",
    additionalProperties: false,
    properties: {
      username: text("The user."),
      username_file: file("File with the user, read per probe."),
      password: secret("The password."),
      password_file: file("File with the password, read per probe."),
    },
  },
  authorization: {
    type: "object",
    description: "The Authorization header as type and credentials.",
    additionalProperties: false,
    properties: {
      type: text("The scheme; default Bearer."),
      credentials: secret("The credentials."),
      credentials_file: file("File with the credentials, read per probe."),
    },
  },
  bearer_token: secret("Short form of authorization with type Bearer."),
  bearer_token_file: file("Short form of authorization with type Bearer, the token in a file."),
  oauth2: {
    type: "object",
    description:
      "A token by OAuth 2.0 client credentials; it is fetched inside the probe's timeout and kept.",
    additionalProperties: false,
    required: ["client_id", "token_url"],
    properties: {
      client_id: { type: "string", minLength: 1, description: "The client's name." },
      client_secret: secret("The client's secret."),
      client_secret_file: file("File with the client's secret, read when a token is fetched."),
      scopes: { type: "array", items: { type: "string" }, description: "Scopes to ask for." },
      token_url: { type: "string", minLength: 1, description: "Where tokens are had." },
      endpoint_params: {
        type: "object",
        additionalProperties: { type: "string", writeOnly: true },
        description: "Further parameters of the token request.",
      },
      tls_config: { ...tlsConfigSchema, description: "TLS settings of the connection to token_url." },
      ...proxyProperties,
    },
  },
} as const satisfies Record<string, JSONSchema>;
