import type { FileHandle } from "node:fs/promises";
import { type Fingerprint, hashOf, type Position } from "./log-state.ts";
import { untilAborted } from "./problem.ts";
import { createScanner, type LineRules } from "./scanner.ts";
import type { Session } from "./session.ts";
import { type LogHeartbeat, noCounts } from "./tally.ts";

/** Bytes that are read and scanned at once: the exporter does nothing else for a third of a millisecond. */
const CHUNK = 256 * 1024;

/** Bytes by which a file is known again. */
const FINGERPRINT = 1024;

/** How far a file was read, and why not further: its end, the deadline, it is not the file any more that it was, or an error. */
export interface ReadFile {
  readonly position: Position;
  readonly ending: "end" | "deadline" | "truncated" | "failed";
  readonly error?: unknown;
}

/**
 * Reads an open file from `position` to its end, or until the signal. Each time that less is there than was asked for,
 * which is where a file may have been emptied under its reader, it has to begin as it did before. Never rejects: what
 * was read so far counts.
 */
export async function readFile(
  handle: FileHandle,
  position: Position,
  session: Session,
  signal: AbortSignal,
): Promise<ReadFile> {
  const scanner = session.scanner(position);
  let { offset, fingerprint } = position;
  const leave = (ending: ReadFile["ending"], error?: unknown): ReadFile => ({
    position: session.leave(scanner, { ...position, fingerprint }, offset),
    ending,
    error,
  });
  const read = readAhead(handle, offset);
  try {
    for (;;) {
      if (signal.aborted) return leave("deadline");
      const bytes = await untilAborted(read(), signal);
      if (bytes.length < CHUNK || offset === position.offset) {
        const now = await untilAborted(beginningOf(handle, fingerprint), signal);
        if (now === undefined) return leave("truncated");
        fingerprint = now;
      }
      if (bytes.length === 0) return leave("end");
      scanner.push(bytes);
      offset += bytes.length;
    }
  } catch (error) {
    return signal.aborted ? leave("deadline") : leave("failed", error);
  }
}

/** Reads chunk after chunk, the next one while the last is worked on; its bytes are good until the call after the next. */
function readAhead(handle: FileHandle, start: number): () => Promise<Buffer> {
  let buffers: readonly [Buffer, Buffer] = [Buffer.allocUnsafeSlow(CHUNK), Buffer.alloc(0)];
  let ahead: Promise<{ bytesRead: number }> | undefined;
  let offset = start;
  const begin = (buffer: Buffer): Promise<{ bytesRead: number }> => {
    const reading = handle.read(buffer, 0, CHUNK, offset);
    // Nobody may want it any more.
    reading.catch(() => {});
    return reading;
  };
  return async () => {
    const [now, other] = buffers;
    const { bytesRead } = await (ahead ?? begin(now));
    offset += bytesRead;
    ahead = undefined;
    if (bytesRead === CHUNK) {
      // Most logs have less to read than one chunk.
      buffers = [other.length === 0 ? Buffer.allocUnsafeSlow(CHUNK) : other, now];
      ahead = begin(buffers[0]);
    }
    return now.subarray(0, bytesRead);
  };
}

/** Takes what stands at the end of a file without a newline for its last line. */
export async function finishFile(
  handle: FileHandle,
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
  session.leave(scanner, position, 0);
}

/** The fingerprint of a file that begins as `before` says, longer where the file has grown; `undefined` when it does not. */
async function beginningOf(handle: FileHandle, before: Fingerprint): Promise<Fingerprint | undefined> {
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

/** Where the first line begins at or after `offset`; the end of what is there when none does. */
export async function lineStart(handle: FileHandle, offset: number, signal: AbortSignal): Promise<number> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  // A line that begins right there is whole, which the byte before tells.
  for (let at = offset - 1; ; at += CHUNK) {
    const { bytesRead } = await untilAborted(handle.read(buffer, 0, CHUNK, at), signal);
    const newline = buffer.subarray(0, bytesRead).indexOf(0x0a);
    if (newline !== -1) return at + newline + 1;
    if (bytesRead < CHUNK) return at + bytesRead;
  }
}

/** Looks for the last heartbeat before `end`, backwards; `undefined` when there is none or the deadline comes first. */
export async function heartbeatBefore(
  handle: FileHandle,
  end: number,
  rules: LineRules,
  signal: AbortSignal,
): Promise<LogHeartbeat | undefined> {
  if (rules.marker === "") return undefined;
  const buffer = Buffer.allocUnsafeSlow(CHUNK + rules.marker.length);
  for (let from = end; from > 0 && !signal.aborted; ) {
    const begin = Math.max(0, from - CHUNK);
    const wanted = Math.min(end, from + rules.marker.length) - begin;
    const { bytesRead } = await untilAborted(handle.read(buffer, 0, wanted, begin), signal);
    const bytes = buffer.subarray(0, bytesRead);
    for (let hit = bytes.lastIndexOf(rules.marker); hit !== -1; ) {
      const heard = await heartbeatAround(handle, begin + hit, rules, signal);
      if (heard !== undefined) return heard;
      hit = hit === 0 ? -1 : bytes.lastIndexOf(rules.marker, hit - 1);
    }
    from = begin;
  }
  return undefined;
}

/** The heartbeat whose marker is at `at`. */
async function heartbeatAround(
  handle: FileHandle,
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
  const scanner = createScanner(rules, noCounts(), (heard) => {
    found = heard;
  });
  scanner.push(bytes.subarray(start, end === -1 ? bytesRead : end + 1));
  return found;
}
