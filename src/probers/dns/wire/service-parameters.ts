import { bytes, type Cursor, characterString, cursorAt, FormatError, left, uint16 } from "./cursor.ts";
import type { Field } from "./fields.ts";
import { decimalEscape } from "./names.ts";
import { ipv4Text, ipv6Text, isMapped } from "./texts.ts";

/** Number that is reserved for "no key". */
const RESERVED = 65_535;

/** The parameters of an SVCB or HTTPS record (RFC 9460), up to the end. Their keys must rise. */
export const serviceParameters: Field = {
  read(cursor) {
    const found: string[] = [];
    for (let last = -1; left(cursor) > 0; ) {
      const key = uint16(cursor);
      const value = bytes(cursor, uint16(cursor));
      if (key === RESERVED) throw new FormatError("a service parameter has the reserved key");
      if (key <= last) throw new FormatError("service parameters are out of order");
      found.push(`${keyName(key)}="${valueText(key, value)}"`);
      last = key;
    }
    return found;
  },
  missing: [],
};

interface Parameter {
  readonly name: string;
  /** Writes the value. @throws FormatError if it is not well-formed */
  readonly text: (value: Buffer) => string;
}

/** Writes a parameter of unknown meaning. */
const plain = (value: Buffer): string =>
  value
    .toString("latin1")
    .replace(/[";\\ ]|[^ -~]/g, (one) =>
      one >= " " && one <= "~" ? `\\${one}` : decimalEscape(one.charCodeAt(0)),
    );

const none = (value: Buffer): string => {
  if (value.length > 0) throw new FormatError("a service parameter without a value has one");
  return "";
};

/** Characters within a protocol that are escaped: twice for those with a meaning in the list. */
const protocolEscape = (one: string): string => {
  if (one === ",") return "\\\\\\044";
  if (one === "\\") return "\\\\\\092";
  return one >= " " && one <= "~" ? `\\${one}` : decimalEscape(one.charCodeAt(0));
};

const all = (value: Buffer, read: (cursor: Cursor) => string): string => {
  const cursor = cursorAt(value);
  const found: string[] = [];
  while (left(cursor) > 0) found.push(read(cursor));
  return found.join(",");
};

const someOf = (value: Buffer, read: (cursor: Cursor) => string): string => {
  if (value.length === 0) throw new FormatError("a service parameter has no address");
  return all(value, read);
};

const PARAMETERS: readonly Parameter[] = [
  { name: "mandatory", text: (value) => all(value, (cursor) => keyName(uint16(cursor))) },
  {
    name: "alpn",
    text: (value) =>
      all(value, (cursor) =>
        characterString(cursor)
          .toString("latin1")
          .replace(/[";\\ ,]|[^ -~]/g, protocolEscape),
      ),
  },
  { name: "no-default-alpn", text: none },
  {
    name: "port",
    text(value) {
      if (value.length !== 2) throw new FormatError(`a port has ${value.length} bytes`);
      return String(value.readUInt16BE());
    },
  },
  { name: "ipv4hint", text: (value) => someOf(value, (cursor) => ipv4Text(bytes(cursor, 4))) },
  { name: "ech", text: (value) => value.toString("base64") },
  { name: "ipv6hint", text: (value) => someOf(value, (cursor) => ipv6Hint(bytes(cursor, 16))) },
  { name: "dohpath", text: plain },
  { name: "ohttp", text: none },
];

function ipv6Hint(address: Buffer): string {
  if (isMapped(address)) throw new FormatError("an address of ipv6hint is IPv4-mapped");
  return ipv6Text(address);
}

const keyName = (key: number): string => (key === RESERVED ? "" : (PARAMETERS[key]?.name ?? `key${key}`));

const valueText = (key: number, value: Buffer): string => (PARAMETERS[key]?.text ?? plain)(value);
