import type { Address } from "../http-address.ts";
import { parseHttpDate, type RawHeaders, valuesOf } from "../http-headers.ts";
import { isIP } from "../ip.ts";

interface Cookie {
  readonly name: string;
  /** As sent: in quotes if it was received in quotes or needs them. */
  readonly value: string;
  readonly domain: string;
  /** True if it is sent to `domain` only, not to its subdomains. */
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
}

/** The cookies of one probe, set by its redirects (RFC 6265). */
export interface CookieJar {
  /** Stores the cookies that a response from `address` sets. `now` is in Unix seconds. */
  store(address: Address, response: RawHeaders, now: number): void;
  /**
   * Returns the Cookie header of a request to `address`.
   * @param configured the header of the module, in which cookies set by responses replace those of the same name
   */
  headerFor(address: Address, configured: string | undefined): string | undefined;
}

/** A cookie's name and value, of the characters that Go accepts. */
const PAIR = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:("[ !#-:<-[\]-~]*")|([ !#-:<-[\]-~]*?))\s*$/;

/** Creates an empty jar. */
export function newCookieJar(): CookieJar {
  const cookies = new Map<string, Cookie>();
  const seen = new Set<string>();
  return {
    store(address, response, now) {
      for (const line of valuesOf(response, "set-cookie")) {
        const parsed = parseCookie(line, address, now);
        if (parsed === undefined) continue;
        const { cookie, expired } = parsed;
        seen.add(cookie.name);
        const key = `${cookie.domain};${cookie.path};${cookie.name}`;
        cookies.delete(key);
        if (!expired) cookies.set(key, cookie);
      }
    },
    headerFor(address, configured) {
      const kept = (configured ?? "")
        .split(";")
        .map((pair) => pair.trim())
        .filter((pair) => pair !== "" && !seen.has(pair.split("=")[0] ?? ""));
      const stored = [...cookies.values()]
        .filter((cookie) => matches(cookie, address))
        .toSorted((a, b) => b.path.length - a.path.length)
        .map(({ name, value }) => `${name}=${value}`);
      const all = [...kept, ...stored];
      return all.length === 0 ? undefined : all.join("; ");
    },
  };
}

function parseCookie(
  line: string,
  { host: rawHost, path }: Address,
  now: number,
): { cookie: Cookie; expired: boolean } | undefined {
  const [pair = "", ...attributes] = line.split(";");
  const [, name, quoted, plain = ""] = PAIR.exec(pair) ?? [];
  if (name === undefined) return undefined;
  const value = quoted ?? (/[ ,]/.test(plain) ? `"${plain}"` : plain);
  const options = new Map(
    attributes.map((attribute) => {
      const [key = "", text = ""] = attribute.split(/=(.*)/s);
      return [key.trim().toLowerCase(), text.trim()];
    }),
  );
  const host = rawHost.toLowerCase();
  const domain = options.get("domain")?.replace(/^\./, "").toLowerCase() ?? "";
  if (domain !== "" && !maySetFor(host, domain)) return undefined;
  const cookiePath = options.get("path") ?? "";
  return {
    expired: isExpired(options, now),
    cookie: {
      name,
      value,
      domain: domain === "" ? host : domain,
      hostOnly: domain === "" || domain === host,
      path: cookiePath.startsWith("/") ? cookiePath : defaultPath(path),
      secure: options.has("secure"),
    },
  };
}

/** Returns true if the host may set cookies for the domain: its own name or a parent domain of at least two labels. */
const maySetFor = (host: string, domain: string): boolean =>
  host === domain || (isIP(host) === 0 && domain.includes(".") && host.endsWith(`.${domain}`));

function isExpired(options: ReadonlyMap<string, string>, now: number): boolean {
  const age = options.get("max-age");
  if (age !== undefined && /^-?\d+$/.test(age)) return Number(age) <= 0;
  // Servers also send dates with hyphens.
  const expires = parseHttpDate(
    (options.get("expires") ?? "").replace(/^(\w{3}, \d\d)-(\w{3})-(\d{4})/, "$1 $2 $3"),
  );
  return expires !== undefined && expires <= now;
}

/** Returns the default path of cookies (RFC 6265, 5.1.4). */
function defaultPath(path: string): string {
  const directory = path.replace(/\?.*$/s, "").replace(/\/[^/]*$/, "");
  return directory === "" ? "/" : directory;
}

function matches(cookie: Cookie, { tls, host: rawHost, path }: Address): boolean {
  const host = rawHost.toLowerCase();
  if (cookie.secure && !tls) return false;
  if (host !== cookie.domain && (cookie.hostOnly || !host.endsWith(`.${cookie.domain}`))) return false;
  const plain = path.replace(/\?.*$/s, "");
  return (
    plain === cookie.path || plain.startsWith(cookie.path.endsWith("/") ? cookie.path : `${cookie.path}/`)
  );
}
