import { BlockList, isIP } from "node:net";
import type { CompileContext } from "../core/prober.ts";

/**
 * Decides which addresses may be probed, so that `?target=` cannot be turned against what only this machine reaches.
 * Both questions answer with the reason of a refusal, or `undefined` when there is nothing to object. `configured`
 * says that host and port stand in the configuration as a target: those need not be in the list as well.
 */
export interface AddressPolicy {
  /** Asked before a name is resolved; `host` is a name or an IP literal without brackets. */
  refusesHost(host: string, port: number, configured?: boolean): string | undefined;
  /** Asked with every address that would be connected to, after resolution and on each redirect. */
  refusesAddress(ip: string, host: string, port: number, configured?: boolean): string | undefined;
}

/** What an entry of `allowed_targets` may be, for messages. */
const ALLOWED_TARGET_FORM =
  "a host name, *.example.com, an IP address or a CIDR range, optionally with :port";

interface Entry {
  readonly port: number | undefined;
  readonly matchesHost: (host: string) => boolean;
  readonly matchesAddress: (ip: string) => boolean;
  readonly isAddress: boolean;
}

/**
 * Addresses that hand out credentials to whoever asks from the machine: link-local ones, and the metadata services
 * of AWS, Google and Alibaba Cloud outside of that range. The ranges under 64:ff9b::/96 are the same through NAT64.
 */
const METADATA = blockList([
  "169.254.0.0/16",
  "fe80::/10",
  "fd00:ec2::254/128",
  "fd20:ce::254/128",
  "100.100.100.200/32",
  "64:ff9b::a9fe:0/112",
  "64:ff9b::6464:64c8/128",
]);

/**
 * Compiles the `allowed_targets` of a module. Without a list every target is allowed but link-local and metadata
 * addresses; with one, only what it names. A name in the list never stands for a metadata address, whatever it
 * resolves to: such an address has to be listed as an address or range.
 * @throws RangeError naming the first entry that cannot be understood
 */
export function compileAddressPolicy(allowed: readonly string[] | undefined): AddressPolicy {
  const entries = allowed?.map((text) => {
    const entry = parseEntry(text);
    if (entry === undefined) throw new RangeError(`got ${text}, want ${ALLOWED_TARGET_FORM}`);
    return entry;
  });
  const covers = (port: number) => (entry: Entry) => entry.port === undefined || entry.port === port;

  return {
    refusesHost(host, port, configured = false) {
      if (isIP(stripZone(host)) !== 0) return this.refusesAddress(host, host, port, configured);
      if (entries === undefined || configured) return undefined;
      const name = normalizeHost(host);
      const possible = entries
        .filter(covers(port))
        .some((entry) => entry.isAddress || entry.matchesHost(name));
      return possible ? undefined : `${host}:${port} is not in allowed_targets`;
    },
    refusesAddress(ip, host, port, configured = false) {
      const address = stripZone(ip);
      const metadata = contains(METADATA, address);
      if (entries === undefined)
        return metadata ? `${address} is a link-local or metadata address` : undefined;
      const name = normalizeHost(host);
      const fitting = entries.filter(covers(port));
      if (fitting.some((entry) => entry.matchesAddress(address))) return undefined;
      if (metadata) return `${address} is a link-local or metadata address and not itself in allowed_targets`;
      if (configured || fitting.some((entry) => entry.matchesHost(name))) return undefined;
      return `${host === ip ? address : `${host} (${address})`} port ${port} is not in allowed_targets`;
    },
  };
}

/** Whether `text` is an entry that `compileAddressPolicy` takes. */
export const isAllowedTarget = (text: string): boolean => parseEntry(text) !== undefined;

/** Compiles the option `allowed_targets` of a module, reporting the entries that cannot be understood. */
export function compileAllowedTargets(
  allowed: readonly string[] | undefined,
  context: CompileContext,
): AddressPolicy {
  const usable = allowed?.filter((entry, i) => {
    const fits = isAllowedTarget(entry);
    if (!fits) context.problem(["allowed_targets", i], entry, ALLOWED_TARGET_FORM);
    return fits;
  });
  return compileAddressPolicy(usable);
}

function parseEntry(text: string): Entry | undefined {
  const { host, port } = splitPort(text);
  if (port !== undefined && !(port >= 1 && port <= 65_535)) return undefined;
  if (isIP(host) !== 0 || host.includes("/")) {
    const range = host.includes("/") ? host : `${host}/${isIP(host) === 6 ? 128 : 32}`;
    if (!isRange(range)) return undefined;
    const list = blockList([range]);
    return { port, isAddress: true, matchesHost: () => false, matchesAddress: (ip) => contains(list, ip) };
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

/** `host:port`, `[v6]:port`, `[v6]` and bare hosts; a bare IPv6 address has no port. */
function splitPort(text: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text);
  if (match === null) return { host: text, port: undefined };
  return { host: match[1] ?? match[2] ?? "", port: match[3] === undefined ? undefined : Number(match[3]) };
}

function isRange(text: string): boolean {
  const [base = "", bits = "", ...rest] = text.split("/");
  const family = isIP(base);
  return (
    rest.length === 0 && /^\d{1,3}$/.test(bits) && family !== 0 && Number(bits) <= (family === 6 ? 128 : 32)
  );
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [base = "", bits] = range.split("/");
    list.addSubnet(base, Number(bits), isIP(base) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** BlockList looks through IPv4-mapped IPv6 addresses by itself. */
const contains = (list: BlockList, ip: string): boolean => list.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4");

const stripZone = (ip: string): string => (ip.includes("%") ? ip.slice(0, ip.indexOf("%")) : ip);

const normalizeHost = (host: string): string => host.toLowerCase().replace(/\.$/, "");
