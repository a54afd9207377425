import type { OpenedFile } from "../../files/files.ts";
import { CONTENT_BYTES, contentProblem } from "./content.ts";
import { type Fingerprint, hashOf, type Position } from "./log-state.ts";
import { type LogProblem, untilAborted } from "./problem.ts";
import { createScanner, type LineRules } from "./scanner.ts";
import type { Session } from "./session.ts";
import { type LogHeartbeat, noCounts } from "./tally.ts";

/** Bytes that are read and scanned at once. Scanning them blocks the event loop for a third of a millisecond. */
const CHUNK = 256 * 1024;

/** Longest fingerprint of a file, in bytes. */
const FINGERPRINT = 1024;

/** The position that was reached in a file, and why reading ended there. `truncated` means that its content has changed. */
export interface ReadFile {
  readonly position: Position;
  readonly ending: "end" | "deadline" | "truncated" | "failed" | "unreadable";
  readonly error?: unknown;
}

/**
 * Reads an open file from `position` to its end, or until the signal aborts. Ends as `unreadable` before the first byte of
 * a file that is not a text. Whenever a read returns less than a full chunk,
 * the file may have been truncated, so its fingerprint is checked. Never rejects: the lines read so far count.
 */
export async function readFile(
  handle: OpenedFile,
  position: Position,
  session: Session,
  signal: AbortSignal,
): Promise<ReadFile> {
  const scanner = session.scanner(position);
  let { offset, fingerprint } = position;
  const stop = (ending: ReadFile["ending"], error?: unknown): ReadFile => ({
    position: session.suspend(scanner, { ...position, fingerprint }, offset),
    ending,
    error,
  });
  const read = readAhead(handle, offset);
  try {
    for (;;) {
      if (signal.aborted) return stop("deadline");
      const bytes = await untilAborted(read(), signal);
      if (bytes.length < CHUNK || offset === position.offset) {
        const current = await untilAborted(updatedFingerprint(handle, fingerprint), signal);
        if (current === undefined) return stop("truncated");
        fingerprint = current;
      }
      if (bytes.length === 0) return stop("end");
      if (offset === 0 && contentProblem("", bytes) !== undefined) return stop("unreadable");
      scanner.push(bytes);
      offset += bytes.length;
    }
  } catch (error) {
    return signal.aborted ? stop("deadline") : stop("failed", error);
  }
}

/** Returns the reason why the content of an open file cannot be followed, if there is one. */
export async function unreadableContent(
  path: string,
  handle: OpenedFile,
  signal: AbortSignal,
): Promise<LogProblem | undefined> {
  const bytes = Buffer.alloc(CONTENT_BYTES);
  const { bytesRead } = await untilAborted(handle.read(bytes, 0, CONTENT_BYTES, 0), signal);
  return contentProblem(path, bytes.subarray(0, bytesRead));
}

/** Returns a function that reads the next chunk, and already reads ahead. Its bytes are valid until the call after the next. */
function readAhead(handle: OpenedFile, start: number): () => Promise<Buffer> {
  let buffers: readonly [Buffer, Buffer] = [Buffer.allocUnsafeSlow(CHUNK), Buffer.alloc(0)];
  let ahead: Promise<{ bytesRead: number }> | undefined;
  let offset = start;
  const begin = (buffer: Buffer): Promise<{ bytesRead: number }> => {
    const reading = handle.read(buffer, 0, CHUNK, offset);
    // The next chunk may never be requested, so its error must not be uncaught.
    reading.catch(() => {});
    return reading;
  };
  return async () => {
    const [current, other] = buffers;
    const { bytesRead } = await (ahead ?? begin(current));
    offset += bytesRead;
    ahead = undefined;
    if (bytesRead === CHUNK) {
      // The second buffer is only allocated here, because most logs have less than one chunk to read.
      buffers = [other.length === 0 ? Buffer.allocUnsafeSlow(CHUNK) : other, current];
      ahead = begin(buffers[0]);
    }
    return current.subarray(0, bytesRead);
  };
}

/** Scans the end of a file to which no more will be written, taking text without a newline as its last line. */
export async function finishFile(
  handle: OpenedFile,
  position: Position,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  const scanner = session.scanner(position);
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (let { offset } = position; ; ) {
    const { bytesRead } = await untilAborted(handle.read(buffer, 0, CHUNK, offset), signal);
    if (bytesRead === 0) break;
    scanner.push(buffer.subarray(0, bytesRead));
    offset += bytesRead;
  }
  scanner.end();
  session.suspend(scanner, position, 0);
}

/** Returns the fingerprint of a file, longer than `before` if the file has grown; `undefined` if it does not match `before`. */
async function updatedFingerprint(handle: OpenedFile, before: Fingerprint): Promise<Fingerprint | undefined> {
  const bytes = Buffer.alloc(FINGERPRINT);
  const { bytesRead } = await handle.read(bytes, 0, FINGERPRINT, 0);
  if (bytesRead < before.length || hashOf(bytes.subarray(0, before.length)) !== before.hash)
    return before.length === 0
      ? { length: bytesRead, hash: hashOf(bytes.subarray(0, bytesRead)) }
      : undefined;
  return before.length === bytesRead
    ? before
    : { length: bytesRead, hash: hashOf(bytes.subarray(0, bytesRead)) };
}

/** Returns true if a file begins with the bytes of a fingerprint. */
export async function hasFingerprint(
  handle: OpenedFile,
  { length, hash }: Fingerprint,
  signal: AbortSignal,
): Promise<boolean> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await untilAborted(handle.read(bytes, 0, length, 0), signal);
  return length === 0 || (bytesRead === length && hashOf(bytes) === hash);
}

/** Returns the offset of the first line that begins at or after `offset`, or the end of the file. */
export async function lineStart(handle: OpenedFile, offset: number, signal: AbortSignal): Promise<number> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  // A newline right before `offset` means that a line begins there.
  for (let at = offset - 1; ; at += CHUNK) {
    const { bytesRead } = await untilAborted(handle.read(buffer, 0, CHUNK, at), signal);
    const newline = buffer.subarray(0, bytesRead).indexOf(0x0a);
    if (newline !== -1) return at + newline + 1;
    if (bytesRead < CHUNK) return at + bytesRead;
  }
}

/** Searches backwards for the last heartbeat before `end`; returns `undefined` if there is none or the deadline passes. */
export async function heartbeatBefore(
  handle: OpenedFile,
  end: number,
  rules: LineRules,
  signal: AbortSignal,
): Promise<LogHeartbeat | undefined> {
  if (rules.marker === "") return undefined;
  const buffer = Buffer.allocUnsafeSlow(CHUNK + rules.marker.length);
  for (let from = end; from > 0 && !signal.aborted; ) {
    const begin = Math.max(0, from - CHUNK);
    const length = Math.min(end, from + rules.marker.length) - begin;
    const { bytesRead } = await untilAborted(handle.read(buffer, 0, length, begin), signal);
    const bytes = buffer.subarray(0, bytesRead);
    for (let hit = bytes.lastIndexOf(rules.marker); hit !== -1; ) {
      const heartbeat = await heartbeatAround(handle, begin + hit, rules, signal);
      if (heartbeat !== undefined) return heartbeat;
      hit = hit === 0 ? -1 : bytes.lastIndexOf(rules.marker, hit - 1);
    }
    from = begin;
  }
  return undefined;
}

/** Parses the line whose marker is at `at`. */
async function heartbeatAround(
  handle: OpenedFile,
  at: number,
  rules: LineRules,
  signal: AbortSignal,
): Promise<LogHeartbeat | undefined> {
  const begin = Math.max(0, at - rules.maxLineLength);
  const buffer = Buffer.allocUnsafeSlow(at - begin + rules.maxLineLength);
  const { bytesRead } = await untilAborted(handle.read(buffer, 0, buffer.length, begin), signal);
  const bytes = buffer.subarray(0, bytesRead);
  const start = at === begin ? 0 : bytes.lastIndexOf(0x0a, at - begin - 1) + 1;
  const end = bytes.indexOf(0x0a, at - begin);
  let found: LogHeartbeat | undefined;
  const scanner = createScanner(rules, noCounts(), (heartbeat) => {
    found = heartbeat;
  });
  scanner.push(bytes.subarray(start, end === -1 ? bytesRead : end + 1));
  return found;
}
