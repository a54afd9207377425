import { domainToASCII } from "node:url";
import { bracketed, isIP } from "./ip.ts";

/** A parsed `http://` or `https://` address. */
export interface Address {
  readonly tls: boolean;
  /** A name or an IP literal, without brackets. */
  readonly host: string;
  /** As written, so possibly above 65535. */
  readonly port: number;
  /** Host and port as written, for the Host header. */
  readonly authority: string;
  /** `user:password`, percent-decoded, if the address has them. A secret. */
  readonly userinfo: string | undefined;
  /** Path and query as sent in the request line. */
  readonly path: string;
}

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/i;
const AUTHORITY = /^(?:(.*)@)?(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/;

/**
 * Parses a target. The default scheme is `http://`, in any case. The path stays as written, except for characters that a
 * request line cannot contain: a normalized path could name another resource.
 * @returns the error as a text if it is not such an address
 */
export function parseAddress(target: string): Address | string {
  if (hasControlCharacter(target)) return "control character in the address";
  const shape = SHAPE.exec(/^https?:\/\//i.test(target) ? target : `http://${target}`);
  if (hasBadEscape(shape?.[3] ?? "")) return "invalid percent-encoding in the address";
  const authority = AUTHORITY.exec(shape?.[2] ?? "");
  if (shape === null || authority === null) return "invalid host or port in the address";
  const tls = shape[1]?.toLowerCase() === "https";
  const written = authority[2] ?? "";
  const host = hostOf(written);
  const port = authority[3] === undefined || authority[3] === "" ? (tls ? 443 : 80) : Number(authority[3]);
  if (host === undefined) return `invalid host ${JSON.stringify(written)} in the address`;
  const userinfo = authority[1] === undefined ? undefined : decode(authority[1]);
  return {
    tls,
    host,
    port,
    authority: authority[3] ? `${bracketed(host)}:${authority[3]}` : bracketed(host),
    userinfo,
    path: requestPath(shape[3]?.toWellFormed() ?? ""),
  };
}

/** Returns true if the path contains an invalid percent-encoding. */
export const hasBadEscape = (path: string): boolean => /^[^?]*%(?![0-9a-f]{2})/i.test(path);

/** Formats an address without credentials; `authority`, such as a resolved IP, replaces its own. */
export const formatAddress = (address: Address, authority: string = address.authority): string =>
  `${address.tls ? "https" : "http"}://${authority}${address.path}`;

/** Returns the address as it may be shown: values of its query may be secrets. */
export function shownUrl(address: Address): string {
  const [path = "", ...query] = address.path.split("?");
  if (query.length === 0) return formatAddress(address);
  const names = query
    .join("?")
    .split("&")
    .map((part) => `${part.includes("=") ? part.replace(/=.*$/s, "=") : ""}...`);
  return `${formatAddress({ ...address, path })}?${names.join("&")}`;
}

/**
 * Resolves `location` against `from`. `relative` is true if it names no host.
 * @returns `undefined` if the result is not an http or https address
 */
export function followLocation(
  from: Address,
  location: string,
): { to: Address; relative: boolean } | undefined {
  let url: URL;
  try {
    url = new URL(location, formatAddress(from));
  } catch {
    return undefined;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  const relative = !/^(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/i.test(location.trim());
  const to = parseAddress(url.href);
  if (typeof to === "string") return undefined;
  return { relative, to: relative ? { ...to, userinfo: from.userinfo } : to };
}

/** Parses a host: a name (converted to ASCII), an IPv4 address, or an IPv6 address in brackets. */
function hostOf(written: string): string | undefined {
  if (written.startsWith("[")) {
    const inner = written.slice(1, -1).replace("%25", "%");
    return isIP(inner) === 6 ? inner : undefined;
  }
  // oxlint-disable-next-line no-control-regex -- control characters were refused before
  const name = /^[\x00-\x7f]*$/.test(written) ? written : domainToASCII(written);
  if (name === "" && written !== "") return undefined;
  return /^[A-Za-z0-9._~!$&'()*+,;=-]*$/.test(name) ? name : undefined;
}

function requestPath(rest: string): string {
  const whole = rest.startsWith("/") ? rest : `/${rest}`;
  const query = whole.indexOf("?");
  const end = query < 0 ? whole.length : query;
  return escapePath(whole.slice(0, end)) + escapeQuery(whole.slice(end));
}

/** Escapes a path as Go does: if any character needs it, the whole path is decoded and encoded by Go's rules. */
function escapePath(path: string): string {
  if (!/[^\x21-\x7e]|["<>\\^`{|}]/.test(path)) return path;
  return Buffer.from(path)
    .toString("latin1")
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[^A-Za-z0-9._~$&+,/:;=@-]/g, escapeByte);
}

/** Escapes spaces and non-ASCII characters, which Go sends as they are and parsers reject. */
const escapeQuery = (query: string): string =>
  /[^\x21-\x7e]/.test(query) ? query.replace(/[^\x21-\x7e]/gu, encodeURIComponent) : query;

const escapeByte = (byte: string): string =>
  `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const hasControlCharacter = (text: string): boolean => /[\x00-\x1f\x7f]/.test(text);
