const isIpv4 = (text: string): boolean => /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text);

/** Reports whether the text is an IPv6 address, with or without its zone. */
const isIpv6 = (text: string): boolean =>
  /^[\da-f:.]+(?:%[\w.-]+)?$/i.test(text) && URL.canParse(`http://[${text.replace(/%.*$/, "")}]/`);

/** One label of a host name. Underscores occur in names of containers. */
const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, "i");

/** The form of a pattern of host names, for error texts. */
export const HOST_PATTERN_FORM =
  'a host name such as status.example.com, *.example.com or "*", without scheme, port and path';

/** Reports whether `text` is a pattern of host names: a name, a name behind `*.`, an IP address, or `*`. */
export const isHostPattern = (text: string): boolean =>
  text === "*" || isIpv6(text) || NAME.test(text.replace(/^\*\./, ""));

/** Reports whether one of the patterns, which are in lower case, matches a host name in lower case. `*.example.com` does not match `example.com`. */
export const matchesHost = (patterns: readonly string[], host: string): boolean =>
  patterns.some(
    (pattern) =>
      pattern === "*" || pattern === host || (pattern.startsWith("*.") && host.endsWith(pattern.slice(1))),
  );

/** The host of a `Host` header. */
export type NamedHost =
  | { readonly kind: "address" }
  /** Without its port, in lower case, without a dot at its end. May be malformed. */
  | { readonly kind: "name"; readonly name: string };

/** Parses a `Host` header, with or without a port. */
export function parseHostHeader(text: string): NamedHost {
  const host = text.replace(/:\d{1,5}$/, "");
  const [, bracketed] = /^\[([^\]]*)\]$/.exec(host) ?? [];
  if (bracketed !== undefined && isIpv6(bracketed)) return { kind: "address" };
  const name = host.replace(/\.$/, "").toLowerCase();
  return isIpv4(name) ? { kind: "address" } : { kind: "name", name };
}
