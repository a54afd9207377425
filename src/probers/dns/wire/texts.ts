import { isUtf8 } from "node:buffer";
import { decimalEscape } from "./names.ts";

/** Bytes of a text that are not printable ASCII, or that its quotes do not allow as they are. */
const UNQUOTABLE = /["\\]|[^ -~]/g;

const escapeUnquotable = (character: string): string =>
  character === '"' || character === "\\" ? `\\${character}` : decimalEscape(character.charCodeAt(0));

/** Writes bytes as text without quotes: `\DDD` for those that are not printable ASCII, a backslash before quotes and backslashes. */
export const escaped = (bytes: Buffer): string =>
  bytes.toString("latin1").replace(UNQUOTABLE, escapeUnquotable);

/** Writes bytes as text in quotes. */
export const quoted = (bytes: Buffer): string => `"${escaped(bytes)}"`;

/**
 * Writes bytes in quotes as miekg/dns writes values of CAA and URI: it takes backslashes in them for escapes, which are
 * written once more.
 */
export const quotedOctets = (bytes: Buffer): string =>
  `"${bytes
    .toString("latin1")
    .replace(/\\\.|\\\d{3}|\\[^]|\\$|["]|[^ -~]/g, (found) =>
      found === "\\." ? found : writeByte(byteOf(found)),
    )}"`;

/** Returns the byte that an escape stands for; none for a backslash at the end. */
function byteOf(found: string): number | undefined {
  if (!found.startsWith("\\")) return found.charCodeAt(0);
  if (found.length === 1) return undefined;
  return found.length === 4 ? Number(found.slice(1)) & 0xff : found.charCodeAt(1);
}

const writeByte = (byte: number | undefined): string =>
  byte === undefined ? "" : escaped(Buffer.from([byte]));

/** Writes a time in Unix seconds as signatures have it, `20060102150405`. */
export function timeText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace(/\..*$|[-:T]/g, "");
}

/** Writes the four bytes of an IPv4 address. */
export const ipv4Text = (bytes: Buffer): string => bytes.join(".");

const IPV4_MAPPED = Buffer.from("00000000000000000000ffff", "hex");

/** Returns true for the sixteen bytes of an IPv4-mapped address, which Go takes for an IPv4 one. */
export const isMapped = (bytes: Buffer): boolean => bytes.subarray(0, 12).equals(IPV4_MAPPED);

/** Writes the sixteen bytes of an IPv6 address by RFC 5952; an IPv4-mapped one as the IPv4 address. */
export function ipv6Text(bytes: Buffer): string {
  if (isMapped(bytes)) return ipv4Text(bytes.subarray(12));
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i));
  let begin = 8;
  let longest = 1;
  for (let i = 0; i < 8; i += 1) {
    let run = 0;
    while (groups[i + run] === 0) run += 1;
    if (run > longest) [begin, longest] = [i, run];
  }
  const text = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(":");
  return begin === 8
    ? text(groups)
    : `${text(groups.slice(0, begin))}::${text(groups.slice(begin + longest))}`;
}

const BASE32 = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

/** Writes bytes in base32 with the hexadecimal alphabet, without padding. */
export function base32Text(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let buffered = 0;
  for (const byte of bytes) {
    buffered = ((buffered << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(buffered >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + BASE32[(buffered << (5 - bits)) & 31];
}

/** Decodes UTF-8 as Go's expressions read it: each byte that is not part of a character is one U+FFFD. */
export function utf8Text(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find(
      (each) => at + each <= bytes.length && isUtf8(bytes.subarray(at, at + each)),
    );
    text += length === undefined ? "\uFFFD" : bytes.toString("utf8", at, at + length);
    at += length ?? 1;
  }
  return text;
}
