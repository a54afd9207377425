import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { InboundAuth, OutboundTls } from "../../core/relay.ts";
import { knownSecret, Secret } from "../../core/secret.ts";
import { childOf } from "../document/schema-errors.ts";
import type { Path } from "../document/tree.ts";
import { type BuildContext, secretFile } from "./modules.ts";

/** Stands for what was reported as wrong: it is never used. */
const NO_SECRET = new Secret(() => Promise.reject(new Error("no secret")));

/** The entries of a list by their names, of which each may stand once. */
export function namedEntries(
  list: unknown,
  path: Path,
  { report }: BuildContext,
): readonly { readonly value: unknown; readonly path: Path }[] {
  const taken = new Set<string>();
  return (Array.isArray(list) ? list : []).flatMap((value: unknown, i) => {
    const here = [...path, i];
    const name = childOf(value, "name");
    if (typeof name === "string") {
      if (taken.has(name))
        report.problem({ path: [...here, "name"], want: "a name that no other of them has" });
      taken.add(name);
    }
    return report.isBroken(here) ? [] : [{ value, path: here }];
  });
}

/** What notifications have to show. There is always something: whoever may send alerts may make things happen. */
export function inboundAuth(raw: RawInbound, path: Path, context: BuildContext): InboundAuth {
  const { report, resolvePath } = context;
  const { token_file: tokenFile, basic_auth: basic } = raw;
  if (tokenFile !== undefined && basic !== undefined) {
    report.problem({ path: [...path, "basic_auth"], got: "token_file besides", want: "only one of the two" });
  }
  if (tokenFile !== undefined) {
    const token = secretFile(resolvePath(tokenFile), [...path, "token_file"], report);
    return { kind: "bearer", token };
  }
  if (basic === undefined) {
    report.problem({
      path,
      got: "neither",
      want: "token_file or basic_auth, which Alertmanager has to show",
    });
    return { kind: "bearer", token: NO_SECRET };
  }
  const password = eitherSecret(basic, "password", [...path, "basic_auth"], context);
  return { kind: "basic", username: basic.username, password };
}

/** A secret that stands under `key`, or in the file under `key_file`: exactly one of the two. */
export function eitherSecret<Key extends string>(
  raw: Readonly<Partial<Record<Key | `${Key}_file`, string | undefined>>>,
  key: Key,
  path: Path,
  { report, resolvePath }: BuildContext,
): Secret {
  const [value, file] = [raw[key], raw[`${key}_file`]];
  if ((value === undefined) === (file === undefined)) {
    const got = value === undefined ? "neither" : "both";
    report.problem({ path, got, want: `${key} or ${key}_file` });
  }
  if (value !== undefined) return knownSecret(value);
  return file === undefined ? NO_SECRET : secretFile(resolvePath(file), [...path, `${key}_file`], report);
}

/** @param reserved names, in small letters, that are not for the user to set */
export function headersOf(
  raw: RawHeaders | undefined,
  path: Path,
  reserved: ReadonlySet<string>,
  { report, resolvePath }: BuildContext,
): ReadonlyMap<string, Secret> {
  const headers = new Map<string, Secret>();
  for (const [name, value] of Object.entries(raw ?? {})) {
    const here = [...path, name];
    if (reserved.has(name.toLowerCase())) {
      const want = "another header: the exporter sets this one itself";
      report.problem({ path: here, got: "a reserved header", want, aboutKey: true });
    }
    const secret =
      typeof value === "string"
        ? knownSecret(value)
        : secretFile(resolvePath(value.file), [...here, "file"], report);
    headers.set(name, secret);
  }
  return headers;
}

/** Warns where nobody is verified. */
export function outboundTls(
  raw: RawTls | undefined,
  path: Path,
  { report, resolvePath }: BuildContext,
): OutboundTls {
  const insecureSkipVerify = raw?.insecure_skip_verify ?? false;
  if (insecureSkipVerify) {
    report.warn([...path, "insecure_skip_verify"], "is on: whoever is in between can read and answer");
  }
  const ca =
    raw?.ca_file === undefined
      ? undefined
      : secretFile(resolvePath(raw.ca_file), [...path, "ca_file"], report);
  return { insecureSkipVerify, ...defined({ ca }) };
}

/** What relays and actions have in common. Defaults are stated for documentation: `webhooks.ts` applies them. */

const word = { type: "string", minLength: 1 } as const;

/** Keys by which a relay or an action says whose notifications it takes. */
export const inboundProperties = {
  token_file: { ...word, description: "File with the bearer token that Alertmanager has to show." },
  basic_auth: {
    type: "object",
    description: "What Alertmanager has to show instead of a token.",
    properties: {
      username: word,
      password: { ...word, writeOnly: true },
      password_file: { ...word, description: "File that holds the password; read again when it changes." },
    },
    required: ["username"],
    additionalProperties: false,
  },
} as const satisfies Record<string, JSONSchema>;

/** Headers to send: a text, which is kept secret, or a file that holds it. */
export const headersSchema = {
  type: "object",
  description: "Headers to send: a text, or `{ file: FILE }`. None of them is shown anywhere.",
  propertyNames: { type: "string", format: "header_name" },
  additionalProperties: {
    anyOf: [
      { type: "string", format: "header_value", writeOnly: true },
      {
        type: "object",
        properties: { file: { ...word, description: "Read again when it changes." } },
        required: ["file"],
        additionalProperties: false,
      },
    ],
  },
} as const satisfies JSONSchema;

/** How the receiver is trusted. */
export const outboundTlsSchema = {
  type: "object",
  description: "How the server is trusted.",
  properties: {
    ca_file: { ...word, description: "Certificates to trust instead of the usual ones." },
    insecure_skip_verify: { type: "boolean", default: false, description: "Trust anybody." },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

type Keep = { keepDefaultedPropertiesOptional: true };

const inboundSchema = { type: "object", properties: inboundProperties } as const satisfies JSONSchema;
export type RawInbound = FromSchema<typeof inboundSchema, Keep>;
export type RawHeaders = FromSchema<typeof headersSchema, Keep>;
export type RawTls = FromSchema<typeof outboundTlsSchema, Keep>;
