import { hashOf, type Position } from "./log-state.ts";
import type { Session } from "./session.ts";

/** Bytes before the offset that are fetched again, to see that the log is still the one it was. */
const OVERLAP = 256;

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

/** A part of a log while it arrives, of which the beginning may be known already. */
export interface LogPart {
  /** Takes the next bytes; false when those before the position are not those that stood there. */
  push(bytes: Buffer): boolean;
  /** Whether it ended before what was known of it. */
  isShort(): boolean;
  /** Where to go on, with the fingerprint of what stands before. */
  leave(): Position;
}

/**
 * @param begin where in the log the part begins
 * @param isFirst nothing of the log is known, so that a part from its middle begins in the middle of a line
 */
export function createPart(position: Position, begin: number, isFirst: boolean, session: Session): LogPart {
  const scanner = session.scanner(position);
  const { fingerprint } = position;
  let at = begin;
  let inLine = isFirst && begin > 0;
  let overlap = NOTHING;
  let recent = NOTHING;
  let lineEnd = { at: position.offset, before: NOTHING };

  /** What stands before the position is skipped, but for the last of it, which is compared. */
  const withoutKnown = (bytes: Buffer): Buffer | undefined => {
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

  const withoutHalfLine = (bytes: Buffer): Buffer => {
    if (!inLine || bytes.length === 0) return bytes;
    const newline = bytes.indexOf(NEWLINE);
    inLine = newline === -1;
    const cut = inLine ? bytes.length : newline + 1;
    at += cut;
    return bytes.subarray(cut);
  };

  return {
    push(bytes) {
      const unknown = withoutKnown(bytes);
      if (unknown === undefined) return false;
      const whole = withoutHalfLine(unknown);
      const end = whole.lastIndexOf(NEWLINE) + 1;
      if (end > 0) lineEnd = { at: at + end, before: last(recent, whole.subarray(0, end)) };
      recent = last(recent, whole);
      at += whole.length;
      scanner.push(whole);
      return true;
    },
    isShort: () => at < position.offset,
    leave() {
      const next = session.leave(scanner, position, Math.max(at, position.offset));
      if (next.offset === position.offset) return next;
      // Behind a line that is too long, or zeros, there is nothing to compare.
      const before = lineEnd.at === next.offset ? lineEnd.before : NOTHING;
      return { ...next, fingerprint: { length: before.length, hash: hashOf(before) } };
    },
  };
}

const last = (before: Buffer, bytes: Buffer): Buffer<ArrayBuffer> =>
  Buffer.concat([before, bytes]).subarray(-OVERLAP);
