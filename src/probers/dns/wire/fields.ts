import { algorithmNames, certificateNames } from "./algorithms.ts";
import { typeName } from "./codes.ts";
import {
  bytes,
  type Cursor,
  characterString,
  FormatError,
  left,
  rest,
  uint8,
  uint16,
  uint32,
} from "./cursor.ts";
import { domainName } from "./names.ts";
import {
  base32Text,
  escaped,
  ipv4Text,
  ipv6Text,
  isMapped,
  quoted,
  quotedOctets,
  timeText,
} from "./texts.ts";

/**
 * A field of the data of a record. Its text is one word, or several, or none. miekg/dns accepts data that ends between two
 * fields, and writes the missing ones as if they were zero or empty.
 */
export interface Field {
  /** Reads the field. @throws FormatError if it is not well-formed */
  readonly read: (cursor: Cursor) => readonly string[];
  /** The words of a missing field. */
  readonly missing: readonly string[];
  /** Number of bytes of the length that the field begins with. The data may not end behind the field unless it is empty. */
  readonly lengthBytes?: 1 | 2;
}

const word = (read: (cursor: Cursor) => string, missing: string): Field => ({
  read: (cursor) => [read(cursor)],
  missing: [missing],
});

const mnemonic = (read: (cursor: Cursor) => number, names: Readonly<Record<number, string>>): Field =>
  word((cursor) => {
    const value = read(cursor);
    return names[value] ?? String(value);
  }, "0");

/** Numbers of one, two and four bytes. */
export const u8 = word((cursor) => String(uint8(cursor)), "0");
export const u16 = word((cursor) => String(uint16(cursor)), "0");
export const u32 = word((cursor) => String(uint32(cursor)), "0");

/** A time in Unix seconds of four bytes, and of six. */
export const time32 = word((cursor) => timeText(uint32(cursor)), timeText(0));
export const time48 = word((cursor) => timeText(bytes(cursor, 6).readUIntBE(0, 6)), timeText(0));

/** The number of a type, written by name. */
export const type = word((cursor) => typeName(uint16(cursor)), typeName(0));

/** The number of an algorithm, and of a kind of certificate, written by name. */
export const algorithm = mnemonic(uint8, algorithmNames);
export const certificateKind = mnemonic(uint16, certificateNames);

/** A domain name. */
export const name = word(domainName, "");

/** A character string, without quotes and in quotes. */
export const string = word((cursor) => escaped(characterString(cursor)), "");
export const quotedString = word((cursor) => quoted(characterString(cursor)), '""');

/** All character strings up to the end. */
export const quotedStrings: Field = {
  read(cursor) {
    const found: string[] = [];
    while (left(cursor) > 0) found.push(quoted(characterString(cursor)));
    return found;
  },
  missing: [],
};

/** The bytes up to the end: in quotes, in hexadecimal, in base64. */
export const octets = word((cursor) => quotedOctets(rest(cursor)), '""');
export const hex = word((cursor) => rest(cursor).toString("hex"), "");
export const upperHex = word((cursor) => rest(cursor).toString("hex").toUpperCase(), "");
export const base64 = word((cursor) => rest(cursor).toString("base64"), "");

/** The bytes up to the end in hexadecimal, in words of a length that zone files allow. */
export const hexWords: Field = {
  read(cursor) {
    const text = rest(cursor).toString("hex");
    const words = text.match(/.{1,1024}/g) ?? [];
    return text.length % 1024 === 0 ? [...words, ""] : words;
  },
  missing: [""],
};

const NOTHING = Buffer.alloc(0);

/** Reads so many bytes; none if the data ends here, whatever their number. */
export const announced = (cursor: Cursor, length: number): Buffer =>
  left(cursor) === 0 ? NOTHING : bytes(cursor, length);

const sized = (text: (content: Buffer) => string): Field => ({
  ...word((cursor) => text(announced(cursor, uint8(cursor))), text(NOTHING)),
  lengthBytes: 1,
});

/** A salt, in hexadecimal. */
export const salt = sized((content) => content.toString("hex").toUpperCase() || "-");

/** The hash of a name, in base32. */
export const nameHash = sized(base32Text);

const counted = (text: (content: Buffer) => string): Field => ({
  read(cursor) {
    const size = uint16(cursor);
    return [String(size), text(announced(cursor, size))];
  },
  missing: ["0", ""],
  lengthBytes: 2,
});

/** Bytes with their number before them, which is written too. */
export const countedHex = counted((content) => content.toString("hex"));
export const countedUpperHex = counted((content) => content.toString("hex").toUpperCase());

/** Addresses. A missing one has no text. */
export const ipv4: Field = { read: (cursor) => [ipv4Text(bytes(cursor, 4))], missing: [] };
export const ipv6: Field = {
  read(cursor) {
    const address = bytes(cursor, 16);
    return [isMapped(address) ? `::ffff:${ipv6Text(address)}` : ipv6Text(address)];
  },
  missing: [],
};

/** Eight bytes in four groups of hexadecimal digits. */
export const groups64 = word((cursor) => groupsOf(bytes(cursor, 8)), groupsOf(Buffer.alloc(8)));
export const upperGroups64 = word(
  (cursor) => groupsOf(bytes(cursor, 8)).toUpperCase(),
  groupsOf(Buffer.alloc(8)),
);

function groupsOf(content: Buffer): string {
  return content.toString("hex").replace(/....(?=.)/g, "$&:");
}

/** Hardware addresses. */
export const eui48 = hardwareAddress(6);
export const eui64 = hardwareAddress(8);

function hardwareAddress(length: number): Field {
  const text = (content: Buffer): string => content.toString("hex").replace(/..(?=.)/g, "$&-");
  return word((cursor) => text(bytes(cursor, length)), text(Buffer.alloc(length)));
}

/** The types in a bitmap (RFC 4034, section 4.1.2), up to the end. */
export const bitmap: Field = {
  read(cursor) {
    const found: string[] = [];
    for (let last = -1; left(cursor) > 0; ) {
      const window = uint8(cursor);
      const length = uint8(cursor);
      if (window <= last) throw new FormatError("the blocks of a bitmap are out of order");
      if (length === 0 || length > 32) throw new FormatError(`a block of a bitmap has ${length} bytes`);
      for (const [i, byte] of bytes(cursor, length).entries())
        for (let bit = 0; bit < 8; bit += 1)
          if ((byte & (0x80 >> bit)) !== 0) found.push(typeName(window * 256 + i * 8 + bit));
      last = window;
    }
    return found;
  },
  missing: [],
};

/** Reads fields one after the other, and returns their words. */
export function readFields(cursor: Cursor, fields: readonly Field[]): readonly string[] {
  const words: string[] = [];
  let demanded = true;
  for (const { read, missing, lengthBytes } of fields) {
    if (left(cursor) === 0 && !demanded) {
      words.push(...missing);
      continue;
    }
    const before = cursor.at;
    words.push(...read(cursor));
    demanded = lengthBytes !== undefined && cursor.at - before > lengthBytes;
  }
  return words;
}
