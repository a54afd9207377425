import { defined } from "../../core/defined.ts";
import type { ParseLine } from "./formats.ts";
import { type LogCounts, type LogHeartbeat, type ParseFailure } from "./tally.ts";
import { type LineContent, mayBePiece, unwrap } from "./wrappers.ts";

/** Rules by which heartbeats are found in a log. */
export interface LineRules {
  /** ASCII text that marks the lines with heartbeats; empty if all lines are heartbeats. */
  readonly marker: string;
  readonly parse: ParseLine;
  /** In bytes. Longer lines are counted and skipped. */
  readonly maxLineLength: number;
}

/** The state of a scan between two lines. */
export interface ScanState {
  /** True after the beginning of a line that is too long: the rest of it is skipped. */
  readonly skipping: boolean;
  /** The beginnings of lines that arrive in pieces, by stream; null for a line that is too long. */
  readonly pieces: Readonly<Record<string, string | null>>;
  /** True if messages may be lists of bytes, as in a journal; absent before the first line. */
  readonly journal?: boolean;
}

/** The state before the first line. */
export const initialScan: ScanState = { skipping: false, pieces: {} };

/** Finds heartbeats in the bytes of a log, independent of the chunks in which they are read. */
export interface Scanner {
  /** Scans the next bytes, which may be overwritten afterwards. */
  push(bytes: Buffer): void;
  /** Scans the remaining text without a newline as a whole line. */
  end(): void;
  /** Returns the number of bytes at the end that belong to an incomplete line, and have to be pushed again. */
  unfinished(): number;
  /** Returns the state from which a later scan continues. */
  carry(): ScanState;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);

/** Both forms in which journald writes a message as a list of bytes. */
const BYTE_MESSAGES = ['"MESSAGE":[', '"MESSAGE" : ['];

/**
 * Creates a scanner. For speed it only parses lines with the marker and those that may be a piece of a line; it counts all
 * lines and the failures to parse.
 * @param onHeartbeat called with each heartbeat, which it has to count
 */
export function createScanner(
  { marker, parse, maxLineLength }: LineRules,
  counts: LogCounts,
  onHeartbeat: (heartbeat: LogHeartbeat) => void,
  from: ScanState = initialScan,
): Scanner {
  let { skipping, journal } = from;
  const pieces = new Map<string, string | null>(Object.entries(from.pieces));
  let rest = EMPTY;

  const fail = (reason: ParseFailure): void => {
    counts.failures[reason] += 1;
    counts.failuresSince += 1;
  };

  /** Joins the pieces of a line. Returns `undefined` unless this is the last one, or if the line is too long. */
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

  /** Decides by the first line whether the log is a journal. */
  const recognize = (bytes: Buffer, start: number, end: number): void => {
    const begin = lineBegin(bytes, start, end);
    if (end - begin <= maxLineLength) journal = bytes.subarray(begin, end).includes('"__REALTIME_TIMESTAMP"');
  };

  /** Parses one line. */
  const line = (bytes: Buffer, start: number, end: number): void => {
    const begin = lineBegin(bytes, start, end);
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

  /** Returns true for a line that has to be parsed even without the marker: it is too long, or may be a piece of a line. */
  const isSpecial = (bytes: Buffer, start: number, end: number): boolean => {
    const begin = lineBegin(bytes, start, end);
    return end - begin > maxLineLength || mayBePiece(bytes, begin, end);
  };

  const needles = (): readonly string[] => (journal === true ? [marker, ...BYTE_MESSAGES] : [marker]);

  /** Scans whole lines. */
  const block = (bytes: Buffer, start: number, end: number): void => {
    const special: number[] = [];
    for (let at = start; at < end; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      counts.lines += 1;
      if (journal === undefined) recognize(bytes, at, newline);
      if (isSpecial(bytes, at, newline)) special.push(at);
      at = newline + 1;
    }
    const next = candidates(bytes, end, needles(), special);
    for (let at = start; at < end; ) {
      const begin = pieces.size > 0 || marker === "" ? at : next(at);
      if (begin === undefined) return;
      const newline = bytes.indexOf(NEWLINE, begin);
      line(bytes, begin, newline);
      at = newline + 1;
    }
  };

  /** Stores the beginning of an incomplete line. */
  const keep = (bytes: Buffer): void => {
    const begin = rest.length === 0 ? afterZeros(bytes, 0, bytes.length) : 0;
    const joined = Buffer.concat([rest, bytes.subarray(begin)]);
    skipping = joined.length - lineBegin(joined, 0, joined.length) > maxLineLength;
    rest = skipping ? EMPTY : joined;
  };

  /** Scans a line that arrived in several chunks. */
  const finishLine = (bytes: Buffer): void => {
    counts.lines += 1;
    if (journal === undefined && !skipping) recognize(bytes, 0, bytes.length);
    if (skipping) fail("too_long");
    else if (
      pieces.size > 0 ||
      isSpecial(bytes, 0, bytes.length) ||
      needles().some((one) => bytes.includes(one))
    )
      line(bytes, 0, bytes.length);
    skipping = false;
    rest = EMPTY;
  };

  return {
    push(bytes) {
      let at = 0;
      if (skipping || rest.length > 0) {
        const newline = bytes.indexOf(NEWLINE);
        if (newline === -1) return skipping ? undefined : keep(bytes);
        finishLine(skipping ? EMPTY : Buffer.concat([rest, bytes.subarray(0, newline)]));
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

/** Returns a function that finds the next line, at or after a position, that contains one of `needles` or is in `special`. */
function candidates(
  bytes: Buffer,
  end: number,
  needles: readonly string[],
  special: readonly number[],
): (at: number) => number | undefined {
  const found = needles.map(() => -1);
  let nextSpecial = 0;
  return (at) => {
    let nearest = end;
    for (const [i, needle] of needles.entries()) {
      // A match ahead of the position is still the next one. Searching again for each line would take quadratic time.
      if ((found[i] ?? -1) < at) {
        const position = bytes.indexOf(needle, at, "latin1");
        found[i] = position === -1 ? end : position;
      }
      nearest = Math.min(nearest, found[i] ?? end);
    }
    while (nextSpecial < special.length && (special[nextSpecial] ?? end) < at) nextSpecial += 1;
    const other = special[nextSpecial] ?? end;
    if (nearest >= end && other >= end) return undefined;
    if (other < nearest) return other;
    const newline = nearest === 0 ? -1 : bytes.lastIndexOf(NEWLINE, nearest - 1);
    return Math.max(at, newline + 1);
  };
}

/** Skips zeros. A file that was truncated under its writer begins with them, possibly gigabytes. */
function afterZeros(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === 0) at += 1;
  return at;
}

/** Skips zeros, and a byte order mark, which some programs write whenever they open a log. */
function lineBegin(bytes: Buffer, start: number, end: number): number {
  const at = bytes[start] === 0 ? afterZeros(bytes, start, end) : start;
  const isMark = bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf && at + 3 <= end;
  return isMark ? at + 3 : at;
}
