/** Writes numbers of one, two and four bytes. */
export const u8 = (...numbers: readonly number[]): Buffer => Buffer.from(numbers);
export const u16 = (...numbers: readonly number[]): Buffer =>
  Buffer.concat(numbers.map((each) => Buffer.from([each >> 8, each & 255])));
export const u32 = (...numbers: readonly number[]): Buffer =>
  Buffer.concat(
    numbers.map((each) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(each);
      return bytes;
    }),
  );

/** Writes a name without compression; every dot separates labels. */
export const name = (text: string): Buffer =>
  Buffer.concat([
    ...text
      .split(".")
      .filter((label) => label !== "")
      .map((label) => string(label)),
    u8(0),
  ]);

/** Writes a pointer to a place in the message. */
export const pointer = (to: number): Buffer => u16(0xc000 | to);

/** A pointer to the name of the question. */
export const QUESTION = pointer(12);

/** Writes a character string: its length and its bytes. */
export const string = (text: string | Buffer): Buffer => {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  return Buffer.concat([u8(bytes.length), bytes]);
};

/** Reads hexadecimal digits; blanks separate them for people. */
export const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex");

/** Joins parts of data. */
export const data = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);

/** The fields of a record in which it differs from a usual one. */
export interface RecordFields {
  readonly owner?: Buffer;
  readonly class?: number;
  readonly ttl?: number;
  /** The announced length of the data, if it is a lie. */
  readonly length?: number;
}

/** Writes a record; of the name of the question, class IN and TTL 60 by default. */
export const record = (type: number, content: Buffer, fields: RecordFields = {}): Buffer => {
  const { owner = QUESTION, class: code = 1, ttl = 60, length = content.length } = fields;
  return data(owner, u16(type, code), u32(ttl), u16(length), content);
};

/** The fields of a response in which it differs from a usual one. */
export interface ResponseFields {
  readonly id?: number;
  /** Bits of the header to set. */
  readonly flags?: number;
  /** The question, which is that of the query by default. */
  readonly question?: Buffer;
  readonly answer?: readonly Buffer[];
  readonly authority?: readonly Buffer[];
  readonly additional?: readonly Buffer[];
  /** The numbers in the header, if they are a lie. */
  readonly counts?: readonly [questions: number, answer: number, authority: number, additional: number];
}

/** Bits of a header. */
export const RESPONSE = 0x8000;
export const TRUNCATED = 0x0200;

/** Writes a response to a query. */
export function response(query: Buffer, fields: ResponseFields = {}): Buffer {
  const { answer = [], authority = [], additional = [] } = fields;
  const { id = query.readUInt16BE(), flags = RESPONSE, question = questionOf(query) } = fields;
  const counts = fields.counts ?? [
    question.length > 0 ? 1 : 0,
    answer.length,
    authority.length,
    additional.length,
  ];
  return data(u16(id, flags, ...counts), question, ...answer, ...authority, ...additional);
}

/** Returns the question of a query. */
export const questionOf = (query: Buffer): Buffer => query.subarray(12);

/** The data of an A record. */
export const LOCAL = u8(127, 0, 0, 1);

/** The record `<name of the question> 60 IN A 127.0.0.1`. */
export const A = record(1, LOCAL);
