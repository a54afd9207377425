/** Most bytes of names in one message, compression undone. Pointers can make a short message stand for megabytes of names. */
const MOST_NAME_BYTES = 500_000;

/** The error of a message that is not well-formed. `decodeMessage` catches it. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** A place in a message. Reading moves it. */
export interface Cursor {
  readonly message: Buffer;
  at: number;
  /** The first byte that does not belong to what is read. */
  readonly end: number;
  /** The work that is left for the names of the message, shared by all its cursors. */
  readonly names: { bytesLeft: number };
}

/** Returns a cursor at the start of a message. */
export const cursorAt = (message: Buffer): Cursor => ({
  message,
  at: 0,
  end: message.length,
  names: { bytesLeft: MOST_NAME_BYTES },
});

/**
 * Returns a cursor for the next `length` bytes, and moves `cursor` behind them.
 * @throws FormatError if there are fewer
 */
export function part(cursor: Cursor, length: number): Cursor {
  const { at } = cursor;
  advance(cursor, length);
  return { message: cursor.message, at, end: at + length, names: cursor.names };
}

/** Returns the number of bytes that are left. */
export const left = ({ at, end }: Cursor): number => end - at;

/** Moves the cursor and returns where it was. */
function advance(cursor: Cursor, length: number): number {
  const { at, end } = cursor;
  if (at + length > end) throw new FormatError(`it ends ${at + length - end} bytes too early`);
  cursor.at = at + length;
  return at;
}

/** Reads one byte. */
export const uint8 = (cursor: Cursor): number => cursor.message.readUInt8(advance(cursor, 1));

/** Reads a number of two bytes. */
export const uint16 = (cursor: Cursor): number => cursor.message.readUInt16BE(advance(cursor, 2));

/** Reads a number of four bytes. */
export const uint32 = (cursor: Cursor): number => cursor.message.readUInt32BE(advance(cursor, 4));

/** Reads `length` bytes. */
export const bytes = (cursor: Cursor, length: number): Buffer => {
  const at = advance(cursor, length);
  return cursor.message.subarray(at, at + length);
};

/** Reads all bytes that are left. */
export const rest = (cursor: Cursor): Buffer => bytes(cursor, left(cursor));

/** Reads a character string: a byte with its length, and its bytes. */
export const characterString = (cursor: Cursor): Buffer => bytes(cursor, uint8(cursor));
