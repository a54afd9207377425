import { type Fields, isFields, parseJson } from "./json.ts";

/** What is inside of one line of a log. */
export interface LineContent {
  /** The line that the service wrote, or a piece of it. */
  readonly text: string;
  /** The same, where it is JSON without anything around it. */
  readonly value?: Fields;
  /** When it was written, as the wrapper says. */
  readonly time?: number | string;
  /** The stream whose lines come in pieces; without one lines are whole. */
  readonly stream?: string;
  /** Whether more of the same line follows. */
  readonly partial: boolean;
}

/** CRI: time, stream, P for a piece or F for the end of a line, possibly further tags, text. */
const CRI = /^(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([PF])(?::\S*)? ?/;

/**
 * Looks through what container runtimes and journald put around a line: Docker's json-file, CRI, `journalctl -o json`.
 * Anything else is the line itself. Decided line by line, as one file may hold several.
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

/** Whether the line that begins here may be a piece of a longer one. */
export function mayBePiece(bytes: Buffer, at: number): boolean {
  const first = bytes[at] ?? 0;
  return (first >= 0x30 && first <= 0x39) || bytes.toString("latin1", at, at + DOCKER.length) === DOCKER;
}

const DOCKER = '{"log":';

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

/** A message with control characters or broken UTF-8 comes as a list of its bytes. */
function journald(entry: Fields): LineContent | undefined {
  const { MESSAGE: message, __REALTIME_TIMESTAMP: time } = entry;
  const text = Array.isArray(message) ? Buffer.from(message.map(Number)).toString("latin1") : message;
  if (typeof text !== "string") return undefined;
  return { text, partial: false, ...(typeof time === "string" ? { time } : {}) };
}
