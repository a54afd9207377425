import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { InboundAuth, OutboundTls } from "../../core/relay.ts";
import { knownSecret, type Secret } from "../../core/secret.ts";
import { type BuildContext, secretFile } from "../context.ts";
import { type Raw, withDefaults } from "../document/defaults.ts";
import type { Path } from "../document/tree.ts";
import { bool, word } from "./schema-words.ts";
import { NO_SECRET, requiredSecret } from "./secret-options.ts";

// Credentials, headers and TLS that relays and actions share.

/** Options that authenticate the notifications sent to a relay or an action. */
export const inboundProperties = {
  token_file: { ...word, description: "File with the bearer token that Alertmanager must send." },
  basic_auth: {
    type: "object",
    description: "User and password that Alertmanager must send, instead of a token.",
    properties: {
      username: { ...word, description: "The user." },
      password: { ...word, writeOnly: true, description: "The password." },
      password_file: { ...word, description: "File with the password; read again when it changes." },
    },
    required: ["username"],
    additionalProperties: false,
  },
} as const satisfies Record<string, JSONSchema>;

/** Headers to send: text, which is kept secret, or a file that holds the value. */
export const headersSchema = {
  type: "object",
  description: "Headers to send: text, or `{ file: FILE }`. The values are never shown.",
  propertyNames: { type: "string", format: "header_name" },
  additionalProperties: {
    anyOf: [
      { type: "string", format: "header_value", writeOnly: true },
      {
        type: "object",
        properties: { file: { ...word, description: "File with the value; read again when it changes." } },
        required: ["file"],
        additionalProperties: false,
      },
    ],
  },
} as const satisfies JSONSchema;

/** The option `tls_config` of requests that the exporter sends. */
export const outboundTlsSchema = {
  type: "object",
  description: "Verification of the server's certificate.",
  properties: {
    ca_file: { ...word, description: "Certificates to trust, instead of the system's." },
    insecure_skip_verify: { ...bool, default: false, description: "Accept any certificate." },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

const inboundSchema = { type: "object", properties: inboundProperties } as const satisfies JSONSchema;

/** Returns the credentials that notifications must show. They are required, because an alert can trigger an action. */
export function inboundAuth(
  { token_file: tokenFile, basic_auth: basic }: Raw<typeof inboundSchema>,
  path: Path,
  context: BuildContext,
): InboundAuth {
  const { problems } = context;
  if (tokenFile !== undefined && basic !== undefined) {
    const got = "token_file and basic_auth";
    problems.add({ path: [...path, "basic_auth"], got, want: "only one of them" });
  }
  if (tokenFile !== undefined) {
    return { kind: "bearer", token: secretFile(tokenFile, [...path, "token_file"], context) };
  }
  if (basic === undefined) {
    const want = "one of them, so that only Alertmanager is accepted";
    problems.add({ path, got: "neither token_file nor basic_auth", want });
    return { kind: "bearer", token: NO_SECRET };
  }
  const password = requiredSecret(basic, "password", [...path, "basic_auth"], context);
  return { kind: "basic", username: basic.username, password };
}

/** @param reserved lower-case names of headers that the exporter sets itself */
export function headersOf(
  raw: Raw<typeof headersSchema> | undefined,
  path: Path,
  reserved: ReadonlySet<string>,
  context: BuildContext,
): ReadonlyMap<string, Secret> {
  const headers = new Map<string, Secret>();
  for (const [name, value] of Object.entries(raw ?? {})) {
    const here = [...path, name];
    if (reserved.has(name.toLowerCase())) {
      const want = "another header, because the exporter sets this one";
      context.problems.add({ path: here, got: "a reserved header", want, aboutKey: true });
    }
    headers.set(
      name,
      typeof value === "string" ? knownSecret(value) : secretFile(value.file, [...here, "file"], context),
    );
  }
  return headers;
}

/** Builds the TLS options of requests, and warns if the server is not verified. */
export function outboundTls(
  raw: Raw<typeof outboundTlsSchema> | undefined,
  path: Path,
  context: BuildContext,
): OutboundTls {
  const { ca_file: caFile, insecure_skip_verify: insecureSkipVerify } = withDefaults(outboundTlsSchema, raw);
  if (insecureSkipVerify) {
    const text = "is on: anyone on the network path can read and forge messages";
    context.problems.warn([...path, "insecure_skip_verify"], text);
  }
  const ca = caFile === undefined ? undefined : secretFile(caFile, [...path, "ca_file"], context);
  return { insecureSkipVerify, ...defined({ ca }) };
}

/** Reports an address that is not an HTTP URL. Schemas mark addresses as secret, so the value is not quoted. */
export function checkUrl(text: string, path: Path, { problems }: BuildContext): void {
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined;
  if (protocol === "http:" || protocol === "https:") return;
  problems.add({ path, want: "a URL that starts with http:// or https://" });
}
