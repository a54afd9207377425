import type { JSONSchema } from "json-schema-to-ts";
import { tlsConfigSchema } from "./tls-options.ts";

const text = (description: string) => ({ type: "string", description }) as const satisfies JSONSchema;
const secret = (description: string) =>
  ({ type: "string", writeOnly: true, description }) as const satisfies JSONSchema;
/** An empty name of a file is none, as in blackbox_exporter. */
const file = text;

/** Schema of `http_headers`. */
export const httpHeadersSchema = {
  type: "object",
  description: "Headers by name, each with values, secrets (never shown) and files (read for each probe).",
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

/** Schemas of the proxy options, which a module and its `oauth2` have. */
export const proxyProperties = {
  proxy_url: secret(
    "URL of a proxy, http:// or https://, optionally with user and password. One of SOCKS turns the module off, with a warning.",
  ),
  no_proxy: text("Hosts, domains, addresses and ranges to connect to without the proxy, comma-separated."),
  proxy_from_environment: {
    type: "boolean",
    description: "Use the proxies of HTTP_PROXY, HTTPS_PROXY and NO_PROXY; default false.",
  },
  proxy_connect_header: {
    type: "object",
    additionalProperties: { type: "array", items: { type: "string", writeOnly: true } },
    description: "Headers to send to the proxy with CONNECT.",
  },
} as const satisfies Record<string, JSONSchema>;

/** Schemas of the credentials, of which a module has at most one kind. */
export const authProperties = {
  basic_auth: {
    type: "object",
    description: "User and password.",
    additionalProperties: false,
    properties: {
      username: text("The user."),
      username_file: file("File with the user, read for each probe."),
      password: secret("The password."),
      password_file: file("File with the password, read for each probe."),
    },
  },
  authorization: {
    type: "object",
    description: "The Authorization header as type and credentials.",
    additionalProperties: false,
    properties: {
      type: text("The scheme; default Bearer."),
      credentials: secret("The credentials."),
      credentials_file: file("File with the credentials, read for each probe."),
    },
  },
  bearer_token: secret("Short form of authorization with type Bearer."),
  bearer_token_file: file("Short form of authorization with type Bearer, the token in a file."),
  oauth2: {
    type: "object",
    description:
      "A token by OAuth 2.0, with client credentials or a signed assertion, fetched within the probe's timeout and cached.",
    additionalProperties: false,
    required: ["client_id", "token_url"],
    properties: {
      client_id: { type: "string", minLength: 1, description: "Client identifier." },
      client_secret: secret("Client secret."),
      client_secret_file: file("File with the client secret, read when a token is fetched."),
      grant_type: text(
        "client_credentials (default), or urn:ietf:params:oauth:grant-type:jwt-bearer for an assertion that is signed with the client's key.",
      ),
      client_certificate_key: secret("RSA key (PEM) that signs the assertion."),
      client_certificate_key_file: file("File with the key, read when a token is fetched."),
      client_certificate_key_id: text("Identifier of the key, in the header of the assertion."),
      signature_algorithm: {
        enum: ["RS256", "RS384", "RS512", ""],
        description: "Algorithm of the signature; default RS256.",
      },
      iss: text("Issuer of the assertion; default client_id."),
      audience: text("Audience of the assertion; default token_url."),
      claims: {
        type: "object",
        additionalProperties: true,
        description: "Further claims of the assertion, which take precedence.",
      },
      scopes: { type: "array", items: { type: "string" }, description: "Scopes to request." },
      token_url: { type: "string", minLength: 1, description: "URL of the token endpoint." },
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
