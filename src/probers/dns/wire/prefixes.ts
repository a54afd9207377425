import { bytes, type Cursor, FormatError, left, uint8, uint16 } from "./cursor.ts";
import type { Field } from "./fields.ts";
import { ipv4Text, ipv6Text, isMapped } from "./texts.ts";

/** The ranges of an APL record (RFC 3123), up to the end. */
export const prefixes: Field = {
  read(cursor) {
    const found: string[] = [];
    while (left(cursor) > 0) found.push(prefix(cursor));
    return found;
  },
  missing: [],
};

function prefix(cursor: Cursor): string {
  const family = uint16(cursor);
  const bits = uint8(cursor);
  const byte = uint8(cursor);
  if (family !== 1 && family !== 2) throw new FormatError(`there is no address family ${family}`);
  const address = Buffer.alloc(family === 1 ? 4 : 16);
  const length = byte & 0x7f;
  if (bits > 8 * address.length) throw new FormatError(`a prefix has ${bits} bits`);
  if (length > address.length) throw new FormatError(`a prefix has ${length} bytes`);
  bytes(cursor, length).copy(address);
  if (length > 0 && address[length - 1] === 0) throw new FormatError("a prefix ends with a zero");
  return `${byte > 0x7f ? "!" : ""}${family}:${addressText(address)}/${bits}`;
}

function addressText(address: Buffer): string {
  if (address.length === 4) return ipv4Text(address);
  return isMapped(address) ? `::ffff:${ipv6Text(address)}` : ipv6Text(address);
}
