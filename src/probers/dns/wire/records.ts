import { className, TYPES, typeName } from "./codes.ts";
import { type Cursor, FormatError, left, part, rest, uint16, uint32 } from "./cursor.ts";
import { optText } from "./edns.ts";
import { domainName } from "./names.ts";
import { hasFields, recordData } from "./rdata.ts";
import { utf8Text } from "./texts.ts";

/** A resource record. */
export interface ResourceRecord {
  /** The name of its owner, with a dot at its end. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** In seconds, except for OPT, which has flags here. */
  readonly ttl: number;
  /** The words of its data, of types whose data consists of fields. */
  readonly words: readonly string[];
  /** The record as `RR.String()` of miekg/dns writes it: name, TTL, class, type and data, separated by tabs. */
  readonly text: string;
}

/**
 * Reads a record.
 * @throws FormatError if it is not well-formed
 */
export function resourceRecord(cursor: Cursor): ResourceRecord {
  const name = domainName(cursor);
  const type = uint16(cursor);
  const head = { name, type, class: uint16(cursor), ttl: uint32(cursor) };
  const data = part(cursor, uint16(cursor));
  try {
    const words = hasFields(type) ? recordData(data, type) : [];
    return { ...head, words, text: recordText(head, words, data) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`the record ${name} ${typeName(type)} is malformed: ${error.message}`);
  }
}

type Head = Omit<ResourceRecord, "words" | "text">;

const header = ({ name, type, class: code, ttl }: Head): string =>
  `${name}\t${ttl}\t${className(code)}\t${typeName(type)}\t`;

function recordText(head: Head, words: readonly string[], data: Cursor): string {
  switch (head.type) {
    case TYPES["OPT"]:
      return optText(data, head.class, head.ttl);
    case TYPES["TSIG"]:
      return `\n;; TSIG PSEUDOSECTION:\n; ${[header(head), ...words].join(" ")}`;
    case TYPES["TKEY"]:
      return `;${[header(head), ...words].join(" ")}`;
    case TYPES["NULL"]:
      return `;${header(head)}${utf8Text(rest(data))}`;
    default:
      return hasFields(head.type) ? header(head) + words.join(" ") : genericText(head, data);
  }
}

/** Writes a record of an unknown type (RFC 3597). */
const genericText = ({ name, type, class: code, ttl }: Head, data: Cursor): string =>
  `${name}\t${ttl}\tCLASS${code}\tTYPE${type}\t\\# ${left(data)} ${rest(data).toString("hex")}`;
