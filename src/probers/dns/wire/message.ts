import { TYPES } from "./codes.ts";
import { type Cursor, cursorAt, FormatError, left, uint16 } from "./cursor.ts";
import { domainName } from "./names.ts";
import { type ResourceRecord, resourceRecord } from "./records.ts";

/** A question. */
export interface Question {
  /** The name with a dot at its end. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

/** A message, as far as it is well-formed. */
export interface Message {
  readonly id: number;
  /** False for a query. */
  readonly isResponse: boolean;
  /** Kind of query; 0 for an ordinary one. */
  readonly opcode: number;
  readonly isAuthoritative: boolean;
  /** True if records were left out for lack of space. */
  readonly isTruncated: boolean;
  /** Response code, with the bits of EDNS. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** Why the rest of the message cannot be read; `undefined` if all of it was. Bytes behind it are ignored. */
  readonly defect: string | undefined;
}

const HEADER_BYTES = 12;

/** Reads a message. Only one without a header is none; of any other one, it returns what can be read. */
export function decodeMessage(content: Buffer): Message | undefined {
  if (content.length < HEADER_BYTES) return undefined;
  const cursor = cursorAt(content);
  const id = uint16(cursor);
  const flags = uint16(cursor);
  const [questionCount, ...counts] = [uint16, uint16, uint16, uint16].map((read) => read(cursor));
  const questions: Question[] = [];
  const sections: ResourceRecord[][] = [[], [], []];
  // Some servers refuse with a header alone, whose numbers are those of the query.
  const defect =
    left(cursor) === 0 && (flags & 15) !== 0
      ? undefined
      : defectOf(() => {
          fill(questions, questionCount ?? 0, cursor, question);
          for (const [i, count] of counts.entries()) fill(sections[i] ?? [], count, cursor, resourceRecord);
        });
  const [answer = [], authority = [], additional = []] = sections;
  return {
    id,
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    isAuthoritative: (flags & 0x0400) !== 0,
    isTruncated: (flags & 0x0200) !== 0,
    rcode: (flags & 15) | extendedRcode(additional),
    questions,
    answer,
    authority,
    additional,
    defect,
  };
}

/** Returns the error of reading. */
function defectOf(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

/** Reads as many items as the header announces. The number may be a lie, so nothing is allocated for it. */
function fill<Item>(items: Item[], count: number, cursor: Cursor, read: (cursor: Cursor) => Item): void {
  while (items.length < count) {
    if (left(cursor) === 0) throw new FormatError(`it ends after ${items.length} of ${count} records`);
    items.push(read(cursor));
  }
}

const question = (cursor: Cursor): Question => ({
  name: domainName(cursor),
  type: uint16(cursor),
  class: uint16(cursor),
});

/** Returns the upper bits of the response code, which the last OPT record has in place of its TTL. */
function extendedRcode(additional: readonly ResourceRecord[]): number {
  const opt = additional.findLast(({ type }) => type === TYPES["OPT"]);
  return opt === undefined ? 0 : (opt.ttl >>> 24) << 4;
}

/** Encodes a query with one question, without EDNS, as blackbox_exporter does. */
export function encodeQuery(
  id: number,
  name: Buffer,
  { type, class: code }: Pick<Question, "type" | "class">,
  recursionDesired: boolean,
): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(recursionDesired ? 0x0100 : 0, 2);
  head.writeUInt16BE(1, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(code, 2);
  return Buffer.concat([head, name, tail]);
}
