import { BlockList, isIP } from "node:net";

export { isIP };

/** Returns `host` without the brackets around an IPv6 address. */
export const withoutBrackets = (host: string): string =>
  host.startsWith("[") ? host.replace(/^\[(.*)\]$/, "$1") : host;

/** Returns `host` as it is written before a port. */
export const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** Returns an IPv6 address without its zone. */
export const withoutZone = (ip: string): string => (ip.includes("%") ? ip.slice(0, ip.indexOf("%")) : ip);

/** Returns the range that consists of one address. */
export const rangeOf = (ip: string): string => `${ip}/${isIP(ip) === 6 ? 128 : 32}`;

/** Returns true for CIDR ranges such as `10.0.0.0/8`. */
export function isRange(text: string): boolean {
  const [base = "", bits = "", ...rest] = text.split("/");
  const family = isIP(base);
  return (
    rest.length === 0 && /^\d{1,3}$/.test(bits) && family !== 0 && Number(bits) <= (family === 6 ? 128 : 32)
  );
}

/** Compiles CIDR ranges to a test of addresses. An IPv4-mapped IPv6 address is tested as IPv4. */
export function compileRanges(ranges: readonly string[]): (ip: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [base = "", bits] = range.split("/");
    list.addSubnet(base, Number(bits), isIP(base) === 6 ? "ipv6" : "ipv4");
  }
  return (ip) => list.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4");
}

/** Returns the 4 bytes of an IPv4 address or the 16 of an IPv6 one. An IPv4-mapped address is IPv4, as in Go. */
export function addressBytes(ip: string): readonly number[] {
  if (isIP(ip) === 4) return ip.split(".").map(Number);
  const [head = "", tail] = withoutZone(ip).split("::");
  const front = bytesOf(head);
  const back = tail === undefined ? [] : bytesOf(tail);
  const bytes = [...front, ...Array<number>(16 - front.length - back.length).fill(0), ...back];
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? bytes.slice(12) : bytes;
}

function bytesOf(groups: string): number[] {
  if (groups === "") return [];
  return groups.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/** Returns the IP version of an address. An IPv4-mapped one is IPv4. */
export const versionOf = (ip: string): 4 | 6 => (isIP(ip) === 4 || addressBytes(ip).length === 4 ? 4 : 6);

/** Returns the FNV-32a hash of the bytes of an address, as blackbox_exporter does. */
export function hashAddress(ip: string): number {
  let hash = 0x811c9dc5;
  for (const byte of addressBytes(ip)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Ranges whose addresses contain an IPv4 address that translators or tunnels may send packets to, with its bytes. */
const EMBEDDING: readonly (readonly [range: string, positions: readonly (readonly number[])[]])[] = [
  // IPv4-compatible, and translated by SIIT.
  ["::/96", [[12, 13, 14, 15]]],
  ["::ffff:0:0:0/96", [[12, 13, 14, 15]]],
  // NAT64, https://www.rfc-editor.org/rfc/rfc6052#section-2.2
  ["64:ff9b::/96", [[12, 13, 14, 15]]],
  // NAT64 of a network's own choice of length, https://www.rfc-editor.org/rfc/rfc8215
  [
    "64:ff9b:1::/48",
    [
      [6, 7, 9, 10],
      [7, 9, 10, 11],
      [9, 10, 11, 12],
      [12, 13, 14, 15],
    ],
  ],
  // 6to4
  ["2002::/16", [[2, 3, 4, 5]]],
];

const EMBEDDERS = EMBEDDING.map(([range, positions]) => ({ contains: compileRanges([range]), positions }));

/** Returns the IPv4 addresses that an IPv6 address may stand for in NAT64, 6to4 and the like; none for most addresses. */
export function embeddedIpv4(ip: string): readonly string[] {
  if (isIP(ip) !== 6) return [];
  const bytes = addressBytes(ip);
  if (bytes.length === 4) return [bytes.join(".")];
  return EMBEDDERS.filter(({ contains }) => contains(ip)).flatMap(({ positions }) =>
    positions.map((position) => position.map((i) => bytes[i] ?? 0).join(".")),
  );
}
