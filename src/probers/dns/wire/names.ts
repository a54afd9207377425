import { type Cursor, FormatError } from "./cursor.ts";

/** Longest name in a message, with the lengths of its labels and the root (RFC 1035, section 2.3.4). */
const LONGEST_NAME = 255;
const LONGEST_LABEL = 63;

/** Most pointers that a well-formed name of the longest length can consist of. More of them go in a circle. */
const MOST_POINTERS = 126;

/** Bytes of a label that text marks with a backslash, and those that it writes as numbers. */
const SPECIAL = /[.' @;()"\\]|[^ -~]/g;

/** Writes a byte that is not printable ASCII as `\DDD`. */
export const decimalEscape = (byte: number): string => `\\${String(byte).padStart(3, "0")}`;

const escapeSpecial = (character: string): string =>
  character >= " " && character <= "~" ? `\\${character}` : decimalEscape(character.charCodeAt(0));

/**
 * Reads a domain name, following pointers, and returns its text with a dot at its end. Pointers may lead anywhere in the
 * message before the end of the cursor.
 * @throws FormatError if it is too long, ends too early, or its pointers go in a circle
 */
export function domainName(cursor: Cursor): string {
  const { message, end, names } = cursor;
  let at = cursor.at;
  let text = "";
  let length = 1;
  let pointers = 0;
  for (;;) {
    if (at >= end) throw new FormatError("a name ends too early");
    const head = message.readUInt8(at);
    at += 1;
    if (head === 0) break;
    if (head >= 0xc0) {
      if (at >= end) throw new FormatError("a pointer ends too early");
      pointers += 1;
      if (pointers > MOST_POINTERS) throw new FormatError("the pointers of a name go in a circle");
      if (pointers === 1) cursor.at = at + 1;
      at = ((head & 0x3f) << 8) | message.readUInt8(at);
      spend(names, 1);
      continue;
    }
    if (head > LONGEST_LABEL) throw new FormatError(`a label begins with the reserved bits of ${head}`);
    if (at + head > end) throw new FormatError("a label ends too early");
    length += head + 1;
    if (length > LONGEST_NAME) throw new FormatError(`a name is longer than ${LONGEST_NAME} bytes`);
    spend(names, head + 1);
    text += `${message.toString("latin1", at, at + head).replace(SPECIAL, escapeSpecial)}.`;
    at += head;
  }
  if (pointers === 0) cursor.at = at;
  return text === "" ? "." : text;
}

function spend(names: Cursor["names"], bytes: number): void {
  names.bytesLeft -= bytes;
  if (names.bytesLeft < 0) throw new FormatError("its names are too long once they are decompressed");
}

/** Reads domain names up to the end. */
export function domainNames(cursor: Cursor): readonly string[] {
  const found: string[] = [];
  while (cursor.at < cursor.end) found.push(domainName(cursor));
  return found;
}

/** Returns true for two texts of the same name, whatever their case. */
export const isSameName = (a: string, b: string): boolean => a === b || a.toLowerCase() === b.toLowerCase();

/**
 * Encodes a name as a user writes it: `\.` is a dot within a label, `\DDD` a byte, and a dot at the end may be left out.
 * @returns a text that says what is wrong with it, if it cannot be sent
 */
export function encodeName(text: string): Buffer | string {
  if (text === ".") return Buffer.from([0]);
  const labels: number[][] = [[]];
  let current = labels[0] ?? [];
  const characters = Buffer.from(text);
  for (let i = 0; i < characters.length; i += 1) {
    const byte = characters.readUInt8(i);
    if (byte === DOT) {
      current = [];
      labels.push(current);
    } else if (byte !== BACKSLASH) current.push(byte);
    else {
      const number = /^\d{3}/.exec(characters.toString("latin1", i + 1, i + 4))?.[0];
      if (i + 1 === characters.length) return "a backslash at its end";
      if (Number(number ?? 0) > 255) return `\\${number}, which is no byte`;
      current.push(number === undefined ? characters.readUInt8(i + 1) : Number(number));
      i += number === undefined ? 1 : 3;
    }
  }
  if (current.length === 0) labels.pop();
  if (labels.some((label) => label.length === 0)) return "an empty label";
  if (labels.some((label) => label.length > LONGEST_LABEL)) return `a label above ${LONGEST_LABEL} bytes`;
  const encoded = Buffer.from([...labels.flatMap((label) => [label.length, ...label]), 0]);
  return encoded.length > LONGEST_NAME ? `${encoded.length} bytes` : encoded;
}

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** Reads the name at the start of `encoded`. */
export const nameIn = (encoded: Buffer): string =>
  domainName({ message: encoded, at: 0, end: encoded.length, names: { bytesLeft: LONGEST_NAME } });
