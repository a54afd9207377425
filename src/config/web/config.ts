import { createSecureContext, DEFAULT_CIPHERS, type SecureContextOptions } from "node:tls";
import { decodeText } from "../../core/decode-text.ts";
import { defined } from "../../core/defined.ts";
import { FileHangsError } from "../../core/file-errors.ts";
import type { Seconds } from "../../core/units.ts";
import { statSmall } from "../../files/files.ts";
import { readNow, statNow } from "../../files/now.ts";
import { durationOf, resolverFor } from "../context.ts";
import { convert } from "../document/convert.ts";
import { type Raw, type WithDefaults, withDefaults } from "../document/defaults.ts";
import { describeFileError, readConfigFile, versionOf } from "../document/files.ts";
import { FORMATS } from "../document/formats.ts";
import { openDocument } from "../document/open.ts";
import type { Problems } from "../document/problems.ts";
import { createValidator } from "../document/validate.ts";
import { CIPHERS, CURVES, TLS_VERSIONS, tlsSchema, webSchema } from "./schema.ts";

/** Certificates that clients must present, and whether they are verified. */
export type ClientCertificates = "none" | "any_if_given" | "any" | "verified_if_given" | "verified";

/** Certificate and TLS options of the server. */
export interface WebTls {
  readonly context: SecureContextOptions;
  readonly clients: ClientCertificates;
  readonly allowedNames: readonly string[] | undefined;
}

/** The options of the exporter's own server, checked and ready to use. */
export interface WebConfig {
  /** Without it the exporter serves plain HTTP. */
  readonly tls?: WebTls;
  /** Hashes of passwords by user; if empty, no password is needed. */
  readonly users: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly rateLimit?: { readonly interval: Seconds; readonly burst: number };
  /** Versions of the file and the certificates when they were read; compared with `currentVersions()`. */
  readonly loadedVersions: string;
  readonly currentVersions: () => Promise<string>;
  readonly warnings: readonly string[];
}

/** Largest file of certificates, in bytes: hundreds of authorities take less. */
const LARGEST_PEM = 2 ** 20;

const validator = createValidator(FORMATS);

/**
 * Reads the file of `--web.config.file` and the certificates that it names. Paths are relative to its folder.
 * @throws ConfigError with every problem
 */
export function loadWebConfig(path: string): WebConfig {
  const versions = new Map([[path, fileVersion(path)]]);
  const { root, findings, problems } = openDocument(readConfigFile(path), path);
  // As in exporter-toolkit, an empty file has no options, and `$` has no special meaning.
  const value = root === undefined ? {} : convert(root, webSchema, { findings });
  for (const problem of validator.check(webSchema, value)) problems.add(problem);
  const raw = (problems.isBroken([]) ? {} : value) as Raw<typeof webSchema>;
  const { tls_server_config: rawTls, http_server_config: http, rate_limit: limit } = raw;
  const tls =
    rawTls === undefined
      ? undefined
      : tlsOf(withDefaults(tlsSchema, rawTls), problems, optionReader(path, problems, versions));
  problems.throwIfAny();
  if (http?.http2 === true) {
    const text = "HTTP/2 is not served; clients use HTTP/1.1 instead";
    problems.warn(["http_server_config", "http2"], text);
  }
  return {
    ...defined({ tls, rateLimit: limit === undefined ? undefined : rateLimitOf(limit) }),
    users: new Map(Object.entries(raw.basic_auth_users ?? {})),
    headers: { ...http?.headers },
    loadedVersions: [...versions.values()].join("\n"),
    currentVersions: async () => (await Promise.all([...versions].map(currentVersion))).join("\n"),
    warnings: problems.warnings(),
  };
}

function rateLimitOf(raw: NonNullable<Raw<typeof webSchema>["rate_limit"]>): WebConfig["rateLimit"] {
  const interval = durationOf(raw.interval);
  return interval > 0 ? { interval, burst: raw.burst } : undefined;
}

/** The option `tls_server_config` with its defaults. */
type RawTls = WithDefaults<typeof tlsSchema>;

/** Reads a file that an option names, and adds it to the files that are watched. */
type ReadOption = (option: keyof RawTls, file: string) => string | undefined;

function optionReader(path: string, problems: Problems, versions: Map<string, string>): ReadOption {
  const resolvePath = resolverFor(path);
  return (option, file) => {
    const resolved = resolvePath(file);
    versions.set(resolved, fileVersion(resolved));
    try {
      return decodeText(readNow(resolved, { most: LARGEST_PEM }));
    } catch (error) {
      const got = describeFileError(error);
      problems.add({ path: ["tls_server_config", option], got, want: "a readable PEM file" });
      return undefined;
    }
  };
}

/** Returns a text that changes whenever the file is written, replaced or removed. */
function fileVersion(file: string): string {
  try {
    return `${file} ${versionOf(statNow(file))}`;
  } catch {
    return file;
  }
}

/** Returns the same without blocking the process; the version before it for a file that hangs. */
async function currentVersion([file, before]: readonly [string, string]): Promise<string> {
  try {
    return `${file} ${versionOf(await statSmall(file))}`;
  } catch (error) {
    return error instanceof FileHangsError ? before : file;
  }
}

function tlsOf(raw: RawTls, problems: Problems, read: ReadOption): WebTls {
  const at = (...option: readonly string[]) => ["tls_server_config", ...option];
  const pemOf = (inline: "cert" | "key" | "client_ca"): string | undefined => {
    const option = `${inline}_file` as const;
    const file = raw[option];
    if (raw[inline] !== undefined && file !== undefined)
      problems.add({ path: at(option), got: `${inline} and ${option}`, want: "only one of them" });
    return raw[inline] ?? (file === undefined ? undefined : read(option, file));
  };
  for (const name of ["cert", "key"] as const) {
    if (raw[name] !== undefined || raw[`${name}_file`] !== undefined) continue;
    problems.add({ path: at(), got: `neither ${name} nor ${name}_file`, want: "one of them" });
  }
  const [cert, key, ca] = [pemOf("cert"), pemOf("key"), pemOf("client_ca")];
  const clients = clientsOf(raw.client_auth_type);
  if (ca !== undefined && clients === "none")
    problems.add({ path: at(), got: "client_ca without client_auth_type", want: "both or none" });
  if ((clients === "verified" || clients === "verified_if_given") && ca === undefined) {
    const text = "without client_ca_file certificates of every public authority are accepted";
    problems.warn(at("client_auth_type"), text);
  }
  if (raw.client_allowed_sans !== undefined && clients !== "any" && clients !== "verified") {
    const got = "names without required certificates";
    const want = "client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert";
    problems.add({ path: at("client_allowed_sans"), got, want });
  }
  const context = { ...defined({ cert, key, ca }), ...protocolOptions(raw) };
  if (cert !== undefined && key !== undefined) checkContext(context, problems, at());
  return { context, clients, allowedNames: raw.client_allowed_sans };
}

function protocolOptions(raw: RawTls): SecureContextOptions & { honorCipherOrder: boolean } {
  const chosen = raw.cipher_suites?.map((name) => CIPHERS[name]).join(":");
  const ciphers = chosen === "" ? undefined : chosen;
  const hasOldVersions = raw.min_version === "TLS10" || raw.min_version === "TLS11";
  return {
    minVersion: TLS_VERSIONS[raw.min_version],
    maxVersion: TLS_VERSIONS[raw.max_version],
    honorCipherOrder: raw.prefer_server_cipher_suites,
    ...defined({
      // OpenSSL speaks the old versions at its security level 0 only.
      ciphers: hasOldVersions ? `${ciphers ?? DEFAULT_CIPHERS}:@SECLEVEL=0` : ciphers,
      ecdhCurve: raw.curve_preferences?.map((name) => CURVES[name]).join(":"),
    }),
  };
}

function clientsOf(type: RawTls["client_auth_type"]): ClientCertificates {
  switch (type) {
    case "NoClientCert":
      return "none";
    case "RequestClientCert":
      return "any_if_given";
    case "RequireClientCert":
    case "RequireAnyClientCert":
      return "any";
    case "VerifyClientCertIfGiven":
      return "verified_if_given";
    case "RequireAndVerifyClientCert":
      return "verified";
  }
}

/** Reports certificates that OpenSSL rejects. Its messages do not quote their content. */
function checkContext(context: SecureContextOptions, problems: Problems, path: readonly string[]): void {
  try {
    createSecureContext(context);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    problems.add({
      path,
      got: `certificates or a key that cannot be used (${message})`,
      want: "a certificate and its key in PEM, and matching versions and ciphers",
    });
  }
}
