import type { FromSchema, JSONSchema } from "json-schema-to-ts";

/** What Go calls TLS versions, and what Node.js does. */
export const TLS_VERSIONS = { TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3" } as const;
export type TlsVersion = keyof typeof TLS_VERSIONS;

/** What clients have to show. The words are those of Go's `ClientAuthType`; the second of them is the old one of the fourth. */
const CLIENT_AUTH = [
  "NoClientCert",
  "RequestClientCert",
  "RequireClientCert",
  "RequireAnyClientCert",
  "VerifyClientCertIfGiven",
  "RequireAndVerifyClientCert",
] as const;

/** Go's names of the cipher suites that it supports, and OpenSSL's. */
export const CIPHERS = {
  TLS_AES_128_GCM_SHA256: "TLS_AES_128_GCM_SHA256",
  TLS_AES_256_GCM_SHA384: "TLS_AES_256_GCM_SHA384",
  TLS_CHACHA20_POLY1305_SHA256: "TLS_CHACHA20_POLY1305_SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: "ECDHE-ECDSA-AES128-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: "ECDHE-ECDSA-AES256-SHA",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: "ECDHE-RSA-AES128-SHA",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: "ECDHE-RSA-AES256-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
} as const;

/** Go's names of curves, and OpenSSL's. */
export const CURVES = {
  CurveP256: "P-256",
  CurveP384: "P-384",
  CurveP521: "P-521",
  X25519: "X25519",
} as const;

const CIPHER_NAMES = Object.keys(CIPHERS) as (keyof typeof CIPHERS)[];
const CURVE_NAMES = Object.keys(CURVES) as (keyof typeof CURVES)[];
const VERSION_NAMES = Object.keys(TLS_VERSIONS) as TlsVersion[];

const word = { type: "string", minLength: 1 } as const;
const version = { type: "string", enum: VERSION_NAMES } as const;

const tlsSchema = {
  type: "object",
  description: "Serves HTTPS. Files are read again when they change.",
  properties: {
    cert: { ...word, description: "Certificate (PEM)." },
    key: { ...word, writeOnly: true, description: "Its key (PEM)." },
    cert_file: { ...word, description: "File with the certificate (PEM)." },
    key_file: { ...word, description: "File with its key (PEM)." },
    client_auth_type: {
      type: "string",
      enum: CLIENT_AUTH,
      default: "NoClientCert",
      description: "What clients have to show; only RequireAndVerifyClientCert keeps others out.",
    },
    client_ca: { ...word, description: "Certificates that vouch for clients (PEM)." },
    client_ca_file: { ...word, description: "File with the certificates that vouch for clients (PEM)." },
    client_allowed_sans: {
      type: "array",
      items: word,
      description: "Subject alternative names (DNS, IP, e-mail, URI) of which a client has to have one.",
    },
    min_version: { ...version, default: "TLS12", description: "Lowest acceptable TLS version." },
    max_version: { ...version, default: "TLS13", description: "Highest acceptable TLS version." },
    cipher_suites: {
      type: "array",
      items: { type: "string", enum: CIPHER_NAMES },
      description: "Cipher suites by Go's names; default those of Node.js.",
    },
    prefer_server_cipher_suites: {
      type: "boolean",
      default: true,
      description: "Whether the order of cipher_suites counts, and not that of the client.",
    },
    curve_preferences: {
      type: "array",
      items: { type: "string", enum: CURVE_NAMES },
      description: "Elliptic curves, the preferred one first.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** What may stand in the file of `--web.config.file`: exporter-toolkit's, as far as it can be done here. */
export const webSchema = {
  type: "object",
  properties: {
    tls_server_config: tlsSchema,
    http_server_config: {
      type: "object",
      description: "How HTTP is spoken.",
      properties: {
        http2: { type: "boolean", description: "Read and without effect: HTTP/1.1 is served." },
        headers: {
          type: "object",
          description: "Headers of every answer.",
          properties: {
            "Content-Security-Policy": { type: "string" },
            "X-Frame-Options": { type: "string", enum: ["deny", "sameorigin"] },
            "X-Content-Type-Options": { type: "string", enum: ["nosniff"] },
            "X-XSS-Protection": { type: "string" },
            "Strict-Transport-Security": { type: "string" },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    basic_auth_users: {
      type: "object",
      description:
        "Names of users, and what bcrypt makes of their passwords. Everything but control is theirs.",
      additionalProperties: { type: "string", format: "bcrypt", writeOnly: true },
    },
    rate_limit: {
      type: "object",
      description: "How many requests are answered; others get 429.",
      properties: {
        interval: {
          type: "string",
          format: "duration",
          description: "Time after which one more is let in; 0 for no limit.",
        },
        burst: { type: "integer", minimum: 1, description: "How many may come at once." },
      },
      required: ["interval", "burst"],
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

type Keep = { keepDefaultedPropertiesOptional: true };

export type RawWeb = FromSchema<typeof webSchema, Keep>;
export type RawTls = FromSchema<typeof tlsSchema, Keep>;
