import type { JSONSchema } from "json-schema-to-ts";
import { bool, count, duration, word } from "../sections/schema-words.ts";

/** Node.js's names of TLS versions, by Go's names. */
export const TLS_VERSIONS = { TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3" } as const;

/** Go's `ClientAuthType`. RequireClientCert is an old name of RequireAnyClientCert. */
const CLIENT_AUTH = [
  "NoClientCert",
  "RequestClientCert",
  "RequireClientCert",
  "RequireAnyClientCert",
  "VerifyClientCertIfGiven",
  "RequireAndVerifyClientCert",
] as const;

/** OpenSSL's names of the cipher suites that Go supports, by Go's names. */
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

/** OpenSSL's names of curves, by Go's names. */
export const CURVES = {
  CurveP256: "P-256",
  CurveP384: "P-384",
  CurveP521: "P-521",
  X25519: "X25519",
} as const;

const CIPHER_NAMES = Object.keys(CIPHERS) as (keyof typeof CIPHERS)[];
const CURVE_NAMES = Object.keys(CURVES) as (keyof typeof CURVES)[];
const VERSION_NAMES = Object.keys(TLS_VERSIONS) as (keyof typeof TLS_VERSIONS)[];

const version = { type: "string", enum: VERSION_NAMES } as const;

/** The key `tls_server_config`. */
export const tlsSchema = {
  type: "object",
  description: "Serves HTTPS. The files are read again when they change.",
  properties: {
    cert: { ...word, description: "Certificate (PEM)." },
    key: { ...word, writeOnly: true, description: "Key of the certificate (PEM)." },
    cert_file: { ...word, description: "File with the certificate (PEM)." },
    key_file: { ...word, description: "File with the key of the certificate (PEM)." },
    client_auth_type: {
      type: "string",
      enum: CLIENT_AUTH,
      default: "NoClientCert",
      description:
        "Certificates that clients must present; only RequireAndVerifyClientCert restricts access.",
    },
    client_ca: {
      ...word,
      description: "Certificates of the authorities that sign client certificates (PEM).",
    },
    client_ca_file: {
      ...word,
      description: "File with the certificates of the authorities that sign client certificates (PEM).",
    },
    client_allowed_sans: {
      type: "array",
      items: word,
      description:
        "Subject alternative names (DNS, IP, e-mail, URI); a client certificate must have one of them.",
    },
    min_version: { ...version, default: "TLS12", description: "Lowest acceptable TLS version." },
    max_version: { ...version, default: "TLS13", description: "Highest acceptable TLS version." },
    cipher_suites: {
      type: "array",
      items: { type: "string", enum: CIPHER_NAMES },
      description: "Cipher suites by Go's names. Default: those of Node.js.",
    },
    prefer_server_cipher_suites: {
      ...bool,
      default: true,
      description: "Prefer the order of cipher_suites to that of the client.",
    },
    curve_preferences: {
      type: "array",
      items: { type: "string", enum: CURVE_NAMES },
      description: "Elliptic curves, in order of preference.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The file of `--web.config.file`: exporter-toolkit's format, as far as Node.js supports it. */
export const webSchema = {
  type: "object",
  properties: {
    tls_server_config: tlsSchema,
    http_server_config: {
      type: "object",
      description: "HTTP options.",
      properties: {
        http2: { ...bool, description: "Accepted without effect: HTTP/1.1 is served." },
        headers: {
          type: "object",
          description: "Headers of every response.",
          properties: {
            "Content-Security-Policy": { type: "string", description: "Sources that pages may load from." },
            "X-Frame-Options": {
              type: "string",
              enum: ["deny", "sameorigin"],
              description: "Restricts the display of pages in frames.",
            },
            "X-Content-Type-Options": {
              type: "string",
              enum: ["nosniff"],
              description: "Keeps browsers from guessing content types.",
            },
            "X-XSS-Protection": { type: "string", description: "Filter of old browsers." },
            "Strict-Transport-Security": {
              type: "string",
              description: "How long browsers must use HTTPS.",
            },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    basic_auth_users: {
      type: "object",
      description:
        "Users and the bcrypt hashes of their passwords. They have access to everything except routes with a token of their own: pings, relays, actions and control routes are guarded by that token alone.",
      additionalProperties: { type: "string", format: "bcrypt", writeOnly: true },
    },
    rate_limit: {
      type: "object",
      description: "Limit of requests; requests beyond it get status 429.",
      properties: {
        interval: {
          ...duration,
          description: "Time after which one more request is accepted; 0 for no limit.",
        },
        burst: { ...count, description: "Maximum number of requests accepted at once." },
      },
      required: ["interval", "burst"],
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;
