import { type Fields, isFields, parseJson } from "./json.ts";

/** The content of one line of a log, without its wrapper. */
export interface LineContent {
  /** The line that the service wrote, or a piece of it. */
  readonly text: string;
  /** The parsed text, if the whole line is a JSON object without a wrapper. */
  readonly value?: Fields;
  /** The time in the wrapper. */
  readonly time?: number | string;
  /** The stream whose lines may be split into pieces; absent if lines are always whole. */
  readonly stream?: string;
  /** True if the next piece of the same line follows. */
  readonly partial: boolean;
}

/** A line of the Container Runtime Interface: time, stream, P (partial) or F (full), possibly further tags, text. */
const CRI = /^(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([PF])(?::\S*)? ?/;

/**
 * Removes the wrapper that container runtimes and journald put around a line: Docker's json-file, CRI, `journalctl -o json`.
 * Decides for each line, because one file may contain several forms.
 */
export function unwrap(line: string): LineContent {
  const cri = CRI.exec(line);
  if (cri !== null) {
    const [head, time = "", stream = "", tag] = cri;
    return { text: line.slice(head.length), time, stream, partial: tag === "P" };
  }
  const value = line.startsWith("{") ? parseJson(line) : undefined;
  if (isFields(value)) return docker(value) ?? journald(value) ?? { text: line, value, partial: false };
  return { text: line, partial: false };
}

/** Returns true if a text begins with the wrapper of a container runtime. */
export const isWrapped = (text: string): boolean => CRI.test(text) || text.startsWith('{"log":');

const DASH = 0x2d;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const BRACE = 0x7b;
const [COLON, LETTER_G, LETTER_L, LETTER_N, LETTER_P, LETTER_S] = [
  0x3a, 0x67, 0x6c, 0x6e, 0x50, 0x73,
] as const;

/** Bytes of a time with an offset and nanoseconds, and the least of any time. */
const LONGEST_TIME = 40;
const SHORTEST_TIME = 20;

/**
 * Returns true if the line from `start` to `end` may be a piece of a longer one. Compares bytes, because nearly no line is
 * a piece, and parsing each would take many times longer.
 */
export function mayBePiece(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] ?? 0;
  if (first === BRACE) return mayBeDockerPiece(bytes, start, end);
  return first >= 0x30 && first <= 0x39 && bytes[start + 4] === DASH && mayBeCriPiece(bytes, start, end);
}

/** Looks for the tag P after the time and the name of the stream, which has six letters. */
function mayBeCriPiece(bytes: Buffer, start: number, end: number): boolean {
  let at = start + SHORTEST_TIME;
  while (at < start + LONGEST_TIME && bytes[at] !== SPACE) at += 1;
  return at + 8 < end && bytes[at + 1] === LETTER_S && bytes[at + 8] === LETTER_P;
}

/** Bytes at the end of a line of Docker's json-file in which its content ends, unless it has many attributes. */
const TAIL = 120;
const SHORTEST_TAIL = 45;

/** Looks for the newline at the end of the content, which only a piece lacks: `\n","stream":...`. */
function mayBeDockerPiece(bytes: Buffer, start: number, end: number): boolean {
  // It begins with {"log":.
  const isDocker =
    bytes[start + 2] === LETTER_L &&
    bytes[start + 4] === LETTER_G &&
    bytes[start + 6] === COLON &&
    start + 6 < end;
  if (!isDocker) return false;
  for (let at = end - SHORTEST_TAIL; at > end - TAIL && at > start; at -= 1) {
    const isEnd = bytes[at] === BACKSLASH && bytes[at + 1] === LETTER_N && bytes[at + 2] === QUOTE;
    // A backslash before it means that the content ends with a backslash and an n.
    if (isEnd && bytes[at + 5] === LETTER_S) return bytes[at - 1] === BACKSLASH;
  }
  return true;
}

/** Reads a line of Docker's json-file. */
function docker({ log, stream, time }: Fields): LineContent | undefined {
  if (typeof log !== "string" || typeof stream !== "string") return undefined;
  const whole = log.endsWith("\n");
  return {
    text: whole ? log.slice(0, -1) : log,
    stream,
    partial: !whole,
    ...(typeof time === "string" ? { time } : {}),
  };
}

/** Reads an entry of a journal. A message with control characters or invalid UTF-8 is a list of its bytes. */
function journald(entry: Fields): LineContent | undefined {
  const { MESSAGE: message, __REALTIME_TIMESTAMP: time } = entry;
  const text = Array.isArray(message) ? Buffer.from(message.map(Number)).toString("latin1") : message;
  if (typeof text !== "string") return undefined;
  return { text, partial: false, ...(typeof time === "string" ? { time } : {}) };
}
