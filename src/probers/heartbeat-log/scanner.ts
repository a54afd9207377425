import { defined } from "../../core/defined.ts";
import type { ParseLine } from "./formats.ts";
import { type LogCounts, type LogHeartbeat, type ParseFailure } from "./tally.ts";
import { type LineContent, mayBePiece, unwrap } from "./wrappers.ts";

/** What is to be found in a log, and how. */
export interface LineRules {
  /** Plain ASCII that stands in the lines that are heartbeats; empty for every line. */
  readonly marker: string;
  readonly parse: ParseLine;
  /** Bytes; what is longer is counted and skipped. */
  readonly maxLineLength: number;
}

/** Where a scan stands between two lines. */
export interface ScanState {
  /** The beginning of a line that is too long was read: the rest of it is to be skipped. */
  readonly skipping: boolean;
  /** Lines of which pieces came, by stream; null for one that is too long. */
  readonly pieces: Readonly<Record<string, string | null>>;
  /** Whether messages may be lists of bytes, as in a journal; unknown before the first line. */
  readonly journal?: boolean;
}

export const noCarry: ScanState = { skipping: false, pieces: {} };

/** Looks for heartbeats in the bytes of a log, however they are cut. */
export interface Scanner {
  /** Takes the next bytes; they may be overwritten afterwards. */
  push(bytes: Buffer): void;
  /** Takes what is left without a newline for a whole line. */
  end(): void;
  /** Bytes at the end of what was pushed that belong to a line that is not finished: they have to be pushed again. */
  unfinished(): number;
  carry(): ScanState;
}

/** Runtimes cut lines into pieces of 8 KiB and more; lines shorter than this are whole, or the end of one. */
const LEAST_PIECE = 4096;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const NOTHING = Buffer.alloc(0);

/** Both forms in which journald writes a message that is a list of bytes. */
const BYTE_MESSAGES = ['"MESSAGE":[', '"MESSAGE" : ['];

/**
 * Only lines with the marker in them are looked at, and those that may be a piece of one; the others are counted.
 * @param onHeartbeat gets each heartbeat; counting it is left to it
 */
export function createScanner(
  { marker, parse, maxLineLength }: LineRules,
  counts: LogCounts,
  onHeartbeat: (heard: LogHeartbeat) => void,
  from: ScanState = noCarry,
): Scanner {
  let { skipping, journal } = from;
  const pieces = new Map<string, string | null>(Object.entries(from.pieces));
  let rest = NOTHING;
  const leastLong = Math.min(LEAST_PIECE, maxLineLength + 1);

  const fail = (reason: ParseFailure): void => {
    counts.failures[reason] += 1;
    counts.failuresSince += 1;
  };

  /** The whole line that ends with this piece, if it does. */
  const join = ({ text, stream, partial }: LineContent): string | undefined => {
    if (stream === undefined) return text;
    const before = pieces.get(stream);
    if (before === undefined && !partial) return text;
    const joined = before === null ? null : (before ?? "") + text;
    const kept = joined !== null && joined.length <= maxLineLength ? joined : null;
    if (partial) {
      pieces.set(stream, kept);
      return undefined;
    }
    pieces.delete(stream);
    if (kept === null) fail("too_long");
    return kept ?? undefined;
  };

  /** The first line tells whether all are of a journal. */
  const recognize = (bytes: Buffer, start: number, end: number): void => {
    const begin = afterZeros(bytes, start, end);
    if (end - begin <= maxLineLength) journal = bytes.subarray(begin, end).includes('"__REALTIME_TIMESTAMP"');
  };

  const line = (bytes: Buffer, start: number, end: number): void => {
    const begin = afterZeros(bytes, start, end);
    if (end - begin > maxLineLength) return fail("too_long");
    const last = bytes[end - 1] === RETURN ? end - 1 : end;
    const unwrapped = unwrap(bytes.toString("latin1", begin, Math.max(begin, last)));
    const text = join(unwrapped);
    if (text === undefined || !text.includes(marker) || text === "") return;
    const parsed = parse(text, unwrapped.value);
    if (parsed === undefined) return fail("malformed");
    const { time } = unwrapped;
    onHeartbeat(time === undefined ? parsed : { ...parsed, wrapperTime: time });
  };

  /** Lines that are looked at though there is no marker in them: they are too long, or perhaps a piece of one. */
  const isLong = (bytes: Buffer, start: number, end: number): boolean => {
    const begin = afterZeros(bytes, start, end);
    return end - begin > maxLineLength || (end - begin >= LEAST_PIECE && mayBePiece(bytes, begin));
  };

  const needles = (): readonly string[] => (journal === true ? [marker, ...BYTE_MESSAGES] : [marker]);

  /** Whole lines, of which most are only counted. */
  const block = (bytes: Buffer, start: number, end: number): void => {
    const longLines: number[] = [];
    for (let at = start; at < end; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      counts.lines += 1;
      if (journal === undefined) recognize(bytes, at, newline);
      if (newline - at >= leastLong && isLong(bytes, at, newline)) longLines.push(at);
      at = newline + 1;
    }
    const next = candidates(bytes, end, needles(), longLines);
    for (let at = start; at < end; ) {
      const begin = pieces.size > 0 || marker === "" ? at : next(at);
      if (begin === undefined) return;
      const newline = bytes.indexOf(NEWLINE, begin);
      line(bytes, begin, newline);
      at = newline + 1;
    }
  };

  /** The beginning of a line whose end is not there yet. */
  const keep = (bytes: Buffer): void => {
    const begin = rest.length === 0 ? afterZeros(bytes, 0, bytes.length) : 0;
    if (rest.length + bytes.length - begin > maxLineLength) {
      skipping = true;
      rest = NOTHING;
    } else if (begin < bytes.length) rest = Buffer.concat([rest, bytes.subarray(begin)]);
  };

  const finishLine = (bytes: Buffer): void => {
    counts.lines += 1;
    if (journal === undefined && !skipping) recognize(bytes, 0, bytes.length);
    if (skipping) fail("too_long");
    else if (
      pieces.size > 0 ||
      isLong(bytes, 0, bytes.length) ||
      needles().some((one) => bytes.includes(one))
    )
      line(bytes, 0, bytes.length);
    skipping = false;
    rest = NOTHING;
  };

  return {
    push(bytes) {
      let at = 0;
      if (skipping || rest.length > 0) {
        const newline = bytes.indexOf(NEWLINE);
        if (newline === -1) return skipping ? undefined : keep(bytes);
        finishLine(skipping ? NOTHING : Buffer.concat([rest, bytes.subarray(0, newline)]));
        at = newline + 1;
      }
      const last = at < bytes.length ? bytes.lastIndexOf(NEWLINE) : -1;
      if (last >= at) {
        block(bytes, at, last + 1);
        at = last + 1;
      }
      if (at < bytes.length) keep(bytes.subarray(at));
    },
    end() {
      if (skipping || rest.length > 0) finishLine(rest);
    },
    unfinished: () => rest.length,
    carry: () => ({
      skipping,
      pieces: Object.fromEntries(pieces),
      ...defined({ journal }),
    }),
  };
}

/** Finds the start of the next line that has one of `needles` in it, or is in `longLines`, at or after a position. */
function candidates(
  bytes: Buffer,
  end: number,
  needles: readonly string[],
  longLines: readonly number[],
): (at: number) => number | undefined {
  const found = needles.map(() => -1);
  let nextLong = 0;
  return (at) => {
    let nearest = end;
    for (const [i, needle] of needles.entries()) {
      // What was found ahead is still ahead: looking for it again for each line would take a square of the time.
      if ((found[i] ?? -1) < at) {
        const position = bytes.indexOf(needle, at, "latin1");
        found[i] = position === -1 ? end : position;
      }
      nearest = Math.min(nearest, found[i] ?? end);
    }
    while (nextLong < longLines.length && (longLines[nextLong] ?? end) < at) nextLong += 1;
    const long = longLines[nextLong] ?? end;
    if (nearest >= end && long >= end) return undefined;
    if (long < nearest) return long;
    const newline = nearest === 0 ? -1 : bytes.lastIndexOf(NEWLINE, nearest - 1);
    return Math.max(at, newline + 1);
  };
}

/** A file that was truncated under its writer begins with zeros, gigabytes perhaps; they are nobody's text. */
function afterZeros(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === 0) at += 1;
  return at;
}
