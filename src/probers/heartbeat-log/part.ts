import { hashOf, type Position } from "./log-state.ts";
import type { Session } from "./session.ts";

/** Bytes before the offset that are fetched again, to verify that the log is still the same. */
const OVERLAP = 256;

const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/** A part of a remote log while it arrives. Its beginning may have been read before. */
export interface LogPart {
  /** Scans the next bytes; returns false if the bytes before the position have changed. */
  push(bytes: Buffer): boolean;
  /** Returns true if the part ended before the position. */
  isTooShort(): boolean;
  /** Returns the position from which to resume, with the fingerprint of the bytes before it. */
  suspend(): Position;
}

/**
 * Creates a part that is scanned from `position` on.
 * @param begin offset in the log at which the part begins
 * @param isFirst true if the log was never read, so that a part from its middle begins in the middle of a line
 */
export function createPart(position: Position, begin: number, isFirst: boolean, session: Session): LogPart {
  const scanner = session.scanner(position);
  const { fingerprint } = position;
  let at = begin;
  let inLine = isFirst && begin > 0;
  let overlap = EMPTY;
  let recent = EMPTY;
  let lineEnd = { at: position.offset, before: EMPTY };

  /** Skips the bytes before the position, except for the last of them, which are compared with the fingerprint. */
  const skipKnown = (bytes: Buffer): Buffer | undefined => {
    const skipped = Math.min(bytes.length, Math.max(0, position.offset - fingerprint.length - at));
    const compared = Math.min(bytes.length - skipped, Math.max(0, position.offset - at - skipped));
    at += skipped + compared;
    if (compared > 0) {
      overlap = Buffer.concat([overlap, bytes.subarray(skipped, skipped + compared)]);
      recent = overlap;
      lineEnd = { at: position.offset, before: overlap };
      if (at === position.offset && hashOf(overlap) !== fingerprint.hash) return undefined;
    }
    return bytes.subarray(skipped + compared);
  };

  /** Skips the rest of a line in the middle of which the part begins. */
  const skipPartialLine = (bytes: Buffer): Buffer => {
    if (!inLine || bytes.length === 0) return bytes;
    const newline = bytes.indexOf(NEWLINE);
    inLine = newline === -1;
    const cut = inLine ? bytes.length : newline + 1;
    at += cut;
    return bytes.subarray(cut);
  };

  return {
    push(bytes) {
      const unread = skipKnown(bytes);
      if (unread === undefined) return false;
      const lines = skipPartialLine(unread);
      const end = lines.lastIndexOf(NEWLINE) + 1;
      if (end > 0) lineEnd = { at: at + end, before: last(recent, lines.subarray(0, end)) };
      recent = last(recent, lines);
      at += lines.length;
      scanner.push(lines);
      return true;
    },
    isTooShort: () => at < position.offset,
    suspend() {
      const next = session.suspend(scanner, position, Math.max(at, position.offset));
      if (next.offset === position.offset) return next;
      // After a line that is too long, or after zeros, there are no bytes to compare.
      const before = lineEnd.at === next.offset ? lineEnd.before : EMPTY;
      return { ...next, fingerprint: { length: before.length, hash: hashOf(before) } };
    },
  };
}

/** Returns the last bytes of `before` and `bytes`, for a fingerprint. */
const last = (before: Buffer, bytes: Buffer): Buffer<ArrayBuffer> =>
  Buffer.concat([before, bytes]).subarray(-OVERLAP);
