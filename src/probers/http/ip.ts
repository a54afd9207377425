import { isIP } from "node:net";

/** The 4 bytes of an IPv4 address (an IPv4-mapped one as well) or the 16 of an IPv6 one. */
export function addressBytes(ip: string): readonly number[] {
  if (isIP(ip) === 4) return ip.split(".").map(Number);
  const text = ip.includes("%") ? ip.slice(0, ip.indexOf("%")) : ip;
  const [head = "", tail] = text.split("::");
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const bytes = [...front, ...Array<number>(16 - front.length - back.length).fill(0), ...back];
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? bytes.slice(12) : bytes;
}

function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/** FNV-32a of the bytes of an address, as in blackbox_exporter. */
export function hashAddress(ip: string): number {
  let hash = 0x811c9dc5;
  for (const byte of addressBytes(ip)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
