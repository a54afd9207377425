import type { Socket } from "node:net";

/** Types of HTTP/2 frames (RFC 9113, 6). */
const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, push: 5, goaway: 7, continuation: 9 } as const;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

/** Header fields in order. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** Makes a frame. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const number = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
};

/** Encodes header fields with HPACK, as literals without compression. */
export function headerBlock(fields: Fields): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, "latin1");
    const length = bytes.length;
    const prefix = length < 127 ? [length] : [127, ((length - 127) & 127) | 128, (length - 127) >> 7];
    return Buffer.concat([Buffer.from(prefix), bytes]);
  };
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)]));
}

/** HEADERS, with CONTINUATION frames if they are long. */
export function headersFrame(stream: number, fields: Fields, ended = false): Buffer {
  const block = headerBlock(fields);
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += 16_384) parts.push(block.subarray(at, at + 16_384));
  const frames = parts.map((part, i) => {
    const last = i === parts.length - 1 ? END_HEADERS : 0;
    return i === 0
      ? frame(TYPE.headers, last | (ended ? END_STREAM : 0), stream, part)
      : frame(TYPE.continuation, last, stream, part);
  });
  return Buffer.concat(frames);
}

/** DATA, in frames of at most 16 KiB. */
export function dataFrame(stream: number, bytes: Buffer, ended = false): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 16_384) {
    const last = at + 16_384 >= bytes.length;
    frames.push(frame(TYPE.data, last && ended ? END_STREAM : 0, stream, bytes.subarray(at, at + 16_384)));
  }
  return Buffer.concat(frames);
}

/** RST_STREAM. */
export const resetFrame = (stream: number, code: number): Buffer =>
  frame(TYPE.reset, 0, stream, number(code));

/** GOAWAY. */
export const goawayFrame = (lastStream: number, code: number): Buffer =>
  frame(TYPE.goaway, 0, 0, number(lastStream, code));

/** PUSH_PROMISE for a GET of `/`. */
export const pushFrame = (stream: number, promised: number): Buffer =>
  frame(
    TYPE.push,
    END_HEADERS,
    stream,
    Buffer.concat([
      number(promised),
      headerBlock([
        [":method", "GET"],
        [":scheme", "http"],
        [":authority", "localhost"],
        [":path", "/"],
      ]),
    ]),
  );

/** SETTINGS with identifiers and values in turn. */
export function settingsFrame(...settings: readonly number[]): Buffer {
  const payload = Buffer.alloc(3 * settings.length);
  for (let i = 0; i < settings.length; i += 2) {
    payload.writeUInt16BE(settings[i] ?? 0, 3 * i);
    payload.writeUInt32BE(settings[i + 1] ?? 0, 3 * i + 2);
  }
  return frame(TYPE.settings, 0, 0, payload);
}

/** Settings of a server, and its acknowledgement of those of the client. */
export const greeting: Buffer = Buffer.concat([settingsFrame(), frame(TYPE.settings, ACK, 0)]);

const PREFACE = 24;

/**
 * Reads the frames of a client.
 * @param onRequest called with the stream of each request, once its headers are complete
 */
export function readRequests(socket: Socket, onRequest: (stream: number) => void): void {
  let unread: Buffer = Buffer.alloc(0);
  let greeted = false;
  socket.on("data", (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    if (!greeted && unread.length >= PREFACE) {
      greeted = true;
      unread = unread.subarray(PREFACE);
    }
    if (!greeted) return;
    while (unread.length >= 9) {
      const length = unread.readUIntBE(0, 3);
      if (unread.length < 9 + length) return;
      const [type, stream] = [unread[3], unread.readUInt32BE(5)];
      unread = unread.subarray(9 + length);
      if (type === TYPE.headers) onRequest(stream);
    }
  });
}
