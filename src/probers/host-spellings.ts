import { bracketed, isIP, withoutZone } from "./ip.ts";

/** The end of a number or of what some programs take for an IPv4 address: `127.1`, `0x7f.1`, `2130706433`. No name ends so. */
const NUMERIC = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.*$/i;

/** A host that contains none of what separates the parts of a URL. */
const HOST_ONLY = /^[^\s/?#@\\:[\]]+$/;

/** The IP addresses that a host may stand for without being resolved. */
export type HostSpelling =
  /** Not empty. Programs disagree on numbers with leading zeros: `010.0.0.1` is 8.0.0.1 or 10.0.0.1. */
  | { readonly kind: "addresses"; readonly ips: readonly string[] }
  /** A number that some program may take for an address, and others refuse. */
  | { readonly kind: "malformed" }
  | { readonly kind: "name" };

/**
 * Tells an address in any spelling from a name: a proxy, a resolver or a library may accept numbers of other bases
 * (`0xA9FEA9FE`, `0251.0376.1`), short forms (`127.1`), a trailing dot, full-width digits and percent-encoding.
 * @param host without brackets
 */
export function spellingOf(host: string): HostSpelling {
  if (isIP(withoutZone(host)) !== 0) return { kind: "addresses", ips: [withoutZone(host)] };
  const plain = unescaped(host).normalize("NFKC").replace(/\.+$/, "");
  const canonical = canonicalIp(plain);
  const ips = [canonical, decimalReading(plain)].filter((ip) => ip !== undefined);
  if (canonical !== undefined) return { kind: "addresses", ips };
  return NUMERIC.test(plain) ? { kind: "malformed" } : { kind: "name" };
}

/** Returns the address that a URL with this host has, by the rules that browsers share: https://url.spec.whatwg.org/#host-parsing */
function canonicalIp(host: string): string | undefined {
  if (isIP(host) !== 0) return host;
  if (!HOST_ONLY.test(host)) return undefined;
  const parsed = URL.parse(`http://${bracketed(host)}/`)?.hostname ?? "";
  return isIP(parsed) === 0 ? undefined : parsed;
}

/** Returns the address if leading zeros mean nothing, as in some libraries. */
function decimalReading(host: string): string | undefined {
  if (!/^\d+(?:\.\d+){3}$/.test(host)) return undefined;
  const ip = host
    .split(".")
    .map((part) => part.replace(/^0+(?=\d)/, ""))
    .join(".");
  return isIP(ip) === 0 ? undefined : ip;
}

/** Decodes percent-encoding, also if it is encoded again. */
function unescaped(host: string): string {
  let text = host;
  for (let round = 0; round < 3 && text.includes("%"); round++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  return text;
}
