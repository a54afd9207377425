import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { OpenedFile } from "../../files/files.ts";
import { openAllowed } from "./allowed-files.ts";
import { type Fingerprint, hashOf, type Position } from "./log-state.ts";
import { fileProblem, type LogProblem } from "./problem.ts";
import type { RotatedFile } from "./rotation.ts";
import type { Session } from "./session.ts";

/** Bytes that are read at once. */
const CHUNK = 64 * 1024;

/**
 * Yields the text of a file that was compressed with gzip, in chunks. Throws if the file must not be opened, is no such
 * file, or the signal aborts.
 */
async function* decompress(
  path: string,
  roots: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const file = await openAllowed(path, roots);
  if ("reason" in file) throw new Error(file.detail);
  const source = Readable.from(chunksOf(file.handle), { objectMode: false, signal });
  // Errors of the source reach the loop through the destination.
  const text = pipeline(source, createGunzip(), () => {});
  try {
    for await (const chunk of text) {
      if (signal.aborted) throw signal.reason;
      yield chunk as Buffer;
    }
  } finally {
    source.destroy();
    await file.handle.close().catch(() => {});
  }
}

async function* chunksOf(handle: OpenedFile): AsyncGenerator<Buffer> {
  for (let offset = 0; ; ) {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, offset);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

/** Returns the compressed file that has the content of a rotated one, told by its first bytes. */
export async function findCompressed(
  { fingerprint }: Position,
  files: readonly RotatedFile[],
  roots: readonly string[],
  signal: AbortSignal,
): Promise<RotatedFile | undefined> {
  if (fingerprint.length === 0) return undefined;
  for (const file of files.filter(({ path }) => path.endsWith(".gz")).toReversed()) {
    if (await beginsWith(file.path, fingerprint, roots, signal)) return file;
    if (signal.aborted) return undefined;
  }
  return undefined;
}

async function beginsWith(
  path: string,
  { length, hash }: Fingerprint,
  roots: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  let begin = Buffer.alloc(0);
  try {
    for await (const chunk of decompress(path, roots, signal)) {
      begin = Buffer.concat([begin, chunk]);
      if (begin.length >= length) return hashOf(begin.subarray(0, length)) === hash;
    }
  } catch {
    // A file that is being compressed has no end yet.
  }
  return false;
}

/** The end of reading a compressed file: without a position if it was read to its end. */
export interface CompressedRead {
  readonly position?: Position;
  readonly problem?: LogProblem;
}

/** Reads a compressed file from `position` to its end. Text without a newline at its end is a line. */
export async function readCompressed(
  { path, facts }: RotatedFile,
  position: Position,
  session: Session,
  roots: readonly string[],
  signal: AbortSignal,
): Promise<CompressedRead> {
  const scanner = session.scanner(position);
  let begin = 0;
  let offset = position.offset;
  try {
    for await (const chunk of decompress(path, roots, signal)) {
      const end = begin + chunk.length;
      if (end > offset) {
        scanner.push(chunk.subarray(Math.max(0, offset - begin)));
        offset = end;
      }
      begin = end;
    }
  } catch (error) {
    const reached = session.suspend(scanner, position, offset);
    session.dateNewest(facts.modified);
    return signal.aborted ? { position: reached } : { problem: fileProblem(path, error) };
  }
  scanner.end();
  session.suspend(scanner, position, offset);
  session.dateNewest(facts.modified);
  return {};
}
