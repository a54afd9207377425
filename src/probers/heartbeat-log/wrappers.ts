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

/** Returns true if the line that begins at `at` may be a piece of a longer one. */
export function mayBePiece(bytes: Buffer, at: number): boolean {
  const first = bytes[at] ?? 0;
  return (first >= 0x30 && first <= 0x39) || bytes.toString("latin1", at, at + DOCKER.length) === DOCKER;
}

const DOCKER = '{"log":';

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
