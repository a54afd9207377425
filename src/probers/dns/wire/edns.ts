import { algorithmNames, hashNames } from "./algorithms.ts";
import { bytes, type Cursor, cursorAt, FormatError, left, uint16 } from "./cursor.ts";
import { domainName } from "./names.ts";
import { ipv4Text, ipv6Text, isMapped, utf8Text } from "./texts.ts";

/** Writes an OPT record as miekg/dns does: like dig, in several lines. */
export function optText(cursor: Cursor, udpSize: number, flags: number): string {
  const version = (flags >>> 16) & 0xff;
  const unused = flags & 0x3fff;
  const words = [
    `\n;; OPT PSEUDOSECTION:\n; EDNS: version ${version}; flags:`,
    (flags & 0x8000) === 0 ? "" : " do",
    (flags & 0x4000) === 0 ? "" : " co",
    "; ",
    unused === 0 ? "" : `MBZ: 0x${unused.toString(16).padStart(4, "0")}, `,
    `udp: ${udpSize}`,
  ];
  while (left(cursor) > 0) {
    const code = uint16(cursor);
    const value = bytes(cursor, uint16(cursor));
    const option = OPTIONS[code];
    words.push(
      option === undefined
        ? `\n; LOCAL OPT: ${code}:0x${value.toString("hex")}`
        : `\n; ${option.title}: ${option.text(value)}`,
    );
  }
  return words.join("");
}

/** An option of EDNS. */
interface Option {
  readonly title: string;
  /** Writes its value. @throws FormatError if it is not well-formed */
  readonly text: (value: Buffer) => string;
}

const wrongLength = (option: string, { length }: Buffer): FormatError =>
  new FormatError(`the EDNS option ${option} has ${length} bytes`);

const OPTIONS: Readonly<Record<number, Option>> = {
  1: { title: "LONG LIVED QUERIES", text: longLivedQuery },
  2: { title: "UPDATE LEASE", text: updateLease },
  3: {
    title: "NSID",
    text: (value) =>
      `${value.toString("hex")}  ${[...value].map((byte) => `(${String.fromCharCode(byte)})`).join("")}`,
  },
  4: { title: "ESU", text: (value) => utf8Text(value) },
  5: { title: "DNSSEC ALGORITHM UNDERSTOOD", text: (value) => understood(value, algorithmNames) },
  6: { title: "DS HASH UNDERSTOOD", text: (value) => understood(value, hashNames) },
  7: { title: "NSEC3 HASH UNDERSTOOD", text: (value) => understood(value, hashNames) },
  8: { title: "SUBNET", text: subnet },
  9: { title: "EXPIRE", text: expiry },
  10: { title: "COOKIE", text: (value) => value.toString("hex") },
  11: { title: "KEEPALIVE", text: keepAlive },
  12: { title: "PADDING", text: (value) => value.toString("hex").toUpperCase() },
  15: { title: "EDE", text: extendedError },
  18: { title: "REPORT-CHANNEL", text: (value) => domainName(cursorAt(value)) },
  19: { title: "ZONEVERSION", text: zoneVersion },
};

function longLivedQuery(value: Buffer): string {
  if (value.length < 18) throw wrongLength("LLQ", value);
  return [
    value.readUInt16BE(0),
    value.readUInt16BE(2),
    value.readUInt16BE(4),
    value.readBigUInt64BE(6),
    value.readUInt32BE(14),
  ].join(" ");
}

function updateLease(value: Buffer): string {
  if (value.length !== 4 && value.length !== 8) throw wrongLength("UL", value);
  return `${value.readUInt32BE(0)} ${value.length === 8 ? value.readUInt32BE(4) : 0}`;
}

const understood = (value: Buffer, names: Readonly<Record<number, string>>): string =>
  [...value].map((code) => ` ${names[code] ?? code}`).join("");

function subnet(value: Buffer): string {
  if (value.length < 4) throw wrongLength("SUBNET", value);
  const family = value.readUInt16BE(0);
  const [source = 0, scope = 0] = value.subarray(2);
  const size = { 0: 0, 1: 4, 2: 16 }[family];
  if (size === undefined || (size === 0 ? source > 0 : Math.max(source, scope) > 8 * size))
    throw new FormatError(`the EDNS option SUBNET has the family ${family} and ${source} bits`);
  const address = Buffer.alloc(size === 0 ? 4 : size);
  if (size > 0) value.copy(address, 0, 4);
  const text = size === 16 ? ipv6Text(address) : ipv4Text(address);
  return `${size === 16 && !isMapped(address) ? `[${text}]` : text}/${source}/${scope}`;
}

function expiry(value: Buffer): string {
  if (value.length === 0) return "";
  if (value.length < 4) throw wrongLength("EXPIRE", value);
  return String(value.readUInt32BE(0));
}

function keepAlive(value: Buffer): string {
  if (value.length !== 0 && value.length !== 2) throw wrongLength("KEEPALIVE", value);
  const timeout = value.length === 2 ? value.readUInt16BE(0) : 0;
  // miekg/dns multiplies in 16 bits.
  return `use tcp keep-alive, timeout ${timeout === 0 ? "omitted" : `${(timeout * 100) & 0xffff}ms`}`;
}

function zoneVersion(value: Buffer): string {
  if (value.length < 2) throw wrongLength("ZONEVERSION", value);
  return utf8Text(value.subarray(2));
}

/** Extended errors by their code (RFC 8914). */
const EXTENDED_ERRORS = [
  "Other",
  "Unsupported DNSKEY Algorithm",
  "Unsupported DS Digest Type",
  "Stale Answer",
  "Forged Answer",
  "DNSSEC Indeterminate",
  "DNSSEC Bogus",
  "Signature Expired",
  "Signature Not Yet Valid",
  "DNSKEY Missing",
  "RRSIGs Missing",
  "No Zone Key Bit Set",
  "NSEC Missing",
  "Cached Error",
  "Not Ready",
  "Blocked",
  "Censored",
  "Filtered",
  "Prohibited",
  "Stale NXDOMAIN Answer",
  "Not Authoritative",
  "Not Supported",
  "No Reachable Authority",
  "Network Error",
  "Invalid Data",
  "Signature Expired Before Valid",
  "Too Early",
  "Unsupported NSEC3 Iterations Value",
  "Unable To Conform To Policy",
  "Synthesized",
  "Invalid Query Type",
] as const;

function extendedError(value: Buffer): string {
  if (value.length < 2) throw wrongLength("EDE", value);
  const code = value.readUInt16BE(0);
  const meaning = EXTENDED_ERRORS[code];
  return `${code}${meaning === undefined ? "" : ` (${meaning})`}: (${utf8Text(value.subarray(2))})`;
}
