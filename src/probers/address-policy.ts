import type { JSONSchema } from "json-schema-to-ts";
import { createBoundedCache } from "../core/bounded-cache.ts";
import type { CompileContext } from "../core/prober.ts";
import { spellingOf } from "./host-spellings.ts";
import { compileRanges, embeddedIpv4, isIP, isRange, rangeOf, withoutZone } from "./ip.ts";

/**
 * Decides which addresses a module may probe, so that `?target=` cannot be used to reach what only this machine reaches.
 * Both methods return the reason of a refusal, or `undefined`. `configured` says that host and port are those of a
 * configured target, which needs no entry in `allowed_targets`. The port is 0 for a protocol without ports.
 */
export interface AddressPolicy {
  /** Checks a name, or an address in any spelling without brackets, before the name is resolved. */
  refusesHost(host: string, port: number, configured?: boolean): string | undefined;
  /** Checks a host that a proxy resolves, so that `refusesAddress` is never called. */
  refusesUnresolved(host: string, port: number, configured?: boolean): string | undefined;
  /** Checks an address that a connection to `host` would be opened to. */
  refusesAddress(ip: string, host: string, port: number, configured?: boolean): string | undefined;
}

/** The policy for servers that only the configuration names. */
export const ANY_ADDRESS: AddressPolicy = {
  refusesHost: () => undefined,
  refusesUnresolved: () => undefined,
  refusesAddress: () => undefined,
};

/** Schema of the option `allowed_targets` of probers whose targets have a host and a port. */
export const allowedTargetsSchema = {
  type: "array",
  items: { type: "string", minLength: 1 },
  description:
    "Hosts (also *.example.com), addresses and ranges, optionally with :port, that may be probed; default all except link-local and metadata addresses.",
} as const satisfies JSONSchema;

/** The forms of an entry of `allowed_targets`, for error texts. */
const ALLOWED_TARGET_FORM =
  "a host name, *.example.com, an IP address or a CIDR range, optionally with :port";

interface Entry {
  readonly port: number | undefined;
  readonly matchesHost: (host: string) => boolean;
  readonly matchesAddress: (ip: string) => boolean;
  readonly isAddress: boolean;
}

/**
 * Addresses that give credentials to any program on the machine: link-local ones (among them those of AWS, Google, Azure and
 * of containers on ECS and EKS), and the services outside of that range.
 */
const isServed = compileRanges([
  "169.254.0.0/16",
  "fe80::/10",
  // AWS, and its Pod Identity
  "fd00:ec2::254/128",
  "fd00:ec2::23/128",
  // Google
  "fd20:ce::254/128",
  // Alibaba
  "100.100.100.200/32",
  // Azure: keys and certificates of the machine
  "168.63.129.16/32",
  // Oracle
  "192.0.0.192/32",
  // Scaleway
  "fd00:42::42/128",
]);

/** Names that clouds give to their metadata services. They matter only where a proxy resolves names. */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.goog",
  "metadata.google.internal",
  "instance-data",
  "instance-data.ec2.internal",
  "metadata.tencentyun.com",
  "metadata.packet.net",
  "metadata.platformequinix.com",
]);

/** Most addresses that are remembered. Each probe checks that of its target twice. */
const MOST_ADDRESSES = 1000;

const knownAddresses = createBoundedCache<boolean>(MOST_ADDRESSES);

/** Returns true for such an address, and for an IPv6 address that stands for one, as in NAT64. */
const isMetadata = (ip: string): boolean =>
  knownAddresses.get(ip, () => isServed(ip) || embeddedIpv4(ip).some(isServed));

/**
 * Compiles `allowed_targets`. Without a list every target is allowed except link-local and metadata addresses; with a
 * list, only the targets that it names. A name in the list never admits a metadata address that it resolves to: such an
 * address has to be listed as an address or a range.
 * @throws RangeError naming the first entry that cannot be parsed
 */
export function compileAddressPolicy(allowed: readonly string[] | undefined): AddressPolicy {
  const entries = allowed?.map((text) => {
    const entry = parseEntry(text);
    if (entry === undefined) throw new RangeError(`got ${text}, want ${ALLOWED_TARGET_FORM}`);
    return entry;
  });
  const covers = (port: number) => (entry: Entry) => entry.port === undefined || entry.port === port;

  const notListed = (host: string, port: number): string =>
    `${host}${port === 0 ? "" : `:${port}`} is not in allowed_targets`;

  return {
    refusesHost(host, port, configured = false) {
      const spelling = spellingOf(host);
      if (spelling.kind === "addresses") {
        const refusals = spelling.ips.map((ip) => this.refusesAddress(ip, ip, port, configured));
        return refusals.find((refusal) => refusal !== undefined);
      }
      if (entries === undefined || configured) return undefined;
      const name = normalizeHost(host);
      const possible = entries
        .filter(covers(port))
        .some((entry) => entry.isAddress || entry.matchesHost(name));
      return possible ? undefined : notListed(host, port);
    },
    refusesUnresolved(host, port, configured = false) {
      const { kind } = spellingOf(host);
      // A resolver of ours finds no such name, or an address, which is checked.
      if (kind === "malformed") return `${host} is neither a name nor an address`;
      if (kind === "addresses") return this.refusesHost(host, port, configured);
      const name = normalizeHost(host);
      const isListed = entries?.filter(covers(port)).some((entry) => entry.matchesHost(name));
      if (isListed === true) return undefined;
      if (METADATA_NAMES.has(name)) return `${host} is the name of a metadata service`;
      return entries === undefined || configured ? undefined : notListed(host, port);
    },
    refusesAddress(ip, host, port, configured = false) {
      const address = withoutZone(ip);
      const metadata = isMetadata(address);
      if (entries === undefined)
        return metadata ? `${address} is a link-local or metadata address` : undefined;
      const name = normalizeHost(host);
      const fitting = entries.filter(covers(port));
      if (fitting.some((entry) => entry.matchesAddress(address))) return undefined;
      if (metadata) return `${address} is a link-local or metadata address and not itself in allowed_targets`;
      if (configured || fitting.some((entry) => entry.matchesHost(name))) return undefined;
      const where = port === 0 ? "" : ` port ${port}`;
      return `${host === ip ? address : `${host} (${address})`}${where} is not in allowed_targets`;
    },
  };
}

/** The policy of modules without `allowed_targets`. */
export const NO_METADATA: AddressPolicy = compileAddressPolicy(undefined);

/** Returns true for an entry that `compileAddressPolicy` accepts. */
export const isAllowedTarget = (text: string): boolean => parseEntry(text) !== undefined;

/** Reports whether `allowed_targets` names a host, or has its address if it is one, at any port; always true without a list. */
export const allowsHost = (allowed: readonly string[] | undefined, host: string): boolean =>
  allowed === undefined ||
  allowed.some((text) => {
    const entry = parseEntry(text);
    return entry !== undefined && (entry.matchesHost(normalizeHost(host)) || entry.matchesAddress(host));
  });

/** Reports the entries of the option `allowed_targets` that cannot be parsed. */
export function checkAllowedTargets(allowed: readonly string[] | undefined, context: CompileContext): void {
  for (const [i, entry] of allowed?.entries() ?? []) {
    if (!isAllowedTarget(entry)) context.problem(["allowed_targets", i], entry, ALLOWED_TARGET_FORM);
  }
}

function parseEntry(text: string): Entry | undefined {
  const { host, port } = splitPort(text);
  if (port !== undefined && !(port >= 1 && port <= 65_535)) return undefined;
  if (isIP(host) !== 0 || host.includes("/")) {
    const range = host.includes("/") ? host : rangeOf(host);
    if (!isRange(range)) return undefined;
    return { port, isAddress: true, matchesHost: () => false, matchesAddress: compileRanges([range]) };
  }
  const name = normalizeHost(host);
  const suffix = name.startsWith("*.") ? name.slice(1) : undefined;
  if (!/^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*$/u.test(suffix?.slice(1) ?? name)) return undefined;
  const matchesHost =
    suffix === undefined
      ? (other: string) => other === name
      : (other: string) => other.endsWith(suffix) && other.length > suffix.length;
  return { port, isAddress: false, matchesHost, matchesAddress: () => false };
}

/** Splits `host:port`, `[v6]:port`, `[v6]` and bare hosts. A bare IPv6 address has no port. */
function splitPort(text: string): { host: string; port: number | undefined } {
  const [, inBrackets, host = text, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  return { host: inBrackets ?? host, port: port === undefined ? undefined : Number(port) };
}

const normalizeHost = (host: string): string => host.toLowerCase().replace(/\.+$/, "");
