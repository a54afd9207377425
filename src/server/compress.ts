import type { IncomingMessage, ServerResponse } from "node:http";
import type { Transform } from "node:stream";
import { promisify } from "node:util";
import {
  constants,
  createGzip,
  createZstdCompress,
  gzip,
  gzipSync,
  zstdCompress,
  zstdCompressSync,
} from "node:zlib";
import type { Request, Response } from "express";
import { type AcceptedEncodings, acceptedEncodings, type Encoding } from "./negotiate.ts";
import { refuse } from "./refuse.ts";
import type { Chunk } from "./shared-stream.ts";

/** Length below which a body is not worth compressing, in bytes. */
export const SMALL = 1024;

/** The fastest levels: metrics repeat themselves so much that others save little. */
const GZIP = { level: 1 };
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Returns the coding for a body. Small ones are not compressed if the client accepts that. */
export const encodingFor = ({ preferred, identity }: AcceptedEncodings, isSmall: boolean): Encoding =>
  identity && isSmall ? "identity" : preferred;

/** Answers 406: the client accepts none of the codings. */
export const refuseEncoding = (res: ServerResponse): void =>
  refuse(res, 406, "Accept-Encoding: got none of the codings, want gzip, zstd or identity");

/** Compresses a text in the thread pool. Equal pieces give equal bytes. */
export async function* encoded(source: AsyncIterable<string>, encoding: Encoding): AsyncGenerator<Chunk> {
  if (encoding === "identity") {
    yield* source;
    return;
  }
  const transform = encoding === "gzip" ? createGzip(GZIP) : createZstdCompress(ZSTD);
  // Ends when the transform is destroyed, which leaving this generator does.
  void pump(source, transform);
  yield* transform as AsyncIterable<Buffer>;
}

/** Writes a text to a stream, and its end or error. */
async function pump(source: AsyncIterable<string>, to: Transform): Promise<void> {
  // One buffer for all pieces: 100 MB in new ones would make the garbage collector block.
  let buffer = Buffer.alloc(0);
  try {
    for await (const piece of source) {
      const length = Buffer.byteLength(piece);
      if (length > buffer.length) buffer = Buffer.allocUnsafeSlow(length * 2);
      buffer.write(piece);
      await new Promise<void>((resolve, reject) => {
        to.write(buffer.subarray(0, length), (error) => (error ? reject(error) : resolve()));
      });
    }
    to.end();
  } catch (error) {
    to.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/**
 * Length up to which a body is compressed at once, in bytes: that takes a tenth of a millisecond, and the way to the thread pool
 * and back costs several times the CPU time. The result of a probe is this short.
 */
const SHORT = 16 * 1024;

/** As much memory as a short body needs, because most of the time goes into clearing it. */
const SHORT_GZIP = { ...GZIP, windowBits: 13, memLevel: 5 };

const gzipInPool = promisify(gzip);
const zstdInPool = promisify(zstdCompress);

async function encodedWhole(body: Buffer, encoding: Exclude<Encoding, "identity">): Promise<Buffer> {
  const isShort = body.length <= SHORT;
  switch (encoding) {
    case "gzip":
      return isShort ? gzipSync(body, SHORT_GZIP) : gzipInPool(body, GZIP);
    case "zstd":
      return isShort ? zstdCompressSync(body, ZSTD) : zstdInPool(body, ZSTD);
  }
}

/** Answers with a text, compressed if the client accepts it and the text is not small. The content type is already set. */
export async function sendText(req: IncomingMessage, res: ServerResponse, text: string): Promise<void> {
  const accepted = acceptedEncodings(req);
  if (accepted === undefined) return refuseEncoding(res);
  const length = Buffer.byteLength(text);
  const encoding = encodingFor(accepted, length < SMALL);
  varyByEncoding(res);
  if (encoding === "identity") {
    res.setHeader("Content-Length", length);
    if (req.method === "HEAD") res.end();
    // A text goes out in one write with the headers. One of ASCII alone is the same bytes in Latin-1, which costs less than UTF-8.
    else res.end(text, length === text.length ? "latin1" : "utf8");
    return;
  }
  const sent = await encodedWhole(Buffer.from(text), encoding);
  res.setHeader("Content-Encoding", encoding).setHeader("Content-Length", sent.length);
  res.end(req.method === "HEAD" ? undefined : sent);
}

/** Says that the answer depends on `Accept-Encoding`, beside what it is said to depend on already. */
function varyByEncoding(res: ServerResponse): void {
  const before = res.getHeader("Vary");
  if (before === undefined) res.setHeader("Vary", "Accept-Encoding");
  else if (!/accept-encoding/i.test(String(before)))
    res.setHeader("Vary", `${String(before)}, Accept-Encoding`);
}

/** Answers with JSON like {@link sendText}. */
export function sendJson(req: Request, res: Response, body: unknown): Promise<void> {
  res.type("application/json");
  return sendText(req, res, JSON.stringify(body));
}
