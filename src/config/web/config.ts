import { readFileSync, statSync } from "node:fs";
import { createSecureContext, DEFAULT_CIPHERS, type SecureContextOptions } from "node:tls";
import { defined } from "../../core/defined.ts";
import { parseDuration, type Seconds, seconds } from "../../core/units.ts";
import { convert, noFindings } from "../document/convert.ts";
import { createProblems, type Problems } from "../document/problems.ts";
import { reasonOf } from "../document/secrets.ts";
import { createValidator } from "../document/validate.ts";
import { parseYaml } from "../document/yaml.ts";
import { readConfigFile } from "../load.ts";
import { resolverFor } from "../sections/modules.ts";
import { CIPHERS, CURVES, type RawTls, type RawWeb, TLS_VERSIONS, webSchema } from "./schema.ts";

/** What a client has to show to be let in. */
export type ClientCertificates = "none" | "any_if_given" | "any" | "verified_if_given" | "verified";

/** How the exporter is served, checked and ready to use. */
export interface WebConfig {
  /** HTTPS; plain HTTP without. */
  readonly tls?: {
    readonly context: SecureContextOptions;
    readonly clients: ClientCertificates;
    readonly allowedNames: readonly string[] | undefined;
  };
  /** Hashes of passwords by the names of users; when empty, everybody is let in. */
  readonly users: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly rateLimit?: { readonly interval: Seconds; readonly burst: number };
  /** What the files that this was made of looked like when they were read, and what they look like now. */
  readonly read: string;
  readonly stamp: () => string;
  readonly warnings: readonly string[];
}

const BCRYPT = /^\$2[aby]?\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;

const validator = createValidator({
  bcrypt: (text) => BCRYPT.test(text),
  duration: (text) => parseDuration(text) !== undefined,
});

/**
 * Reads the file of `--web.config.file`, and the certificates that it names. Paths are relative to its folder.
 * @throws ConfigError naming everything that is wrong
 */
export function loadWebConfig(path: string): WebConfig {
  const files = new Map([[path, stampOf(path)]]);
  const findings = noFindings();
  const early: Parameters<Problems["problemAt"]>[] = [];
  const root = parseYaml(readConfigFile(path), (...problem) => early.push(problem));
  const report = createProblems(path, root, findings);
  for (const problem of early) report.problemAt(...problem);
  // As in exporter-toolkit an empty file asks for nothing, and $ is a letter like any other.
  const raw = root === undefined ? {} : convert(root, webSchema, { env: {}, findings, unset: () => {} });
  for (const complaint of validator.check(webSchema, raw)) report.problem(complaint);
  findings.unresolved.clear();
  const { tls_server_config: rawTls, ...web } = (report.isBroken([]) ? {} : raw) as RawWeb;
  const tls = rawTls === undefined ? undefined : tlsOf(rawTls, report, filesOf(path, report, files));
  report.settle();
  const { interval = "0", burst = 1 } = web.rate_limit ?? {};
  const every = parseDuration(interval) ?? seconds(0);
  if (web.http_server_config?.http2 === true)
    report.warn(
      ["http_server_config", "http2"],
      "HTTP/2 is not served; HTTP/1.1 is, which every client speaks",
    );
  return {
    ...defined({ tls }),
    users: new Map(Object.entries(web.basic_auth_users ?? {})),
    headers: { ...web.http_server_config?.headers },
    ...(every > 0 ? { rateLimit: { interval: every, burst } } : {}),
    read: [...files.values()].join("\n"),
    stamp: () => [...files.keys()].map(stampOf).join("\n"),
    warnings: report.warnings(),
  };
}

/** Reads a file that an option names, and notes it as one to watch. */
type ReadOption = (option: keyof RawTls, file: string) => string | undefined;

function filesOf(path: string, report: Problems, files: Map<string, string>): ReadOption {
  const resolvePath = resolverFor(path);
  return (option, file) => {
    const resolved = resolvePath(file);
    files.set(resolved, stampOf(resolved));
    try {
      return readFileSync(resolved, "utf8");
    } catch (error) {
      report.problem({
        path: ["tls_server_config", option],
        got: reasonOf(error),
        want: "a readable PEM file",
      });
      return undefined;
    }
  };
}

/** Changes whenever the file is written or replaced. */
function stampOf(file: string): string {
  try {
    const { mtimeMs, ctimeMs, size, ino } = statSync(file);
    return [file, mtimeMs, ctimeMs, size, ino].join(" ");
  } catch {
    return file;
  }
}

function tlsOf(raw: RawTls, report: Problems, read: ReadOption): WebConfig["tls"] {
  const at = (...option: readonly string[]) => ["tls_server_config", ...option];
  const one = (inline: "cert" | "key" | "client_ca", file: "cert_file" | "key_file" | "client_ca_file") => {
    const name = raw[file];
    if (raw[inline] !== undefined && name !== undefined)
      report.problem({ path: at(file), got: `${inline} and ${file}`, want: "only one of the two" });
    return raw[inline] ?? (name === undefined ? undefined : read(file, name));
  };
  const missing = (["cert", "key"] as const).filter(
    (name) => raw[name] === undefined && raw[`${name}_file`] === undefined,
  );
  for (const name of missing)
    report.problem({ path: at(), got: `no ${name}`, want: `${name}_file or ${name}` });
  const cert = one("cert", "cert_file");
  const key = one("key", "key_file");
  const ca = one("client_ca", "client_ca_file");
  const clients = clientsOf(raw.client_auth_type);
  if (ca !== undefined && clients === "none")
    report.problem({ path: at(), got: "client_ca without client_auth_type", want: "both or none" });
  if ((clients === "verified" || clients === "verified_if_given") && ca === undefined)
    report.warn(
      at("client_auth_type"),
      "without client_ca_file every public authority can vouch for clients",
    );
  if (raw.client_allowed_sans !== undefined && clients !== "any" && clients !== "verified") {
    const want = "client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert beside it";
    report.problem({ path: at("client_allowed_sans"), got: "names without certificates", want });
  }
  const context: SecureContextOptions & { honorCipherOrder?: boolean } = {
    ...defined({ cert, key, ca }),
    ...strictness(raw),
  };
  if (cert !== undefined && key !== undefined) checkContext(context, report, at());
  return { context, clients, allowedNames: raw.client_allowed_sans };
}

function strictness(raw: RawTls): SecureContextOptions & { honorCipherOrder: boolean } {
  const lowest = raw.min_version ?? "TLS12";
  const old = lowest === "TLS10" || lowest === "TLS11";
  const chosen = raw.cipher_suites?.map((name) => CIPHERS[name]).join(":");
  const ciphers = chosen === undefined || chosen === "" ? undefined : chosen;
  return {
    minVersion: TLS_VERSIONS[lowest],
    maxVersion: TLS_VERSIONS[raw.max_version ?? "TLS13"],
    honorCipherOrder: raw.prefer_server_cipher_suites ?? true,
    // OpenSSL speaks the old versions at its security level 0 only.
    ...(old
      ? { ciphers: `${ciphers ?? DEFAULT_CIPHERS}:@SECLEVEL=0` }
      : ciphers === undefined
        ? {}
        : { ciphers }),
    ...(raw.curve_preferences === undefined
      ? {}
      : { ecdhCurve: raw.curve_preferences.map((name) => CURVES[name]).join(":") }),
  };
}

function clientsOf(type: RawTls["client_auth_type"]): ClientCertificates {
  switch (type) {
    case undefined:
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

/** OpenSSL's messages name no content. */
function checkContext(context: SecureContextOptions, report: Problems, path: readonly string[]): void {
  try {
    createSecureContext(context);
  } catch (error) {
    const got = `certificates or a key that cannot be used (${error instanceof Error ? error.message : String(error)})`;
    report.problem({
      path,
      got,
      want: "a certificate and its key, in PEM, and versions and ciphers that fit",
    });
  }
}
