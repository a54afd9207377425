import { compileRanges, isIP, isRange, rangeOf } from "../../ip.ts";

/** Returns true if a host is connected to without the proxy. */
export type NoProxy = (host: string, ip: string | undefined, port: number) => boolean;

interface Entry {
  readonly port: number | undefined;
  matches(host: string, ip: string | undefined): boolean;
}

/**
 * Compiles a `no_proxy` list by Go's rules (golang.org/x/net/http/httpproxy): `*`, `name` with its subdomains, `.name` for the
 * subdomains only, addresses and ranges; all except ranges with an optional `:port`. Loopback never goes through the proxy.
 * Unlike in Go, names also match if the target's address has been chosen already.
 */
export function compileNoProxy(list: string): NoProxy {
  const entries = list
    .split(",")
    .map((text) => text.trim().toLowerCase())
    .flatMap((text) => parseEntry(text) ?? []);
  return (host, ip, port) => {
    const name = host.toLowerCase();
    const address = ip ?? (isIP(host) === 0 ? undefined : host);
    if (name === "localhost" || (address !== undefined && isLoopback(address))) return true;
    return entries.some(
      (entry) => (entry.port === undefined || entry.port === port) && entry.matches(name, address),
    );
  };
}

const isLoopback = compileRanges(["127.0.0.0/8", "::1/128"]);

function parseEntry(text: string): Entry | undefined {
  if (text === "") return undefined;
  if (text === "*") return { port: undefined, matches: () => true };
  if (isRange(text)) return rangeEntry(text, undefined);
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  const port = digits === undefined ? undefined : Number(digits);
  if (isIP(host) !== 0) return rangeEntry(rangeOf(host), port);
  const name = host.replace(/^\*\./, ".");
  if (name === "" || name === ".") return undefined;
  const suffix = name.startsWith(".") ? name : `.${name}`;
  return { port, matches: (other) => other.endsWith(suffix) || other === name };
}

function rangeEntry(range: string, port: number | undefined): Entry {
  const contains = compileRanges([range]);
  return { port, matches: (_, ip) => ip !== undefined && contains(ip) };
}
