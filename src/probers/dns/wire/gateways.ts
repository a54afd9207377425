import { bytes, type Cursor, left, rest, uint8 } from "./cursor.ts";
import type { Field } from "./fields.ts";
import { domainName } from "./names.ts";
import { ipv4Text, ipv6Text } from "./texts.ts";

/** Reads a gateway, which is an address, a name or none, depending on its kind. */
function gateway(cursor: Cursor, kind: number): string {
  const missing = left(cursor) === 0;
  switch (kind) {
    case 1:
      return missing ? NO_ADDRESS : ipv4Text(bytes(cursor, 4));
    case 2:
      return missing ? NO_ADDRESS : ipv6Text(bytes(cursor, 16));
    case 3:
      return missing ? "" : domainName(cursor);
    default:
      return ".";
  }
}

/** The text of Go for an address that is missing. */
const NO_ADDRESS = "<nil>";

/** The fields of IPSECKEY (RFC 4025). */
export const securityGateway: Field = {
  read(cursor) {
    const precedence = uint8(cursor);
    const kind = left(cursor) === 0 ? 0 : uint8(cursor);
    const algorithm = left(cursor) === 0 ? 0 : uint8(cursor);
    const to = gateway(cursor, kind);
    return [String(precedence), String(kind), String(algorithm), to, rest(cursor).toString("base64")];
  },
  missing: ["0", "0", "0", ".", ""],
};

/**
 * The fields of AMTRELAY (RFC 8777). As in miekg/dns, a relay whose bit for discovery is set must not have a gateway.
 */
export const relayField: Field = {
  read(cursor) {
    const precedence = uint8(cursor);
    const byte = left(cursor) === 0 ? 0 : uint8(cursor);
    const kind = byte & 0x7f;
    const discovery = byte >> 7;
    const to = discovery === 0 ? gateway(cursor, kind) : withoutGateway(kind);
    return [String(precedence), String(discovery), String(kind), to];
  },
  missing: ["0", "0", "0", "."],
};

const withoutGateway = (kind: number): string =>
  kind === 1 || kind === 2 ? NO_ADDRESS : kind === 3 ? "" : ".";
