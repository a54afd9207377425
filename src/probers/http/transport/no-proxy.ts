import { BlockList, isIP } from "node:net";

/** Whether a host is reached without the proxy. */
export type NoProxy = (host: string, ip: string | undefined, port: number) => boolean;

interface Entry {
  readonly port: number | undefined;
  matches(host: string, ip: string | undefined): boolean;
}

/**
 * Compiles a `no_proxy` list by Go's rules (golang.org/x/net/http/httpproxy): `*`, names that stand for what is under
 * them too, `.name` for only that, addresses and ranges, all but ranges optionally with `:port`. Loopback is always
 * reached directly. Unlike there, names count as well where the target's address has been chosen already.
 */
export function compileNoProxy(list: string): NoProxy {
  const entries = list
    .split(",")
    .map((text) => text.trim().toLowerCase())
    .flatMap((text) => parseEntry(text) ?? []);
  return (host, ip, port) => {
    const name = host.toLowerCase();
    const address = ip ?? (isIP(host) === 0 ? undefined : host);
    if (name === "localhost" || (address !== undefined && contains(LOOPBACK, address))) return true;
    return entries.some(
      (entry) => (entry.port === undefined || entry.port === port) && entry.matches(name, address),
    );
  };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

const contains = (list: BlockList, ip: string): boolean => list.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4");

function parseEntry(text: string): Entry | undefined {
  if (text === "") return undefined;
  if (text === "*") return { port: undefined, matches: () => true };
  const range = /^([^/]+)\/(\d{1,3})$/.exec(text);
  if (range !== null) return addresses(range[1] ?? "", Number(range[2]), undefined);
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  const port = digits === undefined ? undefined : Number(digits);
  if (isIP(host) !== 0) return addresses(host, isIP(host) === 6 ? 128 : 32, port);
  const name = host.replace(/^\*\./, ".");
  if (name === "" || name === ".") return undefined;
  const suffix = name.startsWith(".") ? name : `.${name}`;
  return { port, matches: (other) => other.endsWith(suffix) || other === name };
}

function addresses(base: string, bits: number, port: number | undefined): Entry | undefined {
  const family = isIP(base);
  if (family === 0 || bits > (family === 6 ? 128 : 32)) return undefined;
  const list = new BlockList();
  list.addSubnet(base, bits, family === 6 ? "ipv6" : "ipv4");
  return { port, matches: (_, ip) => ip !== undefined && contains(list, ip) };
}
