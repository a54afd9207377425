import { X509Certificate } from "node:crypto";
import {
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type SecureContextOptions,
} from "node:tls";
import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { decodeText } from "../core/decode-text.ts";
import { FileHangsError } from "../core/file-errors.ts";
import type { CompileContext } from "../core/prober.ts";
import { readSmall, statSmall } from "../files/files.ts";
import { existsNow } from "../files/now.ts";
import {
  createKeyShares,
  firstShares,
  GROUP_NAMES,
  type Group,
  groupList,
  type KeyShares,
  sharesIn,
  withShare,
} from "../network/key-shares.ts";
import { HANDSHAKE } from "../network/tls-handshake.ts";

const VERSIONS = { TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3" } as const;
type Version = keyof typeof VERSIONS;
const ORDER: readonly Version[] = ["TLS10", "TLS11", "TLS12", "TLS13"];

/** Schema of `tls_config`, with the option names of Prometheus. */
export const tlsConfigSchema = {
  type: "object",
  description: "TLS settings of the connection to the target.",
  additionalProperties: false,
  properties: {
    insecure_skip_verify: {
      type: "boolean",
      description: "Accept any certificate; default false.",
    },
    ca: { type: "string", description: "Trusted certificates (PEM), instead of the system's." },
    ca_file: { type: "string", description: "File with trusted certificates (PEM)." },
    cert: { type: "string", description: "Client certificate (PEM)." },
    cert_file: { type: "string", description: "File with the client certificate (PEM)." },
    key: { type: "string", writeOnly: true, description: "Key of the client certificate (PEM)." },
    key_file: { type: "string", description: "File with the client certificate's key (PEM)." },
    server_name: {
      type: "string",
      description: "Server name to send (SNI) and to verify, instead of the target's host.",
    },
    min_version: { enum: ORDER, description: "Lowest acceptable TLS version; default TLS12." },
    max_version: { enum: ORDER, description: "Highest acceptable TLS version; default TLS13." },
    groups: {
      type: "array",
      minItems: 1,
      uniqueItems: true,
      items: { enum: GROUP_NAMES },
      description:
        "Groups to offer for the key exchange, the preferred one first; default: all, in this order. The handshake sends a key share of the first, and of X25519 after X25519MLKEM768.",
    },
  },
} as const satisfies JSONSchema;

export type TlsConfig = FromSchema<typeof tlsConfigSchema>;

/** The error of certificates or keys that cannot be read or do not match. Its message names files, never their content. */
export class TlsConfigError extends Error {
  override readonly name = "TlsConfigError";
  /** True if the content is unusable, false if a file cannot be read. */
  readonly unusable: boolean;

  constructor(message: string, unusable: boolean, cause: unknown) {
    super(message, { cause });
    this.unusable = unusable;
  }
}

/** The compiled TLS settings of a module. */
export interface TlsSettings {
  /** True if the target's certificate has to be valid. */
  readonly verify: boolean;
  readonly serverName: string | undefined;
  /** True if they name certificates or keys, which may be missing or unusable. */
  readonly custom: boolean;
  /**
   * Returns options for `tls.connect` with the current content of the files. The object stays the same until a file
   * changes, so that callers can cache by it. Rejects with a TlsConfigError.
   */
  options(): Promise<SecureContextOptions>;
  /** Returns the expiry of the client certificate in the latest `options`, in Unix seconds; `undefined` without one. */
  clientCertificateExpiry(): number | undefined;
}

/** Compiles `tls_config` and reports contradictions at `path`. A missing file is only a warning, because it may come later. */
export function compileTls(
  config: TlsConfig,
  context: CompileContext,
  path: readonly string[] = ["tls_config"],
): TlsSettings {
  reportContradictions(config, context, path);
  const file = (key: "ca_file" | "cert_file" | "key_file"): string | undefined => {
    const name = config[key];
    if (!name) return undefined;
    const resolved = context.resolvePath(name);
    if (!existsNow(resolved)) context.warn([...path, key], `${resolved} does not exist yet`);
    return resolved;
  };
  const sources = [
    source(config.ca, file("ca_file")),
    source(config.cert, file("cert_file")),
    source(config.key, file("key_file")),
  ] as const;
  const fixed = versionOptions(config);
  const custom = sources.some((each) => each.present);

  let version = "";
  let current: SecureContextOptions | undefined;
  let clientExpiry: number | undefined;
  return {
    verify: config.insecure_skip_verify !== true,
    serverName: config.server_name || undefined,
    custom,
    async options() {
      if (!custom) return withDefaultTrust(fixed);
      const read = await readSources(sources, current === undefined ? undefined : version).catch(
        (error: unknown): undefined => {
          // The file system of a file hangs, which says nothing about the target.
          if (current === undefined || !isHang(error)) throw error;
        },
      );
      if (current !== undefined && read === undefined) return current;
      const [ca, cert, key] = read?.contents ?? [];
      const options: SecureContextOptions = { ...fixed, ca: ca ?? trustedByDefault() };
      if (cert !== undefined) options.cert = cert;
      if (key !== undefined) options.key = key;
      refuseUnusable(
        options,
        sources.map((each) => each.origin).filter((origin) => origin !== undefined),
      );
      version = read?.stamp ?? "";
      current = options;
      clientExpiry = cert === undefined ? undefined : new X509Certificate(cert).validToDate.getTime() / 1000;
      return options;
    },
    clientCertificateExpiry: () => clientExpiry,
  };
}

const groupsOf = ({ groups }: TlsConfig): readonly Group[] => groups ?? GROUP_NAMES;

/** Returns the options for OpenSSL besides certificates. As in Go, every trusted certificate is an anchor, even one that is not self-signed. */
const versionOptions = (config: TlsConfig): SecureContextOptions => ({
  ...HANDSHAKE,
  ecdhCurve: groupList(groupsOf(config), firstShares(groupsOf(config))),
  allowPartialTrustChain: true,
  minVersion: VERSIONS[config.min_version ?? "TLS12"],
  maxVersion: VERSIONS[config.max_version ?? "TLS13"],
});

let defaults: string[] | undefined;

/** Returns the system's certificates, which Go trusts, and those of Node.js, for images without certificates. */
function trustedByDefault(): string[] {
  defaults ??= [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  return defaults;
}

const shared = new Map<string, SecureContextOptions>();

/** Returns one object for all modules with the same settings and no certificates: the context derived from it is large. */
function withDefaultTrust(fixed: SecureContextOptions): SecureContextOptions {
  const key = `${fixed.minVersion} ${fixed.maxVersion} ${fixed.ecdhCurve}`;
  const options = shared.get(key) ?? { ...fixed, ca: trustedByDefault() };
  shared.set(key, options);
  return options;
}

function reportContradictions(config: TlsConfig, context: CompileContext, path: readonly string[]): void {
  for (const key of ["ca", "cert", "key"] as const) {
    if (config[key] && config[`${key}_file`]) {
      context.problem([...path, `${key}_file`], `${key} and ${key}_file`, "at most one of them");
    }
  }
  const hasCert = Boolean(config.cert || config.cert_file);
  const hasKey = Boolean(config.key || config.key_file);
  if (hasCert !== hasKey) {
    const [present, absent] = hasCert ? ["certificate", "key"] : ["key", "certificate"];
    context.problem(path, `a client ${present} without its ${absent}`, "both or none");
  }
  const lowest = ORDER.indexOf(config.min_version ?? "TLS12");
  const highest = ORDER.indexOf(config.max_version ?? "TLS13");
  if (lowest > highest) {
    const named = config.max_version === undefined ? "min_version" : "max_version";
    context.problem(
      [...path, named],
      String(config[named]),
      `max_version at or above ${ORDER[lowest] ?? ""}`,
    );
  }
}

/** The secure contexts of the same options: parsing all trusted certificates takes longer than a handshake. */
interface Contexts {
  /** By the group whose key share is sent; `undefined` for all first shares. */
  readonly byShare: Map<Group | undefined, SecureContext>;
  readonly keyShares: KeyShares;
}

const contexts = new WeakMap<SecureContextOptions, Contexts>();

/** Returns the contexts of `options`, the same for the same object. */
function contextsOf(options: SecureContextOptions): Contexts {
  const known = contexts.get(options) ?? {
    byShare: new Map<Group | undefined, SecureContext>(),
    keyShares: createKeyShares(sharesIn(options.ecdhCurve)),
  };
  contexts.set(options, known);
  return known;
}

/** Returns the secure context of `options`, the same for the same object and share. */
export function secureContextOf(options: SecureContextOptions, share?: Group): SecureContext {
  const { byShare } = contextsOf(options);
  const context =
    byShare.get(share) ??
    createSecureContext(
      share === undefined ? options : { ...options, ecdhCurve: withShare(options.ecdhCurve, share) },
    );
  byShare.set(share, context);
  return context;
}

/** Returns what is known about the key shares that servers choose in handshakes with `options`. */
export const keySharesOf = (options: SecureContextOptions): KeyShares => contextsOf(options).keyShares;
/**
 * Reads the sources.
 * @returns `undefined` if they are still at `version`
 */
async function readSources(
  sources: readonly Source[],
  version: string | undefined,
): Promise<{ stamp: string; contents: readonly (string | undefined)[] } | undefined> {
  const stamp = (await Promise.all(sources.map((each) => each.stamp()))).join("|");
  if (stamp === version) return undefined;
  return { stamp, contents: await Promise.all(sources.map((each) => each.read())) };
}

const isHang = (error: unknown): boolean =>
  error instanceof TlsConfigError && error.cause instanceof FileHangsError;

interface Source {
  readonly present: boolean;
  readonly origin: string | undefined;
  /** Returns a text that changes with the content. */
  stamp(): Promise<string>;
  read(): Promise<string | undefined>;
}

function source(inline: string | undefined, file: string | undefined): Source {
  if (file === undefined) {
    const value = inline === "" ? undefined : inline;
    return {
      present: value !== undefined,
      origin: undefined,
      stamp: async () => "",
      read: async () => value,
    };
  }
  const missing = (cause: unknown): never => {
    throw new TlsConfigError(`cannot read ${file}: ${messageOf(cause)}`, false, cause);
  };
  return {
    present: true,
    origin: file,
    stamp: async () => {
      const { mtimeMs, size, ino } = await statSmall(file).catch(missing);
      return `${mtimeMs}:${size}:${ino}`;
    },
    read: async () => decodeText(await readSmall(file).catch(missing)),
  };
}

/**
 * Rejects certificates and keys that OpenSSL cannot use. A file without certificates has to be detected here, because
 * OpenSSL accepts it and then trusts no server.
 */
function refuseUnusable(options: SecureContextOptions, files: readonly string[]): void {
  const from = files.length === 0 ? "tls_config" : files.join(", ");
  if (typeof options.ca === "string" && !options.ca.includes("-----BEGIN")) {
    throw new TlsConfigError(`no certificate in ${from}`, true, undefined);
  }
  try {
    secureContextOf(options);
  } catch (error) {
    throw new TlsConfigError(`unusable certificates or key in ${from}: ${messageOf(error)}`, true, error);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
